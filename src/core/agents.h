#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
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
  bool resource = false;   // an Agent resource; else the server's own
  Time created_at;
  std::string uid;
  std::shared_ptr<Runner> runner;  // shared with runs that outlast a re-registration
};

/// All agents of a moment, by namespace and name.
class AgentList {
 public:
  using Ptr = std::shared_ptr<const AgentInfo>;
  using Agents = std::shared_ptr<const std::vector<Ptr>>;
  explicit AgentList(Agents agents) : agents_(std::move(agents)) {}
  [[nodiscard]] auto begin() const { return agents_->begin(); }
  [[nodiscard]] auto end() const { return agents_->end(); }
  [[nodiscard]] std::size_t size() const { return agents_->size(); }

 private:
  Agents agents_;  // shared with whoever else asked before the next change
};

/// All agents of this process. Thread-safe; entries are swapped, never changed. A change costs the
/// logarithm of their number, a list after it their number once, further lists nothing.
class AgentRegistry {
 public:
  using Ptr = AgentList::Ptr;
  void put(AgentInfo info);
  /// Only if it is still the one with this uid; whether it was.
  bool remove(std::string_view name_space, std::string_view name, std::string_view uid);
  [[nodiscard]] Ptr find(std::string_view name_space, std::string_view name) const;
  [[nodiscard]] AgentList list() const;

 private:
  using Place = std::pair<std::string_view, std::string_view>;  // of the entry's own strings
  mutable std::shared_mutex mutex_;
  std::map<Place, Ptr> agents_;
  mutable AgentList::Agents listed_;  // null: changed since
};

}  // namespace flotilla::core
