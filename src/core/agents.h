#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/runner.h"

namespace flotilla::core {

/// What core and gateway know about an addressable agent. Immutable once registered.
struct AgentInfo {
  std::string name_space;
  std::string name;
  std::string type;                   // builtin, declarative, remote, byo, worker, reported
  std::string summary;                // one sentence
  std::string card;                   // 1.0 agent card as JSON text, without interfaces
  std::vector<std::string> keywords;  // words that open a request for it, lower case, for handover
  /// Whether it understands this text though no keyword says so; may be empty. Thread-safe.
  std::function<bool(std::string_view text)> claims;
  std::vector<std::string> input_modes;
  /// Topics of its namespace: each event becomes a task of this agent (messaging_courier.h).
  std::vector<std::string> subscriptions;
  /// URIs that its card declares, and those that it requires of callers; put() fills them in.
  std::vector<std::string> extensions;
  std::vector<std::string> required_extensions;
  bool may_reply_message = false;
  bool streaming = true;   // as its card says; without it streams are refused
  bool hands_over = true;  // the front desk: gives requests to others
  Time created_at;
  std::string uid;
  std::shared_ptr<Runner> runner;  // shared with runs that outlast a re-registration
};

/// All agents of this process. Thread-safe; entries are swapped, never changed.
class AgentRegistry {
 public:
  using Ptr = std::shared_ptr<const AgentInfo>;
  void put(AgentInfo info);
  [[nodiscard]] Ptr find(std::string_view name_space, std::string_view name) const;
  /// By namespace and name.
  [[nodiscard]] std::vector<Ptr> list() const;

 private:
  mutable std::shared_mutex mutex_;
  std::vector<Ptr> agents_;  // sorted
};

}  // namespace flotilla::core
