#include "mcp/legacy_server.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/cancel.h"
#include "base/hash.h"
#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/legacy_resume.h"
#include "mcp/legacy_stream.h"
#include "mcp/limits.h"
#include "mcp/modern_runner.h"
#include "mcp/results.h"

namespace flotilla::mcp {
namespace {

http::Response refuse(int status, std::string_view id, const RpcError& error) {
  return http::Response::json(status, write_error(id, error));
}

http::Response refuse(std::string_view id, const Refusal& refusal) {
  return refuse(refusal.status, id, refusal.error);
}

http::Response accepted() {
  http::Response response;
  response.status = 202;
  return response;
}

std::string profile_of(const http::Request& request) {
  return request.query_value("profile").value_or("");
}

/// JSON for what was answered without a stream; an empty stream when all was cancelled, for a
/// cancelled request is not answered.
http::Response plain_answers(std::vector<std::string>& answers, bool batch) {
  if (answers.empty()) {
    return http::Response::text(200, ": cancelled\n\n", "text/event-stream");
  }
  if (!batch) return http::Response::json(200, std::move(answers.front()));
  std::string body = "[";
  for (const std::string& answer : answers) {
    if (body.size() > 1) body += ',';
    body += answer;
  }
  return http::Response::json(200, body + "]");
}

std::string_view id_of(const RpcMessage& message) {
  if (const auto* request = std::get_if<RpcRequest>(&message)) return request->id;
  return {};
}

std::string cancelled_id(const RpcNotification& notification) {
  const json::Value* id = notification.params.find("requestId");
  return id == nullptr ? std::string() : json::to_string(*id);
}

void take_notification(LegacySession& session, const RpcNotification& notification) {
  if (notification.method == "notifications/cancelled") session.cancel(cancelled_id(notification));
}

}  // namespace

Revision negotiate(std::string_view requested) {
  const auto revision = parse_revision(requested);
  return revision && !is_modern(*revision) ? *revision : kNewestLegacy;
}

SessionRecord record_of(InitializeRequest request, Revision revision) {
  SessionRecord record;
  record.revision = to_string(revision);
  record.client.append("capabilities", std::move(request.capabilities));
  record.client.append("clientInfo", std::move(request.client_info));
  return record;
}

std::optional<Refusal> check_version_header(const http::Headers& headers) {
  const auto header = headers.find("MCP-Protocol-Version");
  if (!header) return std::nullopt;
  const auto revision = parse_revision(*header);
  if (revision && !is_modern(*revision)) return std::nullopt;
  return Refusal{400, rpc_error(code::kServerError,
                                "Bad Request: MCP-Protocol-Version is not supported here; after "
                                "initialize it is one of 2024-11-05, 2025-03-26, 2025-06-18, "
                                "2025-11-25")};
}

LegacyServer::LegacyServer(const ServerServices& services, const ServerConfig& config,
                           LoopGroups& groups)
    : services_(services),
      config_(config),
      sessions_(services),
      runner_(services, config),
      calls_(runner_, groups, config.requests_per_session),
      streams_(config.streams_per_principal),
      standalone_(services, groups) {}

Async<http::Response> LegacyServer::post(http::Request& request, RpcMessage message) {
  const std::string id(id_of(message));
  if (const auto wrong = check_version_header(request.headers)) co_return refuse(id, *wrong);
  auto* rpc = std::get_if<RpcRequest>(&message);
  if (rpc != nullptr && rpc->method == "initialize")
    co_return co_await initialize(request, std::move(*rpc));
  auto found = co_await sessions_.find(request);
  if (!found) co_return refuse(id, found.error());
  auto session = std::move(*found);
  if (auto* response = std::get_if<RpcResponse>(&message)) session->answer(std::move(*response));
  if (const auto* notification = std::get_if<RpcNotification>(&message))
    take_notification(*session, *notification);
  if (rpc == nullptr) co_return accepted();
  const auto method = find_method(session->revision(), rpc->method);
  if (!method || !may_ask(*method)) {
    auto text = co_await runner_.run(*session, request.context, profile_of(request),
                                     std::move(*rpc), nullptr);
    co_return http::Response::json(200, std::move(text));
  }
  std::vector<RpcRequest> requests;
  requests.push_back(std::move(*rpc));
  co_return co_await answer(request, std::move(session), std::move(requests), {}, false);
}

Async<http::Response> LegacyServer::post_batch(http::Request& request, json::Array batch) {
  if (const auto wrong = check_version_header(request.headers)) co_return refuse("", *wrong);
  auto found = co_await sessions_.find(request);
  if (!found) co_return refuse("", found.error());
  auto session = std::move(*found);
  if (session->revision() != Revision::v2025_03_26)
    co_return refuse(400, "",
                     rpc_error(code::kInvalidRequest,
                               "batches belong to 2025-03-26; this session has negotiated " +
                                   std::string(to_string(session->revision()))));
  if (batch.empty() || batch.size() > kMaxBatch)
    co_return refuse(400, "",
                     rpc_error(code::kInvalidRequest,
                               "a batch has 1 to " + std::to_string(kMaxBatch) + " messages"));
  std::vector<RpcRequest> requests;
  std::vector<std::string> refused;
  for (json::Value& element : batch) {
    auto message = read_message(std::move(element));
    if (const auto* bad = std::get_if<BadMessage>(&message))
      refused.push_back(write_error(bad->id, bad->error));
    if (const auto* notification = std::get_if<RpcNotification>(&message))
      take_notification(*session, *notification);
    if (auto* response = std::get_if<RpcResponse>(&message)) session->answer(std::move(*response));
    auto* rpc = std::get_if<RpcRequest>(&message);
    if (rpc == nullptr) continue;
    if (rpc->method == "initialize")
      co_return refuse(400, rpc->id,
                       rpc_error(code::kInvalidRequest, "initialize cannot be part of a batch"));
    requests.push_back(std::move(*rpc));
  }
  if (requests.empty() && refused.empty()) co_return accepted();
  if (requests.empty()) co_return plain_answers(refused, true);
  co_return co_await answer(request, std::move(session), std::move(requests), std::move(refused),
                            true);
}

Async<http::Response> LegacyServer::initialize(http::Request& request, RpcRequest rpc) {
  if (request.headers.find("Mcp-Session-Id"))
    co_return refuse(400, rpc.id,
                     rpc_error(code::kInvalidRequest,
                               "a session cannot be initialized again; leave "
                               "Mcp-Session-Id out to begin a new one"));
  auto read = read_initialize(rpc.params);
  if (!read) co_return refuse(200, rpc.id, read.error());
  const Revision revision = negotiate(read->protocol_version);
  auto made = co_await sessions_.create(request.context, record_of(std::move(*read), revision));
  if (!made) {
    const int status = made.error().code() == Code::resource_exhausted ? 429 : 503;
    co_return refuse(status, rpc.id, to_rpc(made.error(), request.context.request_id));
  }
  const auto caller = caller_of(**made, request.context, profile_of(request));
  const auto server = services_.handler.describe(caller);
  auto response =
      http::Response::json(200, write_result(rpc.id, initialize_result(server, revision)));
  response.headers.set("Mcp-Session-Id", caller.session);
  co_return response;
}

Async<http::Response> LegacyServer::answer(http::Request& request,
                                           std::shared_ptr<LegacySession> session,
                                           std::vector<RpcRequest> requests,
                                           std::vector<std::string> refused, bool batch) {
  std::vector<std::string> ids;
  for (const RpcRequest& rpc : requests) ids.push_back(rpc.id);
  const auto executor = co_await boost::asio::this_coro::executor;
  auto post = std::make_shared<LegacyPost>(executor, session, services_.sessions, services_.random,
                                           std::move(ids));
  post->answers() = std::move(refused);
  for (RpcRequest& rpc : requests) {
    co_await calls_.start(executor, post, std::move(rpc), request.context, profile_of(request));
  }
  if (!post->settled()) {
    const auto until = services_.clock.steady_now() + config_.silence;
    const bool told = co_await with_deadline(post->wait(), until, services_.clock);
    if (!told) co_await post->open_stream();
    co_await post->wait();
  }
  if (!post->stream()) co_return plain_answers(post->answers(), batch);
  co_return respond_stream(request, std::move(session), post->stream(), 0);
}

http::Response LegacyServer::respond_stream(const http::Request& request,
                                            std::shared_ptr<LegacySession> session,
                                            std::shared_ptr<LiveStream> stream,
                                            std::uint64_t after) {
  auto ticket = streams_.take(request.context.principal->name);
  if (!ticket)
    return refuse(429, "",
                  rpc_error(code::kServerError, "too many streams of this principal are open"));
  return stream_response(StreamJob{std::move(session), std::move(stream), after, config_.heartbeat,
                                   std::move(*ticket)});
}

Async<http::Response> LegacyServer::get(http::Request& request) {
  if (!accepts_events(request))
    co_return refuse(406, "",
                     rpc_error(code::kServerError, "Not Acceptable: Accept text/event-stream"));
  if (const auto wrong = check_version_header(request.headers)) co_return refuse("", *wrong);
  auto found = co_await sessions_.find(request);
  if (!found) co_return refuse("", found.error());
  auto session = std::move(*found);
  const auto last = request.headers.find("Last-Event-ID");
  if (last && !last->empty())
    co_return co_await resume(request, std::move(session), std::string(*last));
  auto stream = session->standalone();
  if (stream && stream->has_reader())
    co_return refuse(
        409, "", rpc_error(code::kServerError, "Conflict: this session has a GET stream already"));
  std::string name(9, '\0');
  services_.random.fill(name.data(), name.size());
  // A client without a cursor begins anew; what an earlier stream holds it can still ask for.
  if (stream) stream->close();
  stream = std::make_shared<LiveStream>(&services_.sessions, session->record().id, "g" + hex(name));
  co_return co_await open_standalone(request, std::move(session), std::move(stream), 0);
}

Async<http::Response> LegacyServer::open_standalone(http::Request& request,
                                                    std::shared_ptr<LegacySession> session,
                                                    std::shared_ptr<LiveStream> stream,
                                                    std::uint64_t after) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto caller = caller_of(*session, request.context, profile_of(request));
  standalone_.start(executor, session, std::move(caller), stream);
  co_return respond_stream(request, std::move(session), std::move(stream), after);
}

