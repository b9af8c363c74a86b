#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "base/hash.h"
#include "base/log.h"
#include "http/url.h"
#include "mcp/client_core_internal.h"

/// Finding out what the server speaks (mcp.md 1.4), and the legacy handshake (3.4).
namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");

int http_status_of(const Error& error) {
  const auto status = json::parse(fault::find(error, fault::kHttpStatus));
  return status ? static_cast<int>(status->as_int64().value_or(0)) : 0;
}

/// A server that has no such endpoint or method, rather than none that works.
bool says_unknown(const Error& error) {
  const int status = http_status_of(error);
  return (status >= 400 && status < 500 && status != 401 && status != 403 && status != 429) ||
         error.reason() == reason::kInvalidAgentResponse;
}

std::vector<Revision> revisions_in(const json::Value* list) {
  std::vector<Revision> found;
  const auto* array = list == nullptr ? nullptr : list->if_array();
  if (array == nullptr) return found;
  for (const auto& item : *array) {
    const auto revision = item.if_string() ? parse_revision(*item.if_string()) : std::nullopt;
    if (revision) found.push_back(*revision);
  }
  return found;
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

json::Object object_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_object() == nullptr ? json::Object() : *value->if_object();
}

/// Null, an error, or nothing but our own cancellation: what a probe may run into.
Error no_common_revision() {
  return Error(Code::failed_precondition, reason::kVersionNotSupported,
               "the server speaks no revision of the protocol that this client knows");
}

}  // namespace

Async<Result<std::unique_ptr<Client>>> Client::connect(http::Client* http, Clock& clock,
                                                       ClientOptions options) {
  if (options.url.empty() == options.command.empty())
    co_return fail(invalid("url", "exactly one of url and command is needed"));
  if (options.command.empty() && http == nullptr)
    co_return fail(invalid("url", "no HTTP client was given"));
  auto executor = co_await boost::asio::this_coro::executor;
  auto core = std::make_unique<ClientCore>(executor, http, clock, std::move(options));
  std::optional<Result<>> opened;
  std::exception_ptr cut;
  try {
    opened = co_await core->open();
  } catch (...) {
    // A cancelled connect leaves no process and no stream behind.
    cut = std::current_exception();
  }
  if (opened && *opened) co_return std::unique_ptr<Client>(std::move(core));
  co_await without_cancellation(core->stop());
  if (cut) std::rethrow_exception(cut);
  co_return fail(opened->error());
}

Async<Result<>> ClientCore::open() {
  if (options_.auth != nullptr && options_.auth->asks_user())
    options_.connect_timeout = std::max(options_.connect_timeout, options_.held_timeout);
  const TransportContext context{http_, clock_, options_, *this};
  info_.transport = options_.transport;
  if (info_.transport == ClientTransport::auto_ && !options_.command.empty())
    info_.transport = ClientTransport::stdio;
  if (info_.transport == ClientTransport::stdio) {
    CO_TRY(opened, co_await open_stdio_transport(context));
    transport_ = std::move(opened);
    co_return co_await probe();
  }
  if (info_.transport == ClientTransport::sse) co_return co_await fall_back_to_sse();
  co_return co_await open_over_http();
}

std::string ClientCore::era_key() const {
  Sha256 digest;
  digest.update(options_.url);
  for (const auto& [name, value] : options_.headers)
    digest.update("\n" + name + ":").update(value.reveal());
  return fmt::format("{} {}", hex(digest.finish()), options_.auth != nullptr ? "auth" : "");
}

Async<Result<>> ClientCore::open_over_http() {
  const bool any = options_.transport == ClientTransport::auto_;
  info_.transport = ClientTransport::streamable_http;
  transport_ = make_http_transport(TransportContext{http_, clock_, options_, *this});
  std::optional<EraCache::Verdict> known;
  if (options_.eras != nullptr && !options_.revision) known = options_.eras->find(era_key());
  Result<> opened;
  if (known && known->sse && any) {
    opened = co_await fall_back_to_sse();
  } else if (known && !is_modern(known->revision)) {
    opened = co_await handshake();
  } else {
    opened = co_await probe();
  }
  if (!opened && any && info_.transport != ClientTransport::sse && says_unknown(opened.error()))
    opened = co_await fall_back_to_sse();
  if (options_.eras == nullptr) co_return opened;
  if (opened) {
    EraCache::Verdict verdict;
    verdict.revision = info_.revision;
    verdict.sse = info_.transport == ClientTransport::sse;
    options_.eras->put(era_key(), verdict);
  } else {
    options_.eras->forget(era_key());
  }
  co_return opened;
}

Async<Result<>> ClientCore::probe() {
  if (options_.revision && !is_modern(*options_.revision)) co_return co_await handshake();
  CO_TRY(is_modern_server, co_await discover(true));
  if (is_modern_server) co_return ok();
  if (options_.revision) co_return fail(no_common_revision());
  if (closed_ && info_.transport == ClientTransport::stdio)
    CO_TRY_VOID(co_await restart_transport());
  co_return co_await handshake();
}

