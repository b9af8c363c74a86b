#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/approvals/approval.h"
#include "async/async.h"
#include "async/clock.h"
#include "async/loops.h"
#include "async/task_group.h"
#include "base/context.h"
#include "base/result.h"
#include "core/input_gate.h"
#include "core/resources.h"
#include "core/runner.h"
#include "core/tasks.h"
#include "db/database.h"
#include "llm/types.h"

namespace flotilla::agents {

/// A call that the model asked for, as the loop hands it over to be settled.
struct CallToSettle {
  CallToSettle() = default;  // so that it may stand beside co_await
  std::string id;            // llm::ToolCall::id; no two alike in a step
  std::string tool;          // as the model sees it
  json::Object arguments;    // parsed, and checked against the tool's schema
  /// Said by the agent itself (requireApproval of its tool); Policies are looked up here.
  bool require_approval = false;
  /// A call of ask_user: a question for the task's owner instead of an approval.
  bool ask_user = false;
};

/// What becomes of one call, in the order of the calls.
struct CallOutcome {
  enum class Action : std::uint8_t {
    wait,    // a person has to decide; only when Settlement::waits
    run,     // call the tool, with `arguments`
    answer,  // do not call it: `text` is the tool's result for the model
  };
  Action action = Action::wait;
  json::Object arguments;  // of run: the model's, or as the approver edited them
  bool edited = false;     // check them against the tool's schema again
  std::string text;        // of answer
  bool is_error = false;   // of answer: refused, out of time, or not to be understood
  std::string approval;    // ids that allowed it, for the step's entry; may be empty
};

struct Settlement {
  /// Nothing of the step may run now: the task is input-required. The loop returns ok() at once;
  /// the decision begins the next turn.
  bool waits = false;
  std::vector<CallOutcome> calls;
  /// Callers' messages that came meanwhile, taken off the run: for the model's next call.
  std::vector<a2a::Message> messages;
};

struct ApprovalServices {
  db::Database& database;
  Clock& clock;
  Random& random;
  core::Tasks& tasks;
  core::Resources* resources = nullptr;  // Policies; null: there are none
};

/// Decisions of people over what agents are about to do (invariant I8), and their answers to
/// questions of agents: one inbox.
///
/// **Between loop and approvals**
/// 1. The model's answer with its calls is journaled as step n. For the calls that are neither
///    started nor answered the loop calls `settle(run, policies, n, fresh, calls)`; `fresh` is true
///    only when the model's answer came in this very turn, so that calls which no rule concerns
///    cost no look at the store.
/// 2. `waits`: rows, journal entries and the input-required message are one batch; nothing of the
///    step may be started. The loop returns ok(). (A child task that waits: see wait_for_child().)
/// 3. Else each call has an outcome: `run` with these arguments and no others, or `answer` with
///    this text. A loop that is told `run` journals its intent first, as ever.
/// 4. Any message begins the next turn, whatever it says: with the step still open the loop calls
///    settle() again, with the same calls and fresh = false. It gets the outcomes, or waits again.
///    Texts of messages never count as approval: what people say meanwhile is for the model's
///    next call (Run::take_messages() and input(); is_decision() tells messages that only decide,
///    which the model must not see).
/// 5. Tool calls on behalf of a run go out under a principal of kind `agent`: such a one decides
///    nothing, so that no model approves its own calls through a tool.
///
/// What binds: a row names task, step, call, tool and a hash of the arguments; settle() answers
/// `run` only if the same call with the same arguments was approved by one who may, and with edited
/// arguments only with those that this person wrote. Fork and retry have other task ids: nothing
/// carries over.
///
/// Thread-safe. Rows of a task change together with its journal only (core/input_gate.h), so two
/// decisions never both count. start() once loops run; stop() before core's scheduler.
class Approvals final : public core::InputGate {
 public:
  Approvals(ApprovalServices services, Executor loop);
  ~Approvals() override;

  // For the loop.
  /// Errors: storage, LEASE_LOST; failed_precondition when a Policy that the agent names is not
  /// there or a rule cannot be understood: then nothing may be called.
  Async<Result<Settlement>> settle(core::Run& run, std::vector<std::string> policies,
                                   std::uint64_t step, bool fresh, std::vector<CallToSettle> calls);
  /// A delegated task of this run is interrupted: shows what it waits for as this task's own and
  /// makes this task input-required. Decisions may come to either; they are the child's, and wake
  /// this task, too, once the child goes on. True: return ok(). False: look at the child again.
  Async<Result<bool>> wait_for_child(core::Run& run, std::uint64_t step, std::string call_id,
                                     core::TaskId child, std::string agent);

  // For people, by all ways.
  /// What the principal may see: of tasks that it sees, and what it may decide.
  Async<Result<ApprovalPage>> list(std::shared_ptr<const Principal> principal,
                                   ApprovalFilter filter);
  Async<Result<Approval>> get(std::shared_ptr<const Principal> principal, std::string id);
  /// not_found (unknown or foreign), permission_denied (sees it, may not decide it), conflict
  /// (decided before; another argumentsHash), failed_precondition (too late: expired, the task has
  /// ended), invalid_argument (what the decision says does not fit).
  Async<Result<Approval>> decide(std::shared_ptr<const Principal> principal, std::string id,
                                 Decision decision);
  /// Ends an approval for the session: later calls ask again.
  Async<Result<Approval>> revoke(std::shared_ptr<const Principal> principal, std::string id);

  // core::InputGate: decisions on the wire of A2A (wire.h).
  [[nodiscard]] bool concerns(const core::TaskRow& row, const a2a::Message& message) const override;
  Async<Result<core::InputAddition>> admit(const core::TaskRow& row,
                                           std::shared_ptr<const Principal> principal,
                                           const a2a::Message& message) override;
  void admitted(const core::TaskRow& row) override;
  db::Batch at_cancel(const core::TaskRow& row) override;

  /// Expires what is due, wakes parents that a crash left asleep, closes what belongs to ended
  /// tasks; start() does so again and again.
  Async<Result<>> sweep();
  void start();
  Async<> stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The tool that asks the task's owner, as models see it (kagent.md 4.7).
inline constexpr std::string_view kAskUser = "ask_user";
llm::Tool ask_user_tool();

/// Whether the message is nothing but a decision: no model needs to read it.
bool is_decision(const a2a::Message& message);

}  // namespace flotilla::agents
