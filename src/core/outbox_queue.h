#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/event.h"

namespace flotilla::core {

/// Names one webhook.
struct PushKey {
  TaskId task;
  std::string id;
  auto operator<=>(const PushKey&) const = default;
};

/// Webhooks that wait for a worker, by their peer (scheme, host, port): the peers take turns, so
/// that one with many webhooks does not hold up the others. Bounded. One loop.
class OutboxQueue {
 public:
  struct Entry {
    std::string peer;
    PushKey key;
  };
  explicit OutboxQueue(std::size_t limit) : limit_(limit) {}

  /// Nothing when it waits already. False when it, or another in its place, had to be left out: the
  /// last one of the peer with the most.
  bool push(const std::string& peer, PushKey key);
  /// The next one whose peer `may`.
  std::optional<Entry> take(const std::function<bool(const std::string& peer)>& may);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  void drop_from_longest();

  std::size_t limit_;
  std::map<std::string, std::deque<PushKey>> peers_;  // without empty ones
  std::deque<std::string> turns_;                     // each of those once
  std::set<PushKey> known_;
};

}  // namespace flotilla::core
