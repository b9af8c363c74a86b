#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "db/database.h"

namespace flotilla::core {

/// A reader of topics that is remembered: its patterns, and the position up to which it has
/// acknowledged.
struct TopicSubscription {
  std::string name_space;
  std::string owner;
  std::string name;
  std::vector<std::string> patterns;
  std::uint64_t position = 0;
  Time created_at;
  Time acked_at;
};

struct TopicSubscriptionPage {
  std::vector<TopicSubscription> items;  // by name
  bool more = false;
};

/// The durable subscriptions, each its owner's alone: another's is not found. Thread-safe.
class TopicSubscriptions {
 public:
  TopicSubscriptions(db::Database& database, Clock& clock);

  enum class Others : std::uint8_t { conflict, replace };
  /// The one of this name, made when it is missing with the position given. resource_exhausted when
  /// the owner has too many (the platform, whose owner is empty, never has). Other patterns than
  /// wanted are a conflict, or replaced at the position where it stands. Checks nothing else.
  Async<Result<TopicSubscription>> open(TopicSubscription wanted, Others others = Others::conflict);
  Async<Result<TopicSubscription>> get(std::string name_space, std::string owner, std::string name);
  /// After the name given.
  Async<Result<TopicSubscriptionPage>> list(std::string name_space, std::string owner,
                                            std::string after, std::size_t limit);
  /// Moves it forward; a position before its own changes nothing.
  Async<Result<>> acknowledge(std::string name_space, std::string owner, std::string name,
                              std::uint64_t position);
  Async<Result<>> remove(std::string name_space, std::string owner, std::string name);

 private:
  db::Database& database_;
  Clock& clock_;
};

}  // namespace flotilla::core
