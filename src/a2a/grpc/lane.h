#pragma once

#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "a2a/grpc/call.h"
#include "a2a/grpc/metrics.h"
#include "a2a/grpc/operations.h"
#include "a2a/grpc/server.h"

namespace flotilla::a2a::rpc {

/// What all lanes share; outlives them.
struct Shared {
  Shared(Clock& ticks, Handler& handler, const auth::Authenticator& who, const ServerConfig& facts,
         ServerOptions limits, telemetry::Registry& registry)
      : clock(ticks),
        authenticator(who),
        config(facts),
        options(std::move(limits)),
        operations(handler, config),
        metrics(registry) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  Clock& clock;
  const auth::Authenticator& authenticator;
  const ServerConfig config;
  const ServerOptions options;
  const Operations operations;
  Metrics metrics;
};

/// The calls of one event loop. Everything here runs on that loop.
class Lane {
 public:
  Lane(Executor executor, Shared& shared, std::uint64_t seed);

  [[nodiscard]] const Executor& executor() const { return executor_; }
  /// Runs the call to its status.
  void begin(const std::shared_ptr<Call>& call, bool got);
  /// Ends what the call waits for; the task goes on.
  void cancel(const std::shared_ptr<Call>& call);
  /// From now on streams end with their cursor, and new calls are refused.
  void begin_drain();
  /// Cancels what is left and waits for it.
  Async<> stop();

 private:
  class Streaming;
  Async<> run(std::shared_ptr<Call> call);
  Async<> serve(Call& call, Incoming& incoming);
  Async<> serve_stream(Call& call, Incoming& incoming);
  Async<Result<>> pump(Call& call, const Incoming& incoming, ItemStream& stream);
  void refuse(Call& call, const Incoming& incoming, const Error& error);
  Async<> sweep();
  void sweep_once();
  std::string make_request_id();
  [[nodiscard]] std::vector<std::shared_ptr<Call>> streams() const;

  Executor executor_;
  Shared& shared_;
  std::uint64_t seed_;
  bool draining_ = false;
  bool sweeping_ = false;
  std::unordered_set<Call*> streams_;
  /// Ended as slow readers: cut if they still have not taken their status at the next sweep.
  std::vector<std::shared_ptr<Call>> lingering_;
  TaskGroup group_;  // last: its children use the rest
};

}  // namespace flotilla::a2a::rpc
