#pragma once

#include <memory>
#include <optional>
#include <string>

#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "telemetry/otlp/exporter.h"
#include "telemetry/otlp/settings.h"
#include "telemetry/trace.h"

namespace flotilla::app {

/// Traces as `--otlp-endpoint` and the standard OTEL_* variables ask for; nullopt: none.
Result<std::optional<telemetry::otlp::Settings>> trace_settings(const std::string& endpoint);

/// The way of spans out of the process. start() and stop() on the loop that it is made for.
class Tracing {
 public:
  /// INVALID_CONFIG where certificates cannot be read. What is given outlives it.
  static Result<std::unique_ptr<Tracing>> make(telemetry::otlp::Settings settings, Executor loop,
                                               const http::EgressPolicy& egress,
                                               telemetry::Registry& metrics);
  ~Tracing();
  void start();
  /// Sends what is left, for a moment.
  Async<> stop();
  [[nodiscard]] telemetry::Tracer& tracer() { return tracer_; }

 private:
  class Post;
  Tracing(telemetry::otlp::Settings settings, http::ClientTlsPtr tls, Executor loop,
          const http::EgressPolicy& egress, telemetry::Registry& metrics);

  BlockingPool names_;  // resolves the receiver's name
  http::Client client_;
  std::unique_ptr<Post> post_;
  telemetry::otlp::Exporter exporter_;
  telemetry::Tracer tracer_;
};

}  // namespace flotilla::app