Async<http::Response> LegacyServer::resume(http::Request& request,
                                           std::shared_ptr<LegacySession> session,
                                           std::string event_id) {
  const auto id = parse_event_id(event_id);
  if (!id)
    co_return refuse(400, "", rpc_error(code::kInvalidRequest, "Last-Event-ID is none of ours"));
  if (auto live = session->find_stream(id->stream))
    co_return respond_stream(request, std::move(session), std::move(live), id->seq);
  const std::string session_id = session->record().id;
  auto stream = std::make_shared<LiveStream>(&services_.sessions, session_id, id->stream);
  if (is_standalone(id->stream))
    co_return co_await open_standalone(request, std::move(session), std::move(stream), id->seq);
  const auto settled = co_await settle_stream(services_.sessions, session_id, id->stream);
  if (!settled && settled.error().code() == Code::not_found)
    co_return refuse(400, "", rpc_error(code::kInvalidRequest, settled.error().message()));
  if (!settled) co_return refuse(503, "", to_rpc(settled.error(), request.context.request_id));
  stream->close();
  co_return respond_stream(request, std::move(session), std::move(stream), id->seq);
}

Async<http::Response> LegacyServer::end_session(http::Request& request) {
  if (const auto wrong = check_version_header(request.headers)) co_return refuse("", *wrong);
  auto found = co_await sessions_.find(request);
  if (!found) co_return refuse("", found.error());
  const auto removed = co_await sessions_.remove((*found)->record().id);
  if (!removed) co_return refuse(503, "", to_rpc(removed.error(), request.context.request_id));
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace flotilla::mcp
