#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/task_group.h"
#include "base/context.h"
#include "base/result.h"
#include "core/task.h"
#include "core/usage_types.h"
#include "db/database.h"

namespace flotilla {
class Clock;
}

namespace flotilla::core {

class Reservation;
class Run;
struct ReservationState;
struct UsageAccountState;
struct UsageLedger;
struct Metrics;

/// What tasks cost: counts of each model call by agent, model, owner and minute, and budgets that
/// are checked before a call. Thread-safe.
///
/// The truth is in the store: a call's rows go into the batch of the step that tells its result.
/// What is held for calls under way is in memory only, so a crash gives it back. Another process's
/// spending is seen at the latest after kUsageRefresh.
class Usage {
 public:
  class Account;

  /// All outlive it.
  Usage(db::Database& database, Clock& clock, Metrics& metrics);
  ~Usage();
  Usage(const Usage&) = delete;
  Usage& operator=(const Usage&) = delete;

  /// The account of one turn; a delegated task's calls count in the budgets of all tasks above it
  /// too. Reads the store only where a budget may bind (its own, its namespace's, a parent's).
  Async<Result<std::unique_ptr<Account>>> open(TaskRow task, UsageBudget budget);

  /// The budget of a day that a Policy gives its namespace; nullopt: none any more. Of several
  /// policies each binds.
  void set_namespace_budget(const std::string& name_space, const std::string& policy,
                            std::optional<SpendCap> day);

  /// Rows of a call that belongs to no task's budget (an embedding for an MCP tool), to be written
  /// with what it was made for.
  void charge(db::Batch& batch, const std::string& name_space, const std::string& agent,
              const std::string& owner, const ModelCharge& charge);

  /// Sums that the caller may see, oldest first.
  Async<Result<std::vector<UsageSum>>> sums(std::shared_ptr<const Principal> principal,
                                            UsageQuery query);
  /// What a task cost, with all that it delegated; zero when nothing was counted.
  Async<Result<Spending>> of_task(TaskId task);
  /// Deletes minutes older than kUsageMinutesKept and days older than kUsageDaysKept.
  Async<Result<>> prune();
  /// prune() now and then, on this loop, until stop().
  void start(Executor loop);
  Async<> stop();

 private:
  Async<> prune_loop();
  static Async<Result<>> read_chain(std::shared_ptr<UsageAccountState> state,
                                    std::optional<TaskId> parent);
  std::shared_ptr<UsageLedger> ledger_;  // shared with accounts that end later
  std::unique_ptr<TaskGroup> background_;
};

/// One turn's access to its budgets. Lives beside the Run, on its loop; dropped with it.
class Usage::Account {
 public:
  explicit Account(std::shared_ptr<UsageAccountState> state);
  ~Account();

  /// Holds what the next call may cost: its input by estimate, its output up to the grant's
  /// maxOutputTokens. Where others hold what is left, waits until `deadline` at the longest.
  /// resource_exhausted/BUDGET_EXCEEDED names the budget; failed_precondition when a money budget
  /// binds and the price is unknown.
  Async<Result<Reservation>> reserve(ModelAsk ask, SteadyTime deadline);
  /// Counts a call that was made without asking, as Reservation::settle: embeddings, whose input is
  /// small.
  Usd charge(Run& run, const ModelCharge& charge);
  /// What this task has spent, with its delegated ones, as far as this process knows.
  [[nodiscard]] Spending spent() const;

 private:
  std::shared_ptr<UsageAccountState> state_;  // shared with reservations, which may outlive it
};

/// What is held for one call. Settled once after it, or given back when dropped (the call was not
/// made).
class Reservation {
 public:
  explicit Reservation(std::unique_ptr<ReservationState> state);
  Reservation(Reservation&&) noexcept;
  Reservation& operator=(Reservation&&) noexcept;
  ~Reservation();

  /// Cap for Request::maxOutputTokens; nullopt where no budget binds and none was asked for.
  [[nodiscard]] std::optional<std::int64_t> max_output_tokens() const;
  /// Counts the call, failed or not, and stages its rows: they are stored with the run's next
  /// event. Returns its cost.
  Usd settle(Run& run, const ModelCharge& charge);

 private:
  std::unique_ptr<ReservationState> state_;
};

}  // namespace flotilla::core
