#pragma once

#include "telemetry/metrics.h"

namespace flotilla::db {

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);
  telemetry::Counter& commits;
  telemetry::Counter& batches;
  telemetry::Counter& steps;
  telemetry::Counter& refused;
  telemetry::Counter& failures;
  telemetry::Counter& reads;
  telemetry::Counter& checkpoints;
  telemetry::Histogram& commit_seconds;
  telemetry::Gauge& queue_depth;
  telemetry::Gauge& wal_bytes;
};

}  // namespace flotilla::db
