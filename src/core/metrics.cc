#include "core/metrics.h"

namespace flotilla::core {

Metrics::Metrics(telemetry::Registry& registry)
    : tasks_created(registry.counter("flotilla_tasks_created_total", "Tasks created")),
      events_appended(registry.counter("flotilla_events_total", "Task events committed")),
      leases_lost(registry.counter("flotilla_leases_lost_total",
                                   "Writes refused because another holder had the task")),
      runs_resumed(registry.counter("flotilla_runs_resumed_total",
                                    "Turns that went on after their holder was gone")),
      slow_readers(registry.counter("flotilla_slow_readers_total",
                                    "Subscribers cut off because they fell too far behind")),
      runs_active(registry.gauge("flotilla_runs_active", "Turns going on now")),
      subscribers(registry.gauge("flotilla_task_subscribers", "Readers of live task journals")),
      outbox_delivered(
          registry.counter("flotilla_outbox_delivered_total", "Events that webhooks took")),
      outbox_failed(registry.counter("flotilla_outbox_failed_total",
                                     "Attempts to tell a webhook that failed")),
      outbox_dead(registry.counter("flotilla_outbox_dead_total",
                                   "Events given up after all attempts: dead letters")),
      outbox_active(registry.gauge("flotilla_outbox_active", "Webhooks that are told now")),
      outbox_waiting(
          registry.gauge("flotilla_outbox_waiting", "Webhooks that wait for their turn")),
      topic_events(registry.counter("flotilla_topic_events_total", "Events published to topics")),
      topic_deliveries(registry.counter("flotilla_topic_deliveries_total",
                                        "Events handed to live subscribers of topics")),
      topic_readers(registry.gauge("flotilla_topic_subscribers", "Live subscribers of topics")),
      budget_refusals(registry.counter("flotilla_budget_refusals_total",
                                       "Model calls that a budget did not allow")) {}

}  // namespace flotilla::core
