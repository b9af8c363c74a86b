#include "mcp/modern_server.h"

#include <boost/asio/this_coro.hpp>
#include <deque>
#include <utility>

#include "async/cancel.h"
#include "async/event.h"
#include "http/sse.h"
#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

http::Response respond(Answer answer) {
  return http::Response::json(answer.status, std::move(answer.body));
}

/// One request that may tell something before it answers: written by its runner, read by its
/// response. Shared by both, for either may end first. One loop.
class StreamedCall final : public Outlet {
 public:
  explicit StreamedCall(const Executor& executor) : changed_(executor) {}

  Async<> send(std::string message) override {
    while (queue_.size() >= kMaxQueuedEvents) {
      co_await changed_.wait();
    }
    queue_.push_back(std::move(message));
    changed_.notify_all();
  }
  void finish(Answer answer) {
    answer_ = std::move(answer);
    changed_.notify_all();
  }
  /// Until there is something to read.
  Async<> wait() {
    while (!settled()) {
      co_await changed_.wait();
    }
  }
  /// What was told so far.
  std::deque<std::string> take() {
    changed_.notify_all();
    return std::exchange(queue_, {});
  }
  [[nodiscard]] bool settled() const { return !queue_.empty() || answer_; }
  [[nodiscard]] bool silent() const { return queue_.empty(); }
  [[nodiscard]] std::optional<Answer>& answer() { return answer_; }

 private:
  std::deque<std::string> queue_;
  std::optional<Answer> answer_;
  Notifier changed_;
};

/// Ends the work when the client does.
class Hold {
 public:
  Hold(TaskGroup& group, TaskGroup::Child child) : group_(&group), child_(child) {}
  Hold(Hold&& other) noexcept
      : group_(std::exchange(other.group_, nullptr)), child_(other.child_) {}
  Hold& operator=(Hold&&) = delete;
  ~Hold() {
    if (group_ != nullptr) group_->cancel(child_);
  }

 private:
  TaskGroup* group_;
  TaskGroup::Child child_;
};

Async<> run_call(const ModernRunner& runner, ModernRequest modern,
                 std::shared_ptr<StreamedCall> call) {
  auto answer = co_await runner.run(std::move(modern), call.get());
  call->finish(std::move(answer));
}

std::vector<http::SseEvent> events_of(StreamedCall& call) {
  std::vector<http::SseEvent> events;
  for (std::string& message : call.take()) {
    http::SseEvent event;
    event.prefix = std::move(message);
    events.push_back(std::move(event));
  }
  if (!call.answer()) return events;
  http::SseEvent last;
  last.prefix = std::move(call.answer()->body);
  events.push_back(std::move(last));
  return events;
}

Async<> stream_call(std::shared_ptr<StreamedCall> call, Hold /*ends the work*/, Duration heartbeat,
                    http::BodyWriter& body) {
  http::SseWriter sse(body, heartbeat);
  bool ended = false;
  while (!ended) {
    co_await call->wait();
    ended = call->answer().has_value();
    const auto sent = co_await sse.send(events_of(*call));
    if (!sent) co_return;
  }
}

}  // namespace

Async<http::Response> ModernServer::handle(http::Request& request, RpcRequest rpc) {
  const std::string id = rpc.id;
  auto read = read_modern(std::move(rpc), &request.headers);
  if (!read) co_return respond(refuse_request(id, read.error()));
  ModernRequest modern = std::move(*read);
  modern.caller.context = request.context;
  modern.caller.profile = request.query_value("profile").value_or("");
  if (modern.method == Method::call_tool) {
    const json::Value* name = modern.params.find("name");
    const json::Value* arguments = modern.params.find("arguments");
    if (name != nullptr && name->if_string() != nullptr) {
      const auto parameters =
          co_await runner_.handler().header_parameters(modern.caller, *name->if_string());
      const json::Object none;
      const json::Object* given = arguments == nullptr ? &none : arguments->if_object();
      if (auto wrong = check_parameter_headers(request.headers, parameters, given ? *given : none))
        co_return respond(refuse_request(id, *wrong));
    }
  }
  if (modern.method == Method::listen) co_return co_await listener_.listen(std::move(modern));
  // Others cannot be told anything before their answer, nor do they take long.
  if (modern.method == Method::call_tool || progress_token(modern.meta) != nullptr ||
      modern.log_level != kNoLogs)
    co_return co_await run_streamed(std::move(modern));
  auto answer = co_await runner_.run(std::move(modern), nullptr);
  co_return respond(std::move(answer));
}

Async<http::Response> ModernServer::run_streamed(ModernRequest modern) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto call = std::make_shared<StreamedCall>(executor);
  TaskGroup& group = groups_.here(executor);
  Hold hold(group, group.spawn(run_call(runner_, std::move(modern), call)));
  if (!call->settled()) {
    const auto until = clock_.steady_now() + silence_;
    std::ignore = co_await with_deadline(call->wait(), until, clock_);
  }
  if (call->silent() && call->answer()) co_return respond(std::move(*call->answer()));
  auto stream = [call, hold = std::move(hold), beat = heartbeat_](http::BodyWriter& body) mutable {
    return stream_call(call, std::move(hold), beat, body);
  };
  co_return http::sse_response(std::move(stream));
}

}  // namespace flotilla::mcp
