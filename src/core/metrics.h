#pragma once

#include "telemetry/metrics.h"

namespace flotilla::core {

struct Metrics {
  explicit Metrics(telemetry::Registry& registry);
  telemetry::Counter& tasks_created;
  telemetry::Counter& events_appended;
  telemetry::Counter& leases_lost;
  telemetry::Counter& runs_resumed;
  telemetry::Counter& slow_readers;
  telemetry::Gauge& runs_active;
  telemetry::Gauge& subscribers;
  telemetry::Counter& outbox_delivered;
  telemetry::Counter& outbox_failed;
  telemetry::Counter& outbox_dead;
  telemetry::Gauge& outbox_active;
  telemetry::Gauge& outbox_waiting;
  telemetry::Counter& topic_events;
  telemetry::Counter& topic_deliveries;
  telemetry::Gauge& topic_readers;
  telemetry::Counter& budget_refusals;
};

}  // namespace flotilla::core
