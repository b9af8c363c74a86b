#include <deque>

#include "a2a/client_internal.h"

namespace flotilla::a2a {

namespace {

/// Reads items; when the connection is cut before the proper end, subscribes again from the last
/// cursor, and where that is refused, asks for the task instead.
class Events final : public ClientEvents {
 public:
  Events(http::Client& http, Clock& clock, std::shared_ptr<ClientWire> wire,
         const ClientOptions& options, StreamStart start)
      : http_(http),
        clock_(clock),
        wire_(std::move(wire)),
        options_(options),
        start_(std::move(start)),
        task_id_(start_.task_id),
        cursor_(start_.cursor) {}

  Async<Result<std::optional<StreamResponse>>> next() override {
    for (;;) {
      if (!ready_.empty()) co_return take();
      if (ended_) co_return std::optional<StreamResponse>();
      auto step = co_await advance();
      if (step) {
        attempt_ = 0;
        continue;
      }
      CO_TRY_VOID(co_await recover(step.error()));
    }
  }

 private:
  std::optional<StreamResponse> take() {
    auto [id, item] = std::move(ready_.front());
    ready_.pop_front();
    if (!id.empty()) cursor_ = id;
    if (item.task) task_id_ = item.task->id;
    if (item.statusUpdate) task_id_ = item.statusUpdate->taskId;
    ended_ = ended_ || is_end(item);
    return item;
  }

  static bool is_end(const StreamResponse& item) {
    if (item.message) return true;
    TaskState state = TaskState::unspecified;
    if (item.task) state = item.task->status.state;
    if (item.statusUpdate) state = item.statusUpdate->status.state;
    return is_terminal(state) || (item.statusUpdate && state == TaskState::input_required);
  }

  /// Opens the stream if there is none, reads one piece.
  Async<Result<>> advance() {
    if (!stream_) CO_TRY_VOID(co_await open());
    CO_TRY(piece, co_await stream_->read());
    if (!piece) {
      stream_.reset();
      co_return fail(Error(Code::unavailable, "the stream ended before the task did"));
    }
    std::vector<http::SseMessage> messages;
    CO_TRY_VOID(parser_.feed(*piece, messages));
    for (auto& message : messages) {
      if (message.data.empty()) continue;
      CO_TRY(item, wire_->read_item(message.data));
      ready_.emplace_back(std::move(message.id), std::move(item));
    }
    co_return ok();
  }

  Async<Result<>> open() {
    http::ClientRequest request = start_.request;
    if (opened_ && !task_id_.empty()) {
      SubscribeToTaskRequest again;
      again.id = task_id_;
      std::optional<std::string> after;
      if (!cursor_.empty()) after = cursor_;
      request = wire_->subscribe(again, after);
    }
    CO_TRY(stream, co_await http_.open(std::move(request)));
    parser_ = http::SseParser();
    const auto type = stream->headers().find("Content-Type").value_or("");
    if (stream->status() == 200 && type.starts_with("text/event-stream")) {
      stream_ = std::move(stream);
      opened_ = true;
      co_return ok();
    }
    co_return co_await refused(std::move(stream));
  }

  /// The server answered without a stream: an error, or a plain result.
  Async<Result<>> refused(std::unique_ptr<http::ClientStream> stream) {
    http::Response whole;
    whole.status = stream->status();
    for (;;) {
      CO_TRY(piece, co_await stream->read());
      if (!piece) break;
      if (whole.body.size() + piece->size() > kLargestAnswer)
        co_return fail(Error(Code::resource_exhausted, "the agent's answer is too large"));
      whole.body += *piece;
    }
    CO_TRY(value, wire_->result(whole));
    CO_TRY(response, wire_->read_send(std::move(value)));
    StreamResponse item;
    item.task = std::move(response.task);
    item.message = std::move(response.message);
    ready_.emplace_back(std::string(), std::move(item));
    ended_ = true;
    co_return ok();
  }

  /// Waits before the next try; the error itself when trying again is no use.
  Async<Result<>> recover(Error error) {
    stream_.reset();
    const bool ended_meanwhile = opened_ && !task_id_.empty() && !is_transient(error) &&
                                 (error.reason() == reason::kUnsupportedOperation ||
                                  error.reason() == reason::kMethodNotFound);
    if (ended_meanwhile) co_return co_await poll();
    if (!is_transient(error)) co_return fail(std::move(error));
    const auto now = clock_.steady_now();
    if (attempt_ == 0) give_up_ = now + options_.retry_for;
    if (now >= give_up_) co_return fail(std::move(error));
    if (attempt_ == 0 && opened_ && options_.on_cut) options_.on_cut(error);
    co_await clock_.sleep_for(backoff(attempt_++));
    co_return ok();
  }

  Async<Result<>> poll() {
    GetTaskRequest get;
    get.id = task_id_;
    CO_TRY(response, co_await http_.fetch(wire_->get(get)));
    CO_TRY(value, wire_->result(response));
    CO_TRY(task, wire_->read_task(std::move(value)));
    const bool live = !is_terminal(task.status.state) && !is_interrupted(task.status.state);
    if (live) {
      co_await clock_.sleep_for(std::chrono::seconds(1));
      co_return ok();
    }
    StreamResponse item;
    item.task = std::move(task);
    ready_.emplace_back(std::string(), std::move(item));
    ended_ = true;
    co_return ok();
  }

  static constexpr std::size_t kLargestAnswer = std::size_t{16} << 20;

  http::Client& http_;
  Clock& clock_;
  std::shared_ptr<ClientWire> wire_;  // shared with the client, which may go first
  const ClientOptions options_;
  StreamStart start_;
  std::string task_id_;
  std::string cursor_;
  std::unique_ptr<http::ClientStream> stream_;
  http::SseParser parser_;
  std::deque<std::pair<std::string, StreamResponse>> ready_;
  bool opened_ = false;
  bool ended_ = false;
  int attempt_ = 0;
  SteadyTime give_up_{};
};

}  // namespace

std::unique_ptr<ClientEvents> make_client_events(http::Client& http, Clock& clock,
                                                 std::shared_ptr<ClientWire> wire,
                                                 const ClientOptions& options, StreamStart start) {
  return std::make_unique<Events>(http, clock, std::move(wire), options, std::move(start));
}

}  // namespace flotilla::a2a
