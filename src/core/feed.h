#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/event.h"
#include "base/context.h"
#include "base/result.h"
#include "core/event.h"
#include "db/database.h"

namespace flotilla::core {

/// An event as the feed shows it: with its stream and place.
struct FeedEvent {
  std::uint64_t position = 0;
  std::string stream;
  std::uint64_t seq = 0;
  std::string name_space;
  std::string owner;
  Time at;
  std::string kind;
  std::string actor;
  std::string payload;
};

struct FeedPage {
  std::vector<FeedEvent> events;
  std::size_t read = 0;    // rows looked at, seen or not
  std::uint64_t next = 0;  // cursor after this page, past events that the caller may not see
};

/// Every committed event of every stream, by position, as far as the caller may see it.
/// Thread-safe.
class Feed {
 public:
  Feed(db::Database& database, Clock& clock);
  /// Called after each commit that holds events; cheap.
  void notify();
  /// Events after the position.
  Async<Result<FeedPage>> page(std::shared_ptr<const Principal> principal, std::uint64_t after,
                               std::size_t limit);
  /// The newest position.
  Async<Result<std::uint64_t>> head();
  /// Returns when something was committed since `seen` (a value of revision()).
  Async<> wait(std::uint64_t seen);
  [[nodiscard]] std::uint64_t revision() const;

 private:
  struct Leave;
  db::Database& database_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::uint64_t revision_ = 0;
  std::uint64_t next_waiter_ = 0;
  std::map<std::uint64_t, OneShot<bool>::Setter> waiters_;
};

}  // namespace flotilla::core
