#include "core/scheduler.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "async/spawn.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/runner.h"
#include "core/state_machine.h"
#include "core/task_sql.h"
#include "telemetry/genai.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("scheduler");

/// Whether the store may answer better later.
bool may_pass(const Error& error) {
  return error.code() != Code::internal && error.code() != Code::data_loss &&
         error.code() != Code::invalid_argument;
}

/// What may be said of an agent's failure: an internal one is for the log only.
std::string shown(const Error& error, const TaskRow& row) {
  if (error.code() != Code::internal && error.code() != Code::data_loss) return error.message();
  kLog.error("an agent failed", {{"task", row.id.to_string()}, {"why", error.message()}});
  return "the agent failed unexpectedly";
}

}  // namespace

struct Scheduler::Handle {
  TaskLog::Ptr log;  // shared with the readers of the task
  std::shared_ptr<Runner> runner;
  std::uint64_t token = 0;
  bool adopted = false;
  // On the lane's loop only.
  TaskGroup::Child child = 0;
  bool cancelled = false;
};

Scheduler::Scheduler(Services& services, AgentRegistry& agents, Loops& loops)
    : services_(services), agents_(agents) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    lanes_.push_back(std::make_unique<Lane>(loops.executor(i)));
}

Scheduler::~Scheduler() = default;

Scheduler::Lane& Scheduler::lane(const Executor& loop) {
  for (auto& lane : lanes_)
    if (lane->executor == loop) return *lane;
  return *lanes_.front();
}

bool Scheduler::has_room() const {
  return runs_.load() < kMaxRuns && !stopping_.load();
}

void Scheduler::start_run(const Executor& here, TaskLog::Ptr log, std::shared_ptr<Runner> runner) {
  if (has_room()) begin(lane(here), here, std::move(log), std::move(runner), std::nullopt);
}

bool Scheduler::begin(Lane& home, const Executor& here, TaskLog::Ptr log,
                      std::shared_ptr<Runner> runner, std::optional<std::uint64_t> freed) {
  auto handle = std::make_shared<Handle>();  // shared by the turn and who cancels it
  // Weak: the log keeps this function, and the handle keeps the log.
  auto cancel = [&home, weak = std::weak_ptr(handle)] {
    boost::asio::post(home.executor, [&home, weak] {
      auto turn = weak.lock();
      if (!turn) return;
      turn->cancelled = true;
      if (turn->child != 0) home.runs.cancel(turn->child);
    });
  };
  auto token = log->begin_turn(std::move(cancel), freed);
  if (!token) return false;
  handle->log = std::move(log);
  handle->runner = std::move(runner);
  handle->token = *token;
  handle->adopted = freed.has_value();
  ++runs_;
  services_.metrics.runs_active.add(1);
  if (home.executor == here)
    launch(home, handle);
  else
    boost::asio::post(home.executor, [this, &home, handle] { launch(home, handle); });
  return true;
}

void Scheduler::launch(Lane& home, const std::shared_ptr<Handle>& handle) {
  if (stopping_) {  // the lane begins nothing any more
    handle->log->release_lease(handle->token);
    std::ignore = let_go(*handle);
    return;
  }
  auto turn_of = turn(handle);
  handle->child = home.runs.spawn(std::move(turn_of));
  if (handle->cancelled) home.runs.cancel(handle->child);
}

Async<> Scheduler::turn(std::shared_ptr<Handle> handle) {
  auto here = co_await boost::asio::this_coro::executor;
  TaskLog::commit_soon(handle->log, here);
  telemetry::Span span;
  auto outcome = co_await carry_out(handle, span);
  // From here on nothing waits: the coroutine may be cancelled already.
  conclude(*handle->log, handle->token, outcome);
  end_span(span, *handle->log, outcome);
  if (let_go(*handle) && !stopping_) {
    Lane& home = lane(here);
    begin(home, here, handle->log, handle->runner, std::nullopt);
  }
}

Async<Scheduler::Outcome> Scheduler::carry_out(std::shared_ptr<Handle> handle,
                                               telemetry::Span& span) {
  Outcome outcome;
  bool aborted = false;
  std::string what;
  try {
    auto run = co_await prepare(handle, span);
    if (run) {
      outcome.result = co_await handle->runner->run(**run);
    } else {
      outcome.gave_up = may_pass(run.error());
      outcome.result = fail(run.error());
    }
  } catch (const boost::system::system_error& e) {
    aborted = e.code() == boost::asio::error::operation_aborted;
    what = e.what();
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "an unknown exception";
  }
  if (what.empty()) co_return outcome;
  auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  outcome.gave_up = aborted && cancellation.cancelled() != boost::asio::cancellation_type::none;
  if (!outcome.gave_up) outcome.result = fail(Error(Code::internal, std::move(what)));
  co_return outcome;
}

