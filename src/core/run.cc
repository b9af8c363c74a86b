#include <boost/asio/this_coro.hpp>

#include "async/clock.h"
#include "core/limits.h"
#include "core/runner.h"

namespace flotilla::core {

namespace {
void drop_last_inputs(std::vector<a2a::Message>& history, std::size_t count) {
  for (std::size_t i = history.size(); i > 0 && count > 0; --i) {
    if (history[i - 1].role != a2a::MessageRole::user) continue;
    history.erase(history.begin() + static_cast<std::ptrdiff_t>(i - 1));
    --count;
  }
}
}  // namespace

Run::Run(std::shared_ptr<TaskLog> log, std::uint64_t token, Services& services, a2a::Task task,
         std::uint64_t seq, TaskLog::Resume resume, telemetry::Span& span)
    : log_(std::move(log)),
      token_(token),
      services_(services),
      row_(log_->projected()),
      task_(std::move(task)),
      resumed_(resume.begun),
      span_(span),
      late_(std::move(resume.later)),
      extensions_({}, services.clock.now()) {
  std::size_t shown = late_.size();
  for (auto& [at, message] : log_->take_inputs()) {
    if (at <= resume.begin) {
      // The message that began this turn may be on its way to the store still.
      if (at > seq) task_.history.push_back(std::move(message));
    } else if (at > resume.seq) {
      if (at <= seq) ++shown;
      late_.push_back(std::move(message));
    }
  }
  // What came after it is given by take_messages(), not here.
  drop_last_inputs(task_.history, shown);
  if (!task_.history.empty() && !input().extensions.empty())
    extensions_ = TurnExtensions(input().extensions, services.clock.now());
}

Clock& Run::clock() {
  return services_.clock;
}

telemetry::Tracer& Run::tracer() {
  return *services_.tracer;
}

const a2a::Message& Run::input() const {
  for (auto it = task_.history.rbegin(); it != task_.history.rend(); ++it)
    if (it->role == a2a::MessageRole::user) return *it;
  return task_.history.back();
}

Async<Result<>> Run::emit(Draft draft) {
  auto rows = std::exchange(staged_, {});
  CO_TRY_VOID(log_->append(token_, std::move(draft), std::move(rows)));
  if (log_->pending() >= kMaxPendingEvents) co_return co_await flush();
  auto executor = co_await boost::asio::this_coro::executor;
  TaskLog::commit_soon(log_, executor);
  co_return ok();
}

a2a::TaskStatusUpdateEvent Run::status_event(a2a::TaskState state) {
  a2a::TaskStatusUpdateEvent update;
  update.taskId = task_.id;
  update.contextId = row_.context_id;
  update.status.state = state;
  update.status.timestamp = services_.clock.now();
  return update;
}

Async<Result<Draft>> Run::status_draft(a2a::TaskState state, std::optional<a2a::Message> message,
                                       json::Object metadata) {
  if (message) extensions_.stamp(*message, services_.clock.now());
  if (extensions_.trace()) CO_TRY_VOID(co_await tell_trace(state, message));
  auto update = status_event(state);
  update.status.message = std::move(message);
  update.metadata = std::move(metadata);
  co_return Draft::status(row_.agent, std::move(update));
}

Async<Result<>> Run::status(a2a::TaskState state, std::optional<a2a::Message> message) {
  return status(state, std::move(message), json::Object());
}

Async<Result<>> Run::status(a2a::TaskState state, std::optional<a2a::Message> message,
                            json::Object metadata) {
  CO_TRY(draft, co_await status_draft(state, std::move(message), std::move(metadata)));
  co_return co_await emit(std::move(draft));
}

Async<Result<bool>> Run::complete(std::optional<a2a::Message> message, json::Object metadata) {
  if (!late_.empty()) co_return false;
  CO_TRY(draft,
         co_await status_draft(a2a::TaskState::completed, std::move(message), std::move(metadata)));
  CO_TRY(ended_now, log_->interrupt(token_, {}, std::move(draft), staged_));
  if (!ended_now) co_return false;
  staged_ = {};
  auto executor = co_await boost::asio::this_coro::executor;
  TaskLog::commit_soon(log_, executor);
  co_return true;
}

Result<> Run::set_upstream(std::string upstream) {
  return log_->set_upstream(token_, std::move(upstream));
}

bool Run::ended() const {
  return a2a::is_terminal(log_->projected().state);
}

// The caller awaits at once.
Async<Result<>> Run::tell_trace(a2a::TaskState state, std::optional<a2a::Message>& message) {
  if (!a2a::is_terminal(state) && !a2a::is_interrupted(state)) co_return ok();
  const auto now = services_.clock.now();
  if (message) {
    extensions_.attach_trace(*message, row_, now);
    co_return ok();
  }
  auto trace = extensions_.trace_artifact(row_, now);
  co_return co_await artifact(std::move(trace), false, true);
}

Async<Result<>> Run::artifact(a2a::Artifact artifact, bool append, bool last_chunk) {
  a2a::TaskArtifactUpdateEvent update;
  update.taskId = task_.id;
  update.contextId = row_.context_id;
  if (extensions_.timestamps()) extensions_.stamp(artifact, services_.clock.now());
  update.artifact = std::move(artifact);
  if (append) update.append = true;  // defaults are not written (ProtoJSON)
  if (last_chunk) update.lastChunk = true;
  auto draft = Draft::artifact(row_.agent, std::move(update));
  co_return co_await emit(std::move(draft));
}

Async<Result<>> Run::reply(a2a::Message message) {
  auto update = status_event(a2a::TaskState::completed);
  message.taskId.reset();
  extensions_.stamp(message, update.status.timestamp.value_or(Time()));
  if (extensions_.trace())
    extensions_.attach_trace(message, row_, update.status.timestamp.value_or(Time()));
  update.status.message = std::move(message);
  auto draft = Draft::status(row_.agent, std::move(update));
  draft.bare = true;
  co_return co_await emit(std::move(draft));
}

void Run::stage(const db::Statement& statement, std::vector<db::Value> values) {
  staged_.add(statement, std::move(values));
}

Async<Result<>> Run::record(EventKind kind, std::string payload) {
  if (kind == EventKind::step) extensions_.add_step(payload, services_.clock.now());
  auto draft = Draft::record(kind, row_.agent, std::move(payload));
  co_return co_await emit(std::move(draft));
}

Async<Result<bool>> Run::ask(std::vector<std::string> approvals, db::Batch rows,
                             a2a::Message message) {
  if (!late_.empty()) co_return false;
  db::Batch all = staged_;
  all.add(std::move(rows));
  extensions_.stamp(message, services_.clock.now());
  if (extensions_.trace()) extensions_.attach_trace(message, row_, services_.clock.now());
  auto update = status_event(a2a::TaskState::input_required);
  update.status.message = std::move(message);
  std::vector<Draft> entries;
  for (auto& payload : approvals)
    entries.push_back(Draft::record(EventKind::approval, row_.agent, std::move(payload)));
  auto status = Draft::status(row_.agent, std::move(update));
  CO_TRY(asked, log_->interrupt(token_, std::move(entries), std::move(status), std::move(all)));
  if (!asked) co_return false;
  staged_ = {};
  auto executor = co_await boost::asio::this_coro::executor;
  TaskLog::commit_soon(log_, executor);
  co_return true;
}

Async<Result<>> Run::flush() {
  return TaskLog::durable(log_);
}

std::vector<a2a::Message> Run::take_messages() {
  auto messages = std::exchange(late_, {});
  for (auto& input : log_->take_inputs()) messages.push_back(std::move(input.second));
  return messages;
}

Async<Result<>> Run::sleep(Duration duration) {
  CO_TRY_VOID(co_await flush());
  co_await services_.clock.sleep_for(duration);
  co_return ok();
}

a2a::Message Run::message(std::string text) {
  return make_message(services_, row_, std::move(text));
}

a2a::Message make_message(Services& services, const TaskRow& row, std::string text) {
  a2a::Message message;
  message.messageId = make_uuid_v7(services.clock.now(), services.random).to_string();
  message.contextId = row.context_id;
  message.taskId = row.id.to_string();
  message.role = a2a::MessageRole::agent;
  message.parts.push_back(a2a::text_part(std::move(text)));
  return message;
}

}  // namespace flotilla::core
