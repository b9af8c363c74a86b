#include "mcp/stdio_bridge.h"

#include <algorithm>
#include <utility>

#include "async/cancel.h"
#include "mcp/error.h"
#include "mcp/method.h"
#include "mcp/modern_request.h"
#include "mcp/stdio_bridge_internal.h"

namespace flotilla::mcp {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kMaxPause = std::chrono::seconds(5);

std::string request_id_of(const json::Object& params) {
  const json::Value* id = params.find("requestId");
  return id == nullptr ? std::string() : json::to_string(*id);
}

}  // namespace

StdioBridge::StdioBridge(Executor executor, http::Client& client, Clock& clock,
                         BridgeOptions options, WriteLine write)
    : client_(client),
      clock_(clock),
      options_(std::move(options)),
      write_(std::move(write)),
      idle_(executor),
      group_(std::move(executor)) {}

Async<> StdioBridge::take(std::string line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) co_return;
  auto parsed = parse_body(line, {});
  if (!parsed) {
    write_(write_error("", parsed.error()));
    co_return;
  }
  if (parsed->if_array() != nullptr) {
    co_await send_quietly(std::move(*parsed));
    co_return;
  }
  auto message = read_message(*parsed);
  if (const auto* bad = std::get_if<BadMessage>(&message)) {
    write_(write_error(bad->id, bad->error));
  } else if (auto* request = std::get_if<RpcRequest>(&message)) {
    co_await take_request(std::move(*request), std::move(*parsed));
  } else if (auto* notification = std::get_if<RpcNotification>(&message)) {
    co_await take_notification(std::move(*notification), std::move(*parsed));
  } else {
    co_await send_quietly(std::move(*parsed));
  }
}

Async<> StdioBridge::take_request(RpcRequest request, json::Value message) {
  if (running_.contains(request.id)) {
    write_(write_error(request.id, rpc_error(code::kInvalidRequest,
                                             "/id: a request with this id is still under way")));
    co_return;
  }
  if (running_.size() >= options_.requests) {
    fail_request(request.id, "too many requests are under way");
    co_return;
  }
  Sent sent(std::move(request), std::move(message));
  const std::string id = sent.request.id;
  if (!sent.modern && sent.request.method == "initialize") {
    initialize_ = sent.message;
    session_.clear();
    co_await relay(std::move(sent));
    co_return;
  }
  // Known before it begins to run: it may end at once.
  running_.emplace(id, 0);
  const auto child = group_.spawn(relay(std::move(sent)));
  if (const auto found = running_.find(id); found != running_.end()) found->second = child;
}

Async<> StdioBridge::take_notification(RpcNotification notification, json::Value message) {
  if (notification.method == "notifications/cancelled") {
    const auto found = running_.find(request_id_of(notification.params));
    // A modern server learns it by the connection's end.
    const auto child = found == running_.end() ? 0 : found->second;
    if (!session_.empty()) co_await send_quietly(std::move(message));
    if (child != 0) group_.cancel(child);  // what is cancelled is not answered
    co_return;
  }
  if (session_.empty()) co_return;
  co_await send_quietly(std::move(message));
  if (notification.method != "notifications/initialized" || std::exchange(ready_, true)) co_return;
  group_.spawn(follow());
}

/// Whatever ends it, the request is no longer under way.
Async<> StdioBridge::relay(Sent sent) {
  const Running running(running_, idle_, sent.request.id);
  co_await relay_until_answered(sent);
}

Async<> StdioBridge::relay_until_answered(Sent& sent) {
  auto give_up = clock_.steady_now() + options_.patience;
  Duration pause = kFirstPause;
  for (;;) {
    const bool done = co_await post(sent);
    if (done) co_return;
    if (std::exchange(sent.opened, false)) {
      give_up = clock_.steady_now() + options_.patience;
      pause = kFirstPause;
    }
    if (clock_.steady_now() >= give_up) break;
    co_await clock_.sleep_for(pause);
    pause = std::min<Duration>(pause * 2, kMaxPause);
  }
  fail_request(sent.request.id, "the server at " + options_.url + " does not answer");
}

Async<> StdioBridge::send_quietly(json::Value message) {
  auto post = request(http::Method::post);
  add_session(post);
  post.body = json::to_string(message);
  auto response = co_await client_.fetch(std::move(post));
  // A batch has answers; of anything else the server has nothing to say.
  if (!response || response->status != 200 || response->body.empty()) co_return;
  auto parsed = json::parse(response->body);
  const json::Array* answers = parsed ? parsed->if_array() : nullptr;
  if (answers != nullptr) write_(json::to_string(*parsed));
}

Async<> StdioBridge::follow() {
  std::string last_id;
  Duration pause = std::chrono::seconds(1);
  for (;;) {
    const bool again = co_await follow_once(last_id, pause);
    if (!again) co_return;
    co_await clock_.sleep_for(pause);
    pause = std::min<Duration>(pause * 2, kMaxPause);
  }
}

/// The standalone stream, once; false when the server has none.
Async<bool> StdioBridge::follow_once(std::string& last_id, Duration& pause) {
  auto get = request(http::Method::get);
  get.headers.set("Accept", "text/event-stream");
  add_session(get);
  if (!last_id.empty()) get.headers.set("Last-Event-ID", last_id);
  const std::string used = session_;
  auto stream = co_await client_.open(std::move(get));
  if (!stream) co_return true;
  const int status = (*stream)->status();
  if (status == 405) co_return false;
  if (status == 404 || status == 400) {
    last_id.clear();
    if (status == 404) co_return co_await revive(used);
    co_return true;
  }
  if (status != 200) co_return true;
  pause = std::chrono::seconds(1);
  http::SseParser parser(kBridgeEventLimit);
  for (;;) {
    auto piece = co_await (*stream)->read();
    if (!piece || !*piece) break;
    std::vector<http::SseMessage> events;
    if (!parser.feed(**piece, events)) break;
    for (const auto& event : events)
      if (!event.data.empty()) write_(event.data);
  }
  if (!parser.last_id().empty()) last_id = parser.last_id();
  if (parser.retry()) pause = *parser.retry();
  co_return true;
}

/// A new session in place of the lost one, unless another request has begun it meanwhile.
Async<bool> StdioBridge::revive(std::string lost_session) {
  auto guard = co_await reviving_.lock();
  if (session_ != lost_session) co_return true;
  if (!initialize_) co_return false;
  auto post = request(http::Method::post);
  post.body = json::to_string(*initialize_);
  auto stream = co_await client_.open(std::move(post));
  if (!stream || (*stream)->status() != 200) co_return false;
  auto body = co_await read_all(**stream);
  auto answer = body ? json::parse(*body) : fail(body.error());
  if (!answer) co_return false;
  note_initialized(**stream, *answer);
  json::Object note{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}};
  auto told = request(http::Method::post);
  add_session(told);
  told.body = json::to_string(json::Value(std::move(note)));
  std::ignore = co_await client_.fetch(std::move(told));
  co_return !session_.empty();
}

Async<> StdioBridge::finish() {
  const auto wait = [](StdioBridge& bridge) -> Async<> {
    while (!bridge.running_.empty()) {
      co_await bridge.idle_.wait();
    }
  };
  std::ignore =
      co_await with_deadline(wait(*this), clock_.steady_now() + options_.farewell, clock_);
  group_.cancel();
  co_await group_.join();
  if (session_.empty()) co_return;
  auto end = request(http::Method::delete_);
  end.timeout = std::chrono::seconds(2);
  add_session(end);
  std::ignore = co_await client_.fetch(std::move(end));
}

}  // namespace flotilla::mcp
