#pragma once

#include <array>
#include <string>

#include "telemetry/metrics.h"

namespace flotilla::http {

/// What the server counts. Lives as long as the registry it was made with.
struct Metrics {
  explicit Metrics(telemetry::Registry& registry)
      : connections(registry.gauge("flotilla_http_connections", "Open client connections")),
        accepted(registry.counter("flotilla_http_connections_total", "Connections served")),
        refused(registry.counter("flotilla_http_connections_refused_total",
                                 "Connections beyond a limit")),
        streams(registry.gauge("flotilla_http_streams", "Responses being streamed")),
        slow_readers(registry.counter("flotilla_http_slow_readers_total",
                                      "Connections closed because their peer read too slowly")),
        seconds(registry.histogram("flotilla_http_request_seconds",
                                   "From the whole request to the head of its answer",
                                   telemetry::latency_bounds())),
        responses{response_counter(registry, "1xx"), response_counter(registry, "2xx"),
                  response_counter(registry, "3xx"), response_counter(registry, "4xx"),
                  response_counter(registry, "5xx")} {}

  void count_response(int status) {
    if (status >= 100 && status < 600) responses.at(static_cast<unsigned>(status) / 100 - 1)->add();
  }

  telemetry::Gauge& connections;
  telemetry::Counter& accepted;
  telemetry::Counter& refused;
  telemetry::Gauge& streams;
  telemetry::Counter& slow_readers;
  telemetry::Histogram& seconds;
  std::array<telemetry::Counter*, 5> responses;

 private:
  static telemetry::Counter* response_counter(telemetry::Registry& registry, std::string status) {
    telemetry::Labels labels{{"status", std::move(status)}};
    return &registry.counter("flotilla_http_responses_total", "Responses by class of status",
                             std::move(labels));
  }
};

}  // namespace flotilla::http
