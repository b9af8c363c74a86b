#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/event.h"
#include "base/result.h"

namespace flotilla::http {

/// Textual addresses in the order in which they should be tried; never empty.
using Addresses = std::vector<std::string>;
/// Blocking, called on a thread of the pool.
using Lookup = std::function<Result<Addresses>(const std::string& host)>;

/// getaddrinfo(3); every failure is unavailable and names the host.
Result<Addresses> system_lookup(const std::string& host);

/// Names to addresses with a small cache, for one loop. Concurrent questions for one name make one
/// lookup; failures are remembered for a second, so that a burst does not queue behind a dead
/// server. Outlives the coroutines that use it.
class Resolver {
 public:
  static constexpr Duration kTtl = std::chrono::seconds(30);
  static constexpr Duration kFailureTtl = std::chrono::seconds(1);
  static constexpr std::size_t kEntries = 1024;

  Resolver(Executor executor, BlockingPool& pool, Clock& clock, Lookup lookup = system_lookup);
  /// The answer when no wait is needed: a numeric address or a fresh cache entry.
  [[nodiscard]] std::optional<Result<Addresses>> try_resolve(const std::string& host);
  Async<Result<Addresses>> resolve(std::string host);

 private:
  struct Entry {
    std::optional<Result<Addresses>> answer;
    SteadyTime expires;
    std::shared_ptr<Notifier> waiters;  // set while a lookup runs; shared with those who wait
  };
  class Flight;
  void make_room();

  Executor executor_;
  BlockingPool& pool_;
  Clock& clock_;
  Lookup lookup_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace flotilla::http
