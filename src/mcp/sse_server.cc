#include "mcp/sse_server.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/hash.h"
#include "http/sse.h"
#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/legacy_server.h"
#include "mcp/results.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kSessionIdBytes = 24;

http::Response refuse(int status, std::string_view id, const RpcError& error) {
  return http::Response::json(status, write_error(id, error));
}

http::Response accepted() {
  http::Response response;
  response.status = 202;
  return response;
}

std::vector<http::SseEvent> events_of(std::vector<StreamEvent> messages) {
  std::vector<http::SseEvent> events;
  for (StreamEvent& message : messages) {
    http::SseEvent event;
    event.event = "message";
    event.prefix = std::move(message.data);
    events.push_back(std::move(event));
  }
  return events;
}

/// The session ends with its stream.
class Open {
 public:
  Open(std::mutex& mutex, std::map<std::string, std::shared_ptr<LegacySession>, std::less<>>& all,
       std::shared_ptr<LegacySession> session)
      : mutex_(mutex), all_(all), session_(std::move(session)), id_(session_->record().id) {
    const std::scoped_lock lock(mutex_);
    all_.emplace(id_, session_);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  ~Open() {
    {
      const std::scoped_lock lock(mutex_);
      all_.erase(id_);
    }
    session_->only()->close();
    session_->cancel_all();
  }

 private:
  std::mutex& mutex_;
  std::map<std::string, std::shared_ptr<LegacySession>, std::less<>>& all_;
  std::shared_ptr<LegacySession> session_;
  std::string id_;
};

}  // namespace

SseServer::SseServer(const ServerServices& services, const ServerConfig& config, LoopGroups& groups)
    : services_(services),
      config_(config),
      runner_(services, config),
      calls_(runner_, groups, config.requests_per_session),
      standalone_(services, groups),
      streams_(config.streams_per_principal) {}

Async<http::Response> SseServer::open(http::Request& request) {
  if (!accepts_events(request))
    co_return refuse(406, "",
                     rpc_error(code::kServerError, "Not Acceptable: Accept text/event-stream"));
  auto ticket = streams_.take(request.context.principal->name);
  if (!ticket)
    co_return refuse(429, "",
                     rpc_error(code::kServerError, "too many streams of this principal are open"));
  std::string id(kSessionIdBytes, '\0');
  services_.random.fill(id.data(), id.size());
  SessionRecord record;
  record.id = base64url(id);
  record.principal = request.context.principal->name;
  record.revision = to_string(Revision::v2024_11_05);
  std::string endpoint = "/mcp/messages?session=" + record.id;
  if (const auto profile = request.query_value("profile"))
    endpoint += "&profile=" + http::percent_encode(*profile);
  auto stream = std::make_shared<LiveStream>(nullptr, record.id, "sse");
  std::uint64_t number = 0;
  services_.random.fill(&number, sizeof(number));
  auto session =
      std::make_shared<LegacySession>(std::move(record), std::move(stream), number >> 16U);
  auto serving = [this, session, endpoint = std::move(endpoint),
                  held = std::move(*ticket)](http::BodyWriter& body) mutable {
    return serve(session, std::move(endpoint), std::move(held), body);
  };
  co_return http::sse_response(std::move(serving));
}

Async<> SseServer::serve(std::shared_ptr<LegacySession> session, std::string endpoint,
                         Quota::Ticket /*held*/, http::BodyWriter& body) {
  http::SseWriter sse(body, config_.heartbeat);
  const auto executor = co_await boost::asio::this_coro::executor;
  // Shared with the drain callback, which may outlive this stream.
  auto reader = std::make_shared<LiveStream::Reader>(session->only(), executor, 0);
  const Open open(mutex_, sessions_, session);
  body.on_drain([weak = std::weak_ptr<LiveStream::Reader>(reader)] {
    if (auto alive = weak.lock()) alive->stop();
  });
  http::SseEvent first;
  first.event = "endpoint";
  first.prefix = std::move(endpoint);
  const auto begun = co_await sse.send(std::move(first));
  if (!begun) co_return;
  for (;;) {
    auto batch = co_await reader->next();
    if (!batch || batch->events.empty()) co_return;
    const auto sent = co_await sse.send(events_of(std::move(batch->events)));
    if (!sent) co_return;
  }
}

std::shared_ptr<LegacySession> SseServer::find(const http::Request& request) {
  const auto id = request.query_value("session");
  if (!id) return nullptr;
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(*id);
  if (found == sessions_.end()) return nullptr;
  if (found->second->record().principal != request.context.principal->name) return nullptr;
  return found->second;
}

Async<http::Response> SseServer::post(http::Request& request) {
  const auto type = request.headers.find("Content-Type");
  if (!type || !type->starts_with("application/json"))
    co_return refuse(415, "",
                     rpc_error(code::kServerError, "Content-Type must be application/json"));
  auto body = parse_body(request.body, config_.limits);
  if (!body) co_return refuse(400, "", body.error());
  auto message = read_message(std::move(*body));
  if (const auto* bad = std::get_if<BadMessage>(&message))
    co_return refuse(400, bad->id, bad->error);
  auto session = find(request);
  if (!session) co_return refuse(404, "", rpc_error(code::kSessionNotFound, "Session not found"));
  if (auto* response = std::get_if<RpcResponse>(&message)) session->answer(std::move(*response));
  if (const auto* notification = std::get_if<RpcNotification>(&message)) {
    if (notification->method == "notifications/cancelled")
      if (const auto* id = notification->params.find("requestId"))
        session->cancel(json::to_string(*id));
    if (notification->method == "notifications/initialized") {
      const auto executor = co_await boost::asio::this_coro::executor;
      auto caller =
          caller_of(*session, request.context, request.query_value("profile").value_or(""));
      standalone_.start(executor, session, std::move(caller), session->only());
    }
  }
  auto* rpc = std::get_if<RpcRequest>(&message);
  if (rpc == nullptr) co_return accepted();
  if (rpc->method == "initialize") {
    co_await initialize(*session, std::move(*rpc), request);
    co_return accepted();
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  std::vector<std::string> ids(1, rpc->id);
  auto post = std::make_shared<LegacyPost>(executor, std::move(session), services_.sessions,
                                           services_.random, std::move(ids));
  co_await calls_.start(executor, std::move(post), std::move(*rpc), request.context,
                        request.query_value("profile").value_or(""));
  co_return accepted();
}

/// The answer goes over the stream, as all do.
Async<> SseServer::initialize(LegacySession& session, RpcRequest rpc,
                              const http::Request& request) {
  std::string answer;
  auto read = read_initialize(rpc.params);
  if (!read) {
    answer = write_error(rpc.id, read.error());
  } else if (session.initialized()) {
    answer = write_error(rpc.id, rpc_error(code::kInvalidRequest, "already initialized"));
  } else {
    const Revision revision = negotiate(read->protocol_version);
    SessionRecord record = record_of(std::move(*read), revision);
    record.id = session.record().id;
    record.principal = session.record().principal;
    session.initialize(std::move(record));
    const auto caller =
        caller_of(session, request.context, request.query_value("profile").value_or(""));
    const auto server = services_.handler.describe(caller);
    answer = write_result(rpc.id, initialize_result(server, revision));
  }
  std::ignore = co_await session.only()->append(std::move(answer), true);
}

}  // namespace flotilla::mcp
