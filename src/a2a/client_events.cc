#include <algorithm>
#include <deque>
#include <utility>

#include "a2a/client_internal.h"
#include "a2a/limits.h"
#include "base/hash.h"
#include "json/map.h"

namespace flotilla::a2a {

namespace {

/// A stream that was open for so long was a good one, even if nothing came.
constexpr std::chrono::seconds kGoodStream{5};
constexpr const char* kEarlyEnd = "the stream ended before the task did";

TaskState state_of(const StreamResponse& item) {
  if (item.task) return item.task->status.state;
  if (item.statusUpdate) return item.statusUpdate->status.state;
  return TaskState::unspecified;
}

std::string task_id_of(const StreamResponse& item) {
  if (item.task) return item.task->id;
  if (item.statusUpdate) return item.statusUpdate->taskId;
  if (item.artifactUpdate) return item.artifactUpdate->taskId;
  return {};
}

bool is_empty(const StreamResponse& item) {
  return !item.task && !item.message && !item.statusUpdate && !item.artifactUpdate;
}

bool is_event_stream(const http::ClientStream& stream) {
  constexpr std::string_view kType = "text/event-stream";
  const auto type = stream.headers().find("Content-Type").value_or("");
  return stream.status() >= 200 && stream.status() < 300 &&
         http::iequals(type.substr(0, kType.size()), kType);
}

/// What can be sent back in a header.
bool is_usable_cursor(const std::string& id) {
  return id.size() <= kMaxForeignCursorBytes &&
         std::ranges::none_of(id, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

/// Whether a streaming send was refused for being one, before any work was done: by the protocol's
/// errors, or by an HTTP server that has no such route. Where the card promises streams,
/// UNSUPPORTED_OPERATION has another cause, and may come when the work has begun.
bool lacks_streams(const Error& error, bool promised) {
  if (error.reason() == reason::kUnsupportedOperation) return !promised;
  return error.code() == Code::unimplemented || error.reason() == reason::kNotFound;
}

/// Three ways to the next items, in this order: the stream that is open, a stream to be opened
/// (by the send until a task is known, then by subscription), or polling where the server has
/// refused to subscribe. What went wrong is dealt with when all items before it are given.
class Events final : public ClientEvents {
 public:
  Events(http::Client& http, Clock& clock, std::shared_ptr<ClientWire> wire,
         std::shared_ptr<const ClientOptions> options, StreamStart start)
      : http_(http),
        clock_(clock),
        wire_(std::move(wire)),
        options_(std::move(options)),
        start_(std::move(start)),
        outage_(clock, *options_),
        task_id_(start_.task_id),
        cursor_(start_.cursor) {}

  Async<Result<std::optional<StreamResponse>>> next() override {
    for (;;) {
      if (!ready_.empty()) co_return take();
      if (ended_) co_return std::optional<StreamResponse>();
      if (failure_) co_return fail(*failure_);
      if (trouble_) {
        auto error = std::move(*trouble_);
        trouble_.reset();
        auto recovered = co_await recover(std::move(error));
        if (!recovered) failure_ = std::move(recovered.error());
        continue;
      }
      auto step = co_await advance();
      if (!step) trouble_ = std::move(step.error());
    }
  }

  [[nodiscard]] const std::string& cursor() const override { return cursor_; }

 private:
  struct Ready {
    std::string id;
    StreamResponse item;
  };

  std::optional<StreamResponse> take();
  void note_state(const StreamResponse& item);
  Async<Result<>> advance();
  Async<Result<>> open();
  [[nodiscard]] http::ClientRequest next_request();
  [[nodiscard]] bool subscribes() const { return !start_.send || !task_id_.empty(); }
  Async<Result<>> take_answer(std::unique_ptr<http::ClientStream> stream);
  Result<> take_messages(std::vector<http::SseMessage> messages);
  Async<Result<>> closed();
  Async<Result<bool>> ask_whether_over();
  Async<Result<>> poll();
  Async<Result<Task>> fetch_task();
  Async<Result<>> recover(Error error);
  [[nodiscard]] bool was_good() const;
  /// A subscription that was open and gave no item.
  [[nodiscard]] bool brought_nothing() const {
    return opened_at_ && received_ == 0 && subscribes();
  }
  [[nodiscard]] bool is_refusal(const Error& error) const;

  http::Client& http_;
  Clock& clock_;
  std::shared_ptr<ClientWire> wire_;              // shared with the client, which may go first
  std::shared_ptr<const ClientOptions> options_;  // likewise
  StreamStart start_;
  Outage outage_;

  // Of the task.
  std::string task_id_;
  std::string cursor_;
  TaskState state_ = TaskState::unspecified;
  bool turn_begun_ = false;  // what comes is later than our message
  std::deque<Ready> ready_;
  bool ended_ = false;
  std::optional<Error> trouble_;  // to recover from
  std::optional<Error> failure_;  // for good

  // Of the connection.
  std::unique_ptr<http::ClientStream> stream_;
  http::SseParser parser_;
  std::optional<SteadyTime> opened_at_;
  std::size_t received_ = 0;  // items since it was opened
  bool ever_opened_ = false;
  bool unanswered_ = false;  // our message left, and nothing came back
  bool by_get_ = false;
  bool over_ = false;  // the server said so; what is left is asked for once more
  bool polling_ = false;
  Sha256Digest last_poll_{};
  int unchanged_ = 0;  // polls that brought nothing
};

std::optional<StreamResponse> Events::take() {
  auto [id, item] = std::move(ready_.front());
  ready_.pop_front();
  if (!id.empty()) cursor_ = is_usable_cursor(id) ? id : std::string();
  if (auto task_id = task_id_of(item); !task_id.empty()) task_id_ = std::move(task_id);
  note_state(item);
  ended_ = item.message || is_terminal(state_) || state_ == TaskState::input_required;
  if (ended_) {
    ready_.clear();
    stream_.reset();
  }
  return std::move(item);
}

void Events::note_state(const StreamResponse& item) {
  const auto state = state_of(item);
  if (!item.task || !start_.continues) turn_begun_ = true;
  // The snapshot with which the answer to a message begins shows the task that waits for it.
  if (state != TaskState::unspecified && (turn_begun_ || !is_interrupted(state))) state_ = state;
}

/// One step towards the next items.
Async<Result<>> Events::advance() {
  if (polling_) co_return co_await poll();
  if (!stream_) co_return co_await open();
  CO_TRY(piece, co_await stream_->read());
  if (!piece) co_return co_await closed();
  std::vector<http::SseMessage> messages;
  const auto fed = parser_.feed(*piece, messages);
  CO_TRY_VOID(take_messages(std::move(messages)));
  co_return fed;
}

Result<> Events::take_messages(std::vector<http::SseMessage> messages) {
  for (auto& message : messages) {
    if (message.data.empty()) continue;
    TRY(item, wire_->read_item(message));
    if (is_empty(item)) continue;
    ++received_;
    ready_.push_back(Ready{std::move(message.id), std::move(item)});
  }
  return ok();
}

http::ClientRequest Events::next_request() {
  if (subscribes()) return wire_->subscribe(task_id_, cursor_, by_get_);
  if (!start_.plain) return wire_->send(*start_.send, true);
  SendMessageRequest request = *start_.send;
  if (!request.configuration) request.configuration.emplace();
  // The turn that a known task waits for cannot be told from the one before by polling.
  request.configuration->returnImmediately = !start_.continues;
  return wire_->send(request, false);
}

Async<Result<>> Events::open() {
  received_ = 0;
  opened_at_.reset();
  if (subscribes()) turn_begun_ = true;
  unanswered_ = !subscribes();
  CO_TRY(stream, co_await http_.open(next_request()));
  if (!is_event_stream(*stream)) co_return co_await take_answer(std::move(stream));
  parser_ = http::SseParser();
  stream_ = std::move(stream);
  opened_at_ = clock_.steady_now();
  ever_opened_ = true;
  co_return ok();
}

/// The server answered without a stream: an error, or a plain result.
Async<Result<>> Events::take_answer(std::unique_ptr<http::ClientStream> stream) {
  http::Response whole;
  whole.status = stream->status();
  whole.headers = stream->headers();
  for (;;) {
    CO_TRY(piece, co_await stream->read());
    if (!piece) break;
    if (whole.body.size() + piece->size() > kMaxAnswerBytes)
      co_return fail(Error(Code::resource_exhausted, "the agent's answer is too large"));
    whole.body += *piece;
  }
  unanswered_ = false;
  auto value = wire_->result(whole);
  const bool unrouted = whole.status == 405 || whole.status == 404;
  if (!value && subscribes() && unrouted && value.error().reason() != reason::kTaskNotFound &&
      wire_->endpoint().binding == Binding::rest && !std::exchange(by_get_, true))
    co_return ok();
  if (!value) co_return fail(std::move(value.error()));
  CO_TRY(response, wire_->read_send(std::move(*value)));
  if (response.task) last_poll_ = sha256(json::to_text(*response.task));
  Ready ready;
  ready.item.task = std::move(response.task);
  ready.item.message = std::move(response.message);
  ready_.push_back(std::move(ready));
  turn_begun_ = true;
  polling_ = true;
  co_return ok();
}

/// The server ended its answer properly, though the task has not ended as far as we know.
Async<Result<>> Events::closed() {
  stream_.reset();
  if (is_interrupted(state_)) {
    ended_ = true;
    co_return ok();
  }
  if (!brought_nothing()) co_return fail(Error(Code::unavailable, kEarlyEnd));
  CO_TRY(over, co_await ask_whether_over());
  if (!over) co_return fail(Error(Code::unavailable, kEarlyEnd));
  co_return ok();
}

/// Nothing comes after what we have: because the task has ended, or because of a drain. True in the
/// first case, which is then dealt with.
Async<Result<bool>> Events::ask_whether_over() {
  CO_TRY(task, co_await fetch_task());
  const auto state = task.status.state;
  const bool waits = state == TaskState::input_required && cursor_.empty();
  if (!is_terminal(state) && !waits) co_return false;
  if (cursor_.empty()) {
    Ready ready;
    ready.item.task = std::move(task);
    ready_.push_back(std::move(ready));
  } else {
    ended_ = std::exchange(over_, true);
  }
  co_return true;
}

Async<Result<Task>> Events::fetch_task() {
  GetTaskRequest get;
  get.id = task_id_;
  CO_TRY(response, co_await http_.fetch(wire_->get(get)));
  CO_TRY(value, wire_->result(response));
  co_return wire_->read_task(std::move(value));
}

/// Gives the task when it has changed.
Async<Result<>> Events::poll() {
  received_ = 0;
  opened_at_.reset();
  if (task_id_.empty())
    co_return fail(invalid_answer("the agent answered with a task that has no id"));
  CO_TRY(task, co_await fetch_task());
  outage_.over();
  turn_begun_ = true;
  auto hash = sha256(json::to_text(task));
  if (std::exchange(last_poll_, hash) == hash) {
    co_await clock_.sleep_for(backoff(unchanged_++, *options_->random));
    co_return ok();
  }
  unchanged_ = 0;
  Ready ready;
  ready.item.task = std::move(task);
  ready_.push_back(std::move(ready));
  co_return ok();
}

bool Events::was_good() const {
  if (received_ > 0) return true;
  return opened_at_ && clock_.steady_now() - *opened_at_ >= kGoodStream;
}

/// Whether the server has no stream for us although it has the task: because the task has ended
/// meanwhile, or because it cannot subscribe at all.
bool Events::is_refusal(const Error& error) const {
  const bool ours = error.code() == Code::unauthenticated ||
                    error.code() == Code::permission_denied ||
                    error.code() == Code::resource_exhausted;
  return ever_opened_ && subscribes() && received_ == 0 && !polling_ && !ours;
}

/// Makes another try possible; the error itself when that is no use.
Async<Result<>> Events::recover(Error error) {
  stream_.reset();
  if (unanswered_ && !subscribes() && !options_->repeat_sends) co_return fail(std::move(error));
  if (is_transient(error)) {
    // Some servers cut the connection instead of saying that there is nothing more to come.
    if (brought_nothing() && cursor_.empty()) {
      const auto over = co_await ask_whether_over();
      if (over && *over) co_return ok();
    }
    if (was_good()) outage_.over();
    co_return co_await outage_.wait(std::move(error));
  }
  if (is_refusal(error)) {
    polling_ = true;
    co_return ok();
  }
  if (lacks_streams(error, start_.promised) && !subscribes() && !std::exchange(start_.plain, true))
    co_return ok();
  co_return fail(std::move(error));
}

}  // namespace

std::unique_ptr<ClientEvents> make_client_events(http::Client& http, Clock& clock,
                                                 std::shared_ptr<ClientWire> wire,
                                                 std::shared_ptr<const ClientOptions> options,
                                                 StreamStart start) {
  return std::make_unique<Events>(http, clock, std::move(wire), std::move(options),
                                  std::move(start));
}

}  // namespace flotilla::a2a