/// Some servers end at a message they do not expect.
Async<Result<>> ClientCore::restart_transport() {
  co_await transport_->stop();
  closed_.reset();
  const TransportContext context{http_, clock_, options_, *this};
  CO_TRY(opened, co_await open_stdio_transport(context));
  transport_ = std::move(opened);
  co_return ok();
}

/// Whether the server is modern.
Async<Result<bool>> ClientCore::discover(bool may_retry) {
  info_.revision = kNewest;
  transport_->agree(kNewest);
  Call call;
  call.method = "server/discover";
  CallOptions options;
  options.timeout =
      options_.auth == nullptr ? options_.connect_timeout / 2 : options_.connect_timeout;
  PendingPtr pending;
  auto answer = co_await attempt(pending, call, options);
  if (!answer) {
    if (info_.transport == ClientTransport::stdio || says_unknown(answer.error())) co_return false;
    co_return fail(answer.error());
  }
  if (auto* error = std::get_if<RpcError>(&**answer)) {
    CO_TRY(retry, judge_refusal(*error));
    if (!retry) co_return false;
    if (!may_retry) co_return fail(error_of(*error));
    co_return co_await discover(false);
  }
  const auto& result = std::get<json::Object>(**answer);
  const auto offered = revisions_in(result.find("supportedVersions"));
  if (std::ranges::find(offered, kNewest) == offered.end()) co_return false;
  CO_TRY_VOID(read_discovery(result));
  co_return true;
}

/// True: a modern server that wants the request again; false: a legacy one.
Result<bool> ClientCore::judge_refusal(const RpcError& error) {
  if (error.code == code::kHeaderMismatch || error.code == code::kMissingClientCapability)
    return fail(error_of(error));
  if (error.code != code::kUnsupportedVersion) return false;
  const auto* data = error.data ? error.data->if_object() : nullptr;
  const auto offered = revisions_in(data == nullptr ? nullptr : data->find("supported"));
  if (std::ranges::find(offered, kNewest) != offered.end()) return true;
  if (offered.empty()) return fail(no_common_revision());
  return false;
}

Result<> ClientCore::read_discovery(const json::Object& result) {
  info_.capabilities = object_at(result, "capabilities");
  info_.instructions = text_at(result, "instructions");
  info_.implementation =
      object_at(object_at(result, "_meta"), std::string(kMetaPrefix) + "serverInfo");
  return ok();
}

Async<Result<>> ClientCore::handshake() {
  transport_->forget_session();
  info_.revision = options_.revision.value_or(kNewestLegacy);
  Call call;
  call.method = "initialize";
  call.params.set("protocolVersion", to_string(info_.revision));
  call.params.set("capabilities", options_.capabilities);
  call.params.set("clientInfo", options_.client_info);
  CallOptions options;
  options.timeout = options_.connect_timeout;
  PendingPtr pending;
  auto answer = co_await attempt(pending, call, options);
  if (!answer) co_return fail(answer.error());
  if (const auto* error = std::get_if<RpcError>(&**answer)) co_return fail(error_of(*error));
  CO_TRY_VOID(read_initialization(std::get<json::Object>(**answer)));
  transport_->agree(info_.revision);
  json::Object none;
  CO_TRY_VOID(co_await notify("notifications/initialized", std::move(none)));
  begin_following();
  co_return ok();
}

Result<> ClientCore::read_initialization(const json::Object& result) {
  const auto revision = parse_revision(text_at(result, "protocolVersion"));
  if (!revision || is_modern(*revision)) return fail(no_common_revision());
  info_.revision = *revision;
  info_.capabilities = object_at(result, "capabilities");
  info_.implementation = object_at(result, "serverInfo");
  info_.instructions = text_at(result, "instructions");
  return ok();
}

void ClientCore::begin_following() {
  if (following_) group_.cancel(*following_);
  following_ = group_.spawn(transport_->follow());
}

Async<Result<>> ClientCore::fall_back_to_sse() {
  const TransportContext context{http_, clock_, options_, *this};
  CO_TRY(opened, co_await open_sse_transport(context));
  if (transport_) co_await transport_->stop();
  transport_ = std::move(opened);
  info_.transport = ClientTransport::sse;
  co_return co_await handshake();
}

/// A new session for one that the server forgot; once, however many calls found out.
Async<Result<>> ClientCore::renew(std::uint64_t lost_session) {
  const auto guard = co_await renewing_.lock();
  if (closed_) co_return fail(gone());
  if (transport_->session() != lost_session) co_return ok();
  kLog.info("a tool server forgot its session", {{"url", options_.url}});
  auto opened = co_await handshake();
  if (!opened) {
    closed(opened.error());
    co_return opened;
  }
  auto uris = filter_.resource_uris;
  CO_TRY_VOID(co_await subscribe_to(std::move(uris), "resources/subscribe"));
  missed_changes();
  co_return ok();
}

}  // namespace flotilla::mcp
