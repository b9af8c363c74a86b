#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agents/approvals/approvals.h"
#include "agents/approvals/policy_rules.h"
#include "agents/approvals/wire.h"
#include "core/task_log.h"

namespace flotilla::agents {

/// What settle() finds out about the calls of a step, before anything is written.
struct StepPlan {
  std::vector<CallOutcome> outcomes;                     // in the order of the calls
  std::vector<Approval> pending;                         // stored before
  std::vector<std::pair<Approval, std::int64_t>> added;  // to be asked for, with their part
  std::vector<std::string> grants;  // journal entries about approvals of the session that are used
  [[nodiscard]] bool waits() const { return !pending.empty() || !added.empty(); }
};

/// What was decided of rows of one task, ready to be stored.
struct Decided {
  std::vector<Approval> items;  // as they are afterwards
  Assigned told;                // the same, for the message that wakes the task
};

struct Approvals::Impl {
  Impl(ApprovalServices with, Executor home)
      : services(with), policies(with.resources), loop(home), group(std::move(home)) {}

  ApprovalServices services;
  PolicyBook policies;
  Executor loop;
  std::atomic<bool> started{false};
  TaskGroup group;  // of loop

  // settle.cc
  Async<Result<Settlement>> settle(core::Run& run, std::vector<std::string> named,
                                   std::uint64_t step, bool fresh, std::vector<CallToSettle> calls);
  Async<Result<StepPlan>> plan(core::TaskRow row, const std::vector<std::string>& named,
                               std::uint64_t step, const std::vector<CallToSettle>& calls,
                               const std::vector<Approval>& stored);
  Async<Result<>> plan_call(const core::TaskRow& row, const PolicyRules& rules,
                            const std::vector<std::string>& named, const CallToSettle& call,
                            Approval blank, StepPlan& plan);
  Async<Result<bool>> ask(core::Run& run, const StepPlan& plan);
  Approval blank_item(const core::TaskRow& row, std::uint64_t step, const CallToSettle& call);

  // decide.cc
  Async<Result<Approval>> decide(std::shared_ptr<const Principal> principal, std::string id,
                                 Decision decision);
  Async<Result<core::InputAddition>> admit(core::TaskRow row,
                                           std::shared_ptr<const Principal> principal,
                                           const a2a::Message& message);
  /// Decides items of one task. `before`: see wake_up().
  Async<Result<>> decide_in(core::TaskId task, std::shared_ptr<const Principal> principal,
                            Assigned assigned, std::optional<core::TaskId> before = {});
  /// One attempt under the journal's place `row.seq`; false: it has moved on.
  Async<Result<bool>> store(core::TaskLog::Ptr log, core::TaskRow row,
                            std::shared_ptr<const Principal> principal, Decided decided,
                            std::optional<core::TaskId> before = {});
  /// `wakes`: whoever waits for the task is to be told.
  [[nodiscard]] static core::InputAddition addition(const Principal& principal,
                                                    const Decided& decided, bool wakes);
  [[nodiscard]] Result<Approval> decided_item(const Principal& principal, const core::TaskRow& row,
                                              const Approval& item, const Decision& decision,
                                              bool shared_call) const;
  Async<Result<Decided>> decide_all(std::shared_ptr<const Principal> principal, core::TaskRow row,
                                    const Assigned& assigned);

  // nested.cc
  Async<Result<bool>> wait_for_child(core::Run& run, std::uint64_t step, std::string call_id,
                                     core::TaskId child, std::string agent);
  /// Pending items of tasks that this one waits for, however far below.
  Async<Result<std::vector<Approval>>> pending_below(core::TaskId task);
  /// The tasks that wait for one with this parent, nearest first.
  Async<Result<std::vector<core::TaskId>>> waiters_of(std::optional<core::TaskId> parent);
  /// Wakes the task, and those that wait for it; `before`: up to that one, which wakes by itself.
  Async<Result<>> wake_up(core::TaskId task, std::optional<core::TaskId> before = {});
  Async<Result<std::optional<core::TaskId>>> wake_one(core::TaskId task);
  void wake_later(core::TaskId task);
  Async<> wake_fenced(core::TaskId task);

  // inbox.cc
  Async<Result<std::vector<Approval>>> read(const db::Statement& statement,
                                            std::vector<db::Value> values, std::size_t limit);
  Async<Result<Approval>> get(std::shared_ptr<const Principal> principal, std::string id);
  Async<Result<ApprovalPage>> list(std::shared_ptr<const Principal> principal,
                                   ApprovalFilter filter);
  Async<Result<Approval>> revoke(std::shared_ptr<const Principal> principal, std::string id);
  Async<Result<>> sweep();
  Async<Result<>> expire(core::TaskId task, std::vector<Approval> items);
  Async<> sweep_loop();
  /// The task, whoever asks: what may be done with it is decided here.
  Async<Result<core::TaskLog::Ptr>> find(core::TaskId task);
};

/// A journal entry of kind approval. `action`: requested, approved, rejected, answered, expired,
/// granted (an approval of the session was used), revoked.
std::string entry_of(std::string_view action, const Approval& item, const Principal* by);
/// The server itself: sees everything; decides nothing, as it is no person.
std::shared_ptr<const Principal> server_principal();

}  // namespace flotilla::agents
