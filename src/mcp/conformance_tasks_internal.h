#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "json/value.h"

namespace flotilla::mcp {

/// Tasks of the conformance tools. Nothing runs: what a task is follows from the time and from what
/// was answered and cancelled. Thread-safe.
class ConformanceTasks {
 public:
  ConformanceTasks(Clock& clock, Random& random) : clock_(clock), random_(random) {}

  struct Plan {
    Duration work{};
    /// Asked first, all at once: key, message.
    std::vector<std::pair<std::string, std::string>> questions;
    json::Object result;                // a tool result
    std::optional<json::Object> error;  // a JSON-RPC error instead
  };
  /// The fields of a CreateTaskResult.
  json::Object create(Plan plan);
  Result<json::Object> get(const std::string& id);
  Result<> update(const std::string& id, const json::Object& responses);
  Result<> cancel(const std::string& id);

 private:
  struct Task {
    Plan plan;
    Time created;
    Time changed;
    std::optional<SteadyTime> done;  // when the work ends; none while it waits for answers
    bool cancelled = false;
  };
  [[nodiscard]] std::string status(const Task& task) const;
  [[nodiscard]] json::Object fields(const std::string& id, const Task& task) const;
  Result<Task*> find(const std::string& id);

  Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<std::string, Task> tasks_;
};

}  // namespace flotilla::mcp
