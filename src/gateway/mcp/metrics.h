#pragma once

#include "base/result.h"
#include "base/time.h"
#include "mcp/handler.h"
#include "telemetry/metrics.h"

namespace flotilla::gateway {

/// Requests to tool servers: calls of tools, resources and prompts. Thread-safe.
class ToolServerMetrics {
 public:
  /// Null: nothing is counted. The registry outlives it.
  explicit ToolServerMetrics(telemetry::Registry* registry);
  void count(Duration took, const Result<mcp::Reply>& reply);

 private:
  telemetry::Registry* registry_;
  telemetry::Counter* answered_ = nullptr;
  telemetry::Histogram* seconds_ = nullptr;
};

}  // namespace flotilla::gateway
