#include <fmt/format.h>

#include "mcp/client_http_internal.h"

namespace flotilla::mcp {
namespace {

constexpr int kChallengesMax = 8;  // of one request; the ClientAuth gives up earlier
constexpr std::size_t kUrlShownMax = 300;

bool asks_for_credentials(const http::ClientStream& stream) {
  if (stream.status() == 401) return true;
  if (stream.status() != 403) return false;
  const auto challenge = stream.headers().find("WWW-Authenticate");
  return challenge && challenge->contains("insufficient_scope");
}

Code code_of(int status) {
  if (status == 401) return Code::unauthenticated;
  if (status == 403) return Code::permission_denied;
  if (status == 429) return Code::resource_exhausted;
  return status >= 500 ? Code::unavailable : Code::failed_precondition;
}

bool has_type(const http::ClientStream& stream, std::string_view type) {
  const auto given = stream.headers().find("Content-Type");
  if (!given) return false;
  return http::iequals(given->substr(0, std::min(given->find_first_of("; "), given->size())), type);
}

bool is_content_header(std::string_view name) {
  return http::iequals(name, "Accept") || http::iequals(name, "Content-Type");
}

}  // namespace

Async<Result<http::ClientRequest>> HttpSender::make_request(http::Method method,
                                                            const std::string& url,
                                                            const http::Headers& headers,
                                                            const std::string& body,
                                                            std::uint64_t& generation) {
  http::ClientRequest request;
  request.method = method;
  request.url = url;
  request.headers = headers;
  request.body = body;
  request.author = context_.options.author;
  request.tls = context_.options.tls;
  request.timeout = context_.options.max_timeout;  // the core's deadline is shorter
  // A call's own headers stand; those of the protocol are never the caller's.
  for (const auto& [name, value] : context_.options.headers)
    if (!headers.find(name) || is_content_header(name)) request.headers.set(name, value.reveal());
  if (context_.options.auth != nullptr) {
    CO_TRY(credentials, co_await context_.options.auth->authorize(method, url));
    generation = credentials.generation;
    for (const auto& [name, value] : credentials.headers) request.headers.set(name, value.reveal());
  }
  co_return request;
}

Async<Result<StreamPtr>> HttpSender::open(http::Method method, std::string url,
                                          http::Headers headers, std::string body) {
  for (int challenges = 0;; ++challenges) {
    AuthChallenge challenge;
    CO_TRY(request, co_await make_request(method, url, headers, body, challenge.generation));
    CO_TRY(stream, co_await context_.http->open(std::move(request)));
    if (context_.options.auth == nullptr || !asks_for_credentials(*stream) ||
        challenges == kChallengesMax)
      co_return std::move(stream);
    challenge.status = stream->status();
    challenge.url = url;
    challenge.headers = stream->headers();
    stream.reset();
    CO_TRY_VOID(co_await context_.options.auth->challenged(std::move(challenge)));
  }
}

Async<Result<std::string>> read_body(http::ClientStream& stream, std::size_t limit) {
  std::string body;
  for (;;) {
    CO_TRY(piece, co_await stream.read());
    if (!piece) co_return body;
    if (body.size() + piece->size() > limit) {
      co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                           fmt::format("the answer is larger than {} bytes", limit)));
    }
    body += *piece;
  }
}

bool is_event_stream(const http::ClientStream& stream) {
  return has_type(stream, "text/event-stream");
}

bool is_json(const http::ClientStream& stream) {
  return has_type(stream, "application/json");
}

Error http_failure(const std::string& url, int status, std::string_view body) {
  auto message = fmt::format("{} answered with HTTP {}", url.substr(0, kUrlShownMax), status);
  if (!body.empty()) message += ": " + shown(body);
  return Error(code_of(status), std::move(message))
      .with_metadata(std::string(fault::kHttpStatus), std::to_string(status));
}

std::optional<RpcError> rpc_error_in(std::string_view body, const std::string& id) {
  auto parsed = json::parse(body);
  auto* object = parsed ? parsed->if_object() : nullptr;
  const auto* error = object == nullptr ? nullptr : object->find("error");
  if (error == nullptr || error->if_object() == nullptr) return std::nullopt;
  // Errors found before the id was read have none.
  if (const auto* given = object->find("id"); given == nullptr || given->is_null())
    object->set("id", *json::parse(id));
  auto message = read_message(std::move(*parsed));
  auto* response = std::get_if<RpcResponse>(&message);
  if (response == nullptr || response->id != id) return std::nullopt;
  auto* found = std::get_if<RpcError>(&response->outcome);
  return found == nullptr ? std::nullopt : std::optional(std::move(*found));
}

Async<Result<std::optional<std::vector<http::SseMessage>>>> EventReader::next(
    http::ClientStream& stream) {
  std::vector<http::SseMessage> events;
  while (events.empty()) {
    CO_TRY(piece, co_await stream.read());
    if (!piece) co_return std::nullopt;
    CO_TRY_VOID(parser_.feed(*piece, events));
    if (!parser_.last_id().empty()) last_id_ = parser_.last_id();
    if (const auto retry = parser_.retry()) retry_ = *retry;
  }
  co_return std::move(events);
}

}  // namespace flotilla::mcp
