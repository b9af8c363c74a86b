#pragma once

#include "telemetry/metrics.h"

namespace flotilla::a2a::rpc {

/// What the gRPC binding counts. Lives as long as the registry it was made with.
struct Metrics {
  explicit Metrics(telemetry::Registry& registry)
      : calls(registry.counter("flotilla_grpc_calls_total", "gRPC calls begun")),
        failed(registry.counter("flotilla_grpc_calls_failed_total",
                                "gRPC calls that ended with another status than OK")),
        under_way(registry.gauge("flotilla_grpc_calls", "gRPC calls under way")),
        streams(registry.gauge("flotilla_grpc_streams", "gRPC streams under way")),
        slow_readers(registry.counter("flotilla_grpc_slow_readers_total",
                                      "gRPC streams ended because their client read too slowly")) {}

  telemetry::Counter& calls;
  telemetry::Counter& failed;
  telemetry::Gauge& under_way;
  telemetry::Gauge& streams;
  telemetry::Counter& slow_readers;
};

}  // namespace flotilla::a2a::rpc
