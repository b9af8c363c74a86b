#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/limits.h"

namespace flotilla::http {

/// Counts by peer address for all loops, split so that loops seldom meet on a lock. Thread-safe.
/// Holds as many entries as there are connections, and requests in the current second.
class Peers {
 public:
  /// False when the peer has `limit` connections already; else leave() must follow.
  bool enter(std::string_view peer, std::size_t limit);
  void leave(std::string_view peer);
  /// Counts one request in `second`; false beyond `limit`. A second's counts vanish with it.
  bool count_request(std::string_view peer, std::int64_t second, std::size_t limit);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Counts = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;
  struct Part {
    std::mutex mutex;
    Counts connections;
    Counts requests;
    std::int64_t second = 0;
  };
  Part& part(std::string_view peer) { return parts_.at(Hash{}(peer) % kPeerShards); }

  std::array<Part, kPeerShards> parts_;
};

}  // namespace flotilla::http
