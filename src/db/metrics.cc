#include "db/metrics.h"

namespace flotilla::db {

Metrics::Metrics(telemetry::Registry& registry)
    : commits(registry.counter("flotilla_db_commits_total", "Transactions committed")),
      batches(registry.counter("flotilla_db_batches_total", "Batches committed")),
      steps(registry.counter("flotilla_db_steps_total", "Statements of committed batches")),
      refused(registry.counter("flotilla_db_refused_batches_total",
                               "Batches undone by an expectation or a constraint")),
      failures(registry.counter("flotilla_db_failed_commits_total",
                                "Transactions that the storage failed")),
      reads(registry.counter("flotilla_db_reads_total", "Queries answered")),
      checkpoints(registry.counter("flotilla_db_checkpoints_total",
                                   "Times the write-ahead log was copied into the database")),
      commit_seconds(registry.histogram("flotilla_db_commit_seconds",
                                        "Time of one transaction with its fsync",
                                        telemetry::latency_bounds())),
      queue_depth(registry.gauge("flotilla_db_queue_depth", "Batches waiting for a commit")),
      wal_bytes(registry.gauge("flotilla_db_wal_bytes", "Size of the write-ahead log in use")) {}

}  // namespace flotilla::db
