#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "async/clock.h"
#include "mcp/types.h"

namespace flotilla::mcp {

/// What probes of HTTP servers found, by origin and authorization: revision and transport. A
/// verdict expires, so that an upgraded server is noticed. Thread-safe, bounded.
class EraCache {
 public:
  struct Verdict {
    Revision revision = kNewest;
    bool sse = false;  // the transport of 2024-11-05
  };
  explicit EraCache(Clock& clock, Duration legacy_life = std::chrono::minutes(10));
  [[nodiscard]] std::optional<Verdict> find(const std::string& key) const;
  void put(std::string key, Verdict verdict);
  void forget(const std::string& key);

 private:
  struct Entry {
    Verdict verdict;
    SteadyTime until;
  };
  Clock& clock_;
  Duration life_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace flotilla::mcp