Async<Result<std::unique_ptr<Run>>> Scheduler::prepare(std::shared_ptr<Handle> handle,
                                                       telemetry::Span& span) {
  const auto log = handle->log;
  auto resume = log->turn_start();
  // A later turn sees what the ones before it did, and acts only under a lease that is stored.
  if (log->stored()) CO_TRY_VOID(co_await TaskLog::durable(log));
  if (handle->adopted) {
    CO_TRY(point, co_await TaskLog::resume_point(log, handle->token));
    resume = std::move(point);
  }
  CO_TRY(loaded, co_await TaskLog::load(log));
  CO_TRY(begun, co_await begin_span(log));
  span = std::move(begun);
  if (resume.begun) {
    services_.metrics.runs_resumed.add();
    span.set("flotilla.resumed", true);
  }
  co_return std::make_unique<Run>(log, handle->token, services_, std::move(loaded.first),
                                  loaded.second, std::move(resume), span);
}

Async<Result<telemetry::Span>> Scheduler::begin_span(TaskLog::Ptr log) {
  const auto row = log->projected();
  auto asked = log->traceparent();
  auto& tracer = *services_.tracer;
  if (!asked && tracer.enabled()) {
    std::vector<db::Value> first{sql::stream_of(row.id)};
    CO_TRY(rows, co_await services_.database.read(sql::kSelectTrace, first, 1));
    if (!rows.empty()) asked = db::optional_text_at(rows.front(), 0);
  }
  const auto parent =
      telemetry::parse_traceparent(asked.value_or("")).value_or(telemetry::SpanContext{});
  if (!tracer.enabled()) co_return tracer.start("", telemetry::SpanKind::internal, parent);
  const auto agent = agents_.find(row.name_space, row.agent);
  const bool elsewhere = agent && agent->type == "remote";
  const std::string id = row.id.to_string();
  const telemetry::AgentSpan about{row.name_space, row.agent, id, row.context_id};
  // All turns of a task are in one trace, whoever asked for it.
  co_return telemetry::start_agent_span(
      tracer, elsewhere ? telemetry::SpanKind::client : telemetry::SpanKind::internal, parent,
      &row.id.uuid.bytes, about);
}

void Scheduler::end_span(telemetry::Span& span, const TaskLog& log, const Outcome& outcome) const {
  if (!span.recording()) return;
  span.set("a2a.task.state", std::string(a2a::wire_name(log.projected().state)));
  if (outcome.gave_up)
    span.set("flotilla.handed_over", true);
  else if (!outcome.result)
    span.fail(outcome.result.error());
  span.end();
}

void Scheduler::conclude(TaskLog& log, std::uint64_t token, const Outcome& outcome) {
  if (!log.works_under(token)) return;
  const auto& result = outcome.result;
  if (outcome.gave_up || (!result && result.error().reason() == reason::kLeaseLost)) {
    log.release_lease(token);
    return;
  }
  const auto row = log.projected();
  a2a::TaskStatusUpdateEvent update;
  update.taskId = row.id.to_string();
  update.contextId = row.context_id;
  update.status.timestamp = services_.clock.now();
  update.status.state = a2a::TaskState::completed;
  if (!result) {
    update.status.state = a2a::TaskState::failed;
    update.status.message = make_message(services_, row, shown(result.error(), row));
  }
  std::ignore = log.append(token, Draft::status(row.agent, std::move(update)));  // lost: over
}

/// True when the task wants another turn at once.
bool Scheduler::let_go(const Handle& handle) {
  auto& log = *handle.log;
  const bool again = log.end_turn();
  TaskLog::commit(handle.log);
  if (log.broken() && log.stored()) services_.orphans.add(log.committed().id, handle.token);
  --runs_;
  services_.metrics.runs_active.add(-1);
  return again;
}

Async<> Scheduler::stop() {
  stopping_ = true;
  for (auto& lane : lanes_) {
    auto joined = join_lane(*lane);
    co_await run_on(lane->executor, std::move(joined));
  }
  // Writes are carried out in order: each empty one comes back after those before it.
  while (services_.commits > 0) {
    auto passed = co_await services_.database.write({});
    std::ignore = passed;  // failed or not, it was its turn
  }
}

Async<> Scheduler::join_lane(Lane& lane) {
  lane.runs.cancel();
  co_await lane.runs.join();
}

}  // namespace flotilla::core
