#include <boost/asio/post.hpp>

#include "agents/approvals/approval_sql.h"
#include "agents/approvals/approvals_internal.h"
#include "agents/approvals/limits.h"
#include "base/log.h"

namespace flotilla::agents {

namespace {

constexpr Log kLog("approvals");
constexpr int kMaxAttempts = 8;

/// Says nothing to a model, and wakes the task.
a2a::Message wake_message(Clock& clock, Random& random) {
  a2a::Message message;
  message.messageId = make_uuid_v7(clock.now(), random).to_string();
  message.role = a2a::MessageRole::user;
  message.parts.push_back(a2a::text_part("The agent that has the work goes on."));
  json::Object payload;
  payload.set("type", "delegated_task_resumed");
  message.metadata.set(std::string(kHitlExtension), std::move(payload));
  message.extensions.emplace_back(kHitlExtension);
  return message;
}

}  // namespace

Async<Result<std::vector<core::TaskId>>> Approvals::Impl::waiters_of(
    std::optional<core::TaskId> parent) {
  std::vector<core::TaskId> above;
  while (parent && above.size() < kMaxDelegation) {
    above.push_back(*parent);
    auto log = co_await find(*parent);
    if (!log && log.error().code() == Code::not_found) break;
    if (!log) co_return fail(log.error());
    parent = (*log)->committed().parent;
  }
  co_return above;
}

Async<Result<std::vector<Approval>>> Approvals::Impl::pending_below(core::TaskId task) {
  std::vector<db::Value> of_waiter{task.to_string()};
  co_return co_await read(sql::kSelectPendingBelow, std::move(of_waiter), kMaxCallsAtOnce);
}

Async<Result<bool>> Approvals::Impl::wait_for_child(core::Run& run, std::uint64_t /*step*/,
                                                    std::string call_id, core::TaskId child,
                                                    std::string agent) {
  CO_TRY(log, co_await find(child));
  CO_TRY_VOID(co_await core::TaskLog::durable(log));
  const auto row = log->committed();
  if (!a2a::is_interrupted(row.state)) co_return false;
  std::vector<db::Value> of_task{child.to_string()};
  CO_TRY(items, co_await read(sql::kSelectPendingOf, std::move(of_task), kMaxCallsAtOnce));
  CO_TRY(below, co_await pending_below(child));
  for (auto& item : below) items.push_back(std::move(item));
  auto message = run.message("");
  NestedIn nested{agent, child.to_string(), row.context_id, call_id};
  if (!items.empty()) {
    put_request(message, items, nested);
  } else if (row.status_message) {
    CO_TRY(asked, json::from_text<a2a::Message>(*row.status_message));
    message.parts = std::move(asked.parts);
  }
  std::vector<std::string> entries;  // the child's journal has them
  db::Batch rows;
  CO_TRY(asked, co_await run.ask(std::move(entries), std::move(rows), std::move(message)));
  if (!asked) co_return false;
  CO_TRY_VOID(co_await run.flush());
  // What was decided before this task slept did not wake it.
  if (!a2a::is_interrupted(log->committed().state)) CO_TRY_VOID(co_await wake_up(run.row().id));
  co_return true;
}

/// The task that waits for this one.
Async<Result<std::optional<core::TaskId>>> Approvals::Impl::wake_one(core::TaskId task) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CO_TRY(log, co_await find(task));
    CO_TRY_VOID(co_await core::TaskLog::durable(log));
    const auto row = log->committed();
    core::InputAddition added;
    added.rows.add(sql::kAwake, {task.to_string()});
    if (!a2a::is_interrupted(row.state)) {
      // One that works looks itself; the sweep asks again, should it fall asleep meanwhile.
      if (a2a::is_terminal(row.state))
        CO_TRY_VOID(co_await services.database.write(std::move(added.rows)));
      co_return row.parent;
    }
    std::optional<a2a::Message> message = wake_message(services.clock, services.random);
    CO_TRY(stored, co_await services.tasks.add_decided(log, server_principal(), row.seq,
                                                       std::move(added), std::move(message)));
    if (stored) co_return row.parent;
  }
  co_return fail(Error(Code::unavailable, "the task changes too quickly; try again"));
}

Async<Result<>> Approvals::Impl::wake_up(core::TaskId task, std::optional<core::TaskId> before) {
  for (std::size_t depth = 0; depth < kMaxDelegation && task != before; ++depth) {
    CO_TRY(next, co_await wake_one(task));
    if (!next) break;
    task = *next;
  }
  co_return ok();
}

void Approvals::Impl::wake_later(core::TaskId task) {
  if (!started) return;
  boost::asio::post(loop, [this, task] {
    if (started) group.spawn(wake_fenced(task));
  });
}

Async<> Approvals::Impl::wake_fenced(core::TaskId task) {
  auto woken = co_await wake_up(task);
  if (!woken)
    kLog.warn("a waiting task is woken later",
              {{"task", task.to_string()}, {"why", woken.error().message()}});
}

}  // namespace flotilla::agents
