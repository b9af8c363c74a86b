#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "async/async.h"
#include "async/clock.h"
#include "base/context.h"
#include "base/result.h"
#include "core/draft.h"
#include "core/task.h"
#include "core/task_log.h"
#include "core/turn_extensions.h"

namespace flotilla::core {

/// One turn of an agent for one task: its input, and the only way to write to its journal. Lives on
/// one loop, as long as Runner::run() does.
///
/// Events are committed together: what a runner emits without waiting in between becomes one batch,
/// written as soon as it waits or returns. A side effect therefore comes after `co_await flush()`.
class Run {
 public:
  Run(std::shared_ptr<TaskLog> log, std::uint64_t token, Services& services, a2a::Task task,
      std::uint64_t seq, TaskLog::Resume resume, telemetry::Span& span);

  [[nodiscard]] const TaskRow& row() const { return row_; }
  /// Snapshot at the start of the run: history up to input(), artifacts, status.
  [[nodiscard]] const a2a::Task& task() const { return task_; }
  /// The message that began this turn.
  [[nodiscard]] const a2a::Message& input() const;
  /// True when an earlier holder began this turn: go on after what task() already shows.
  [[nodiscard]] bool resumed() const { return resumed_; }
  /// The task has ended meanwhile: somebody canceled it.
  [[nodiscard]] bool ended() const;
  [[nodiscard]] Clock& clock();
  /// The turn's span: parent of what the agent does. Its context is what a delegated task, a model
  /// or a tool is told as traceparent.
  [[nodiscard]] telemetry::Span& span() { return span_; }
  [[nodiscard]] telemetry::Tracer& tracer();

  /// Errors of all writers: conflict/LEASE_LOST (another holder has the task, or it ended: return
  /// at once), failed_precondition/ILLEGAL_TRANSITION, storage errors. Wait only while too much is
  /// uncommitted.
  Async<Result<>> status(a2a::TaskState state, std::optional<a2a::Message> message = {});
  /// The same with metadata of the event, which the task keeps too.
  Async<Result<>> status(a2a::TaskState state, std::optional<a2a::Message> message,
                         json::Object metadata);
  /// Completes the task. False, and nothing written, when messages came that take_messages() has
  /// not given: they were accepted, so the turn goes on with them.
  Async<Result<bool>> complete(std::optional<a2a::Message> message, json::Object metadata);
  Async<Result<>> artifact(a2a::Artifact artifact, bool append, bool last_chunk);
  /// Ends the turn with a question to a person: entries of kind approval, rows (and what was
  /// staged) and the status input_required in one step. False, and nothing of it written, when
  /// messages came that take_messages() has not given.
  Async<Result<bool>> ask(std::vector<std::string> approvals, db::Batch rows, a2a::Message message);
  /// Answers the turn with a bare Message: the task completes and A2A never shows it, unless
  /// something of it was shown before (anything emitted, or a wait: it is then seen working).
  Async<Result<>> reply(a2a::Message message);
  /// An entry that A2A does not show: `payload` is a JSON object.
  Async<Result<>> record(EventKind kind, std::string payload);
  /// A row of the agent's own tables that is stored with the next event, or not at all.
  void stage(const db::Statement& statement, std::vector<db::Value> values);
  /// What an agent elsewhere has of the task; in row().upstream of later turns, and after a crash.
  /// Durable with the next commit.
  Result<> set_upstream(std::string upstream);
  /// Waits until the lease and everything emitted are durable.
  Async<Result<>> flush();
  /// Messages that came since the turn began, in order; each is given once.
  std::vector<a2a::Message> take_messages();
  /// Commits, then sleeps.
  Async<Result<>> sleep(Duration duration);

  /// An agent message of this task with one text part and a fresh id.
  a2a::Message message(std::string text);

 private:
  Async<Result<>> emit(Draft draft);
  a2a::TaskStatusUpdateEvent status_event(a2a::TaskState state);
  Async<Result<Draft>> status_draft(a2a::TaskState state, std::optional<a2a::Message> message,
                                    json::Object metadata);
  /// The trace of the turn, where it was asked for: with its last message, else as an artifact.
  Async<Result<>> tell_trace(a2a::TaskState state, std::optional<a2a::Message>& message);

  std::shared_ptr<TaskLog> log_;  // shared with waiters and subscriptions of requests
  std::uint64_t token_;
  Services& services_;
  TaskRow row_;
  a2a::Task task_;
  bool resumed_;
  telemetry::Span& span_;           // of the scheduler, which outlives the run
  std::vector<a2a::Message> late_;  // came in this turn before an earlier holder was gone
  db::Batch staged_;
  TurnExtensions extensions_;
};

/// An agent message of the task with one text part and a fresh id.
a2a::Message make_message(Services& services, const TaskRow& row, std::string text);

/// An agent, as core sees it. Thread-safe: many runs at once, on any loop.
class Runner {
 public:
  virtual ~Runner() = default;
  /// Returns when the turn ends; the task should then be terminal or interrupted, else core
  /// completes it. An error (or exception) fails the task with its message; LEASE_LOST and
  /// cancellation write nothing. Called again, with resumed(), after a crash.
  virtual Async<Result<>> run(Run& run) = 0;
};

}  // namespace flotilla::core
