#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/clock.h"
#include "http/client_connection_internal.h"

namespace flotilla::http {

/// Idle connections by scheme, host, port, pinned address and TLS options, the last used first. One
/// loop.
class ClientPool {
 public:
  static constexpr std::size_t kMaxIdle = 256;

  ClientPool(Clock& clock, std::size_t max_idle_per_key, Duration max_idle_time);
  static std::string key(const Url& url, const std::string& address, const ClientTls* tls);

  /// A connection that seems alive, or null.
  std::unique_ptr<ClientConnection> take(const std::string& key);
  void put(std::string key, std::unique_ptr<ClientConnection> connection);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    SteadyTime since;
  };
  void drop_expired();
  void drop_oldest();

  Clock& clock_;
  std::size_t max_idle_per_key_;
  Duration max_idle_time_;
  std::unordered_map<std::string, std::vector<Idle>> idle_;  // each list oldest first
  std::size_t size_ = 0;
};

}  // namespace flotilla::http
