#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/usage.h"

namespace flotilla {
class Clock;
}

namespace flotilla::core {

struct Metrics;

/// What counts against one cap, as this process knows it. Guarded by the ledger's mutex, but for
/// `name` and `of_agent`, which never change.
struct UsageMeter {
  std::string name;       // for messages
  bool of_agent = false;  // of a day: one agent's, else its namespace's
  SpendCap cap;
  Spending used;
  Spending held;
  std::optional<SteadyTime> read_at;  // from the store
};
using MeterPtr = std::shared_ptr<UsageMeter>;  // shared between the runs that it binds

/// All meters in use. Thread-safe; its critical sections never wait.
struct UsageLedger {
  UsageLedger(db::Database& on, Clock& at, Metrics& told)
      : database(on), clock(at), metrics(told) {}

  /// The meter of a task: of its run, shared with those that it delegates to.
  MeterPtr task_meter(const std::string& task);
  /// The meters of today that bind, made when missing.
  std::vector<MeterPtr> day_meters(const std::string& name_space, const std::string& agent,
                                   const SpendCap& agent_day, std::int64_t day);
  /// Rows of a call by minute and day; the day's meters in use count it at once.
  void add_call(db::Batch& rows, Time now, const std::string& name_space, const std::string& agent,
                const std::string& owner, const ModelCharge& charge, const Spending& spent);
  void forget_other_days(std::int64_t today);  // under the mutex

  db::Database& database;
  Clock& clock;
  Metrics& metrics;
  std::mutex mutex;
  std::unordered_map<std::string, std::weak_ptr<UsageMeter>> tasks;
  std::map<std::string, std::map<std::string, SpendCap>> policies;  // namespace, policy
  std::int64_t day = 0;                                             // that `days` is of
  std::map<std::string, MeterPtr> days;  // "agent" or "" below its namespace
};

/// A task in the chain from a run's own up to the one that nobody delegated.
struct UsageLink {
  std::string task;
  std::string name_space;
  std::string owner;
  MeterPtr meter;
};

struct UsageAccountState {
  std::shared_ptr<UsageLedger> ledger;
  std::string name_space;
  std::string agent;
  std::string owner;
  UsageBudget budget;
  std::vector<UsageLink> chain;  // itself first

  [[nodiscard]] std::vector<MeterPtr> binding(std::int64_t today) const;
  Async<Result<>> refresh(std::int64_t today);
  Usd settle(Run& run, const ModelCharge& charge);
  void count(db::Batch& rows, const ModelCharge& charge, const Spending& spent);
};

struct ReservationState {
  std::shared_ptr<UsageAccountState> account;  // outlives an account that is dropped first
  std::vector<MeterPtr> meters;                // where `held` is held
  Spending held;
  std::optional<std::int64_t> max_output_tokens;
  void give_back();
};

}  // namespace flotilla::core
