#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/event.h"
#include "http/admission_internal.h"
#include "http/metrics.h"
#include "http/peers_internal.h"
#include "http/server.h"
#include "http/tls.h"

namespace flotilla::http {

class Connection;

/// What all loops of one server share. Immutable but for the atomic and locked members.
struct Core {
  Core(Clock& time, ServerOptions settings, Handler handle, telemetry::Registry& registry)
      : clock(time), options(std::move(settings)), handler(std::move(handle)), metrics(registry) {}

  Clock& clock;
  const ServerOptions options;
  const Handler handler;
  std::shared_ptr<TlsContext> tls;
  Admission admission;
  Peers peers;
  Metrics metrics;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::size_t> refusals = 0;

  /// Set by drain(), used up when the last connection ends.
  std::mutex empty_mutex;
  std::optional<OneShot<bool>::Setter> when_empty;
  void connection_ended();
};

/// One loop's part of the server; touched on that loop only.
class Shard {
 public:
  Shard(std::shared_ptr<Core> core, Executor executor);

  [[nodiscard]] Core& core() { return *core_; }
  [[nodiscard]] const Executor& executor() const { return executor_; }
  /// The time of the last sweep: exact enough for deadlines of seconds, and free.
  [[nodiscard]] SteadyTime now() const { return now_; }
  /// No earlier than `wait` from the true now.
  [[nodiscard]] SteadyTime deadline(Duration wait) const;
  [[nodiscard]] const std::string& common_lines() const { return common_lines_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] std::string make_request_id();

  void add(Connection& connection);
  void remove(Connection& connection);

  /// Once a second: deadlines, heartbeats, lost peers.
  void sweep();
  void begin_drain();
  /// Ends every connection now.
  void cut();

 private:
  void update_time();

  std::shared_ptr<Core> core_;
  Executor executor_;
  SteadyTime now_;
  std::string common_lines_;
  std::vector<Connection*> connections_;
  std::uint64_t id_seed_ = 0;
  std::uint64_t id_count_ = 0;
  bool draining_ = false;
};

}  // namespace flotilla::http
