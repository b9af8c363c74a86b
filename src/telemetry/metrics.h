#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

/// Metrics in the Prometheus text format 0.0.4. A room's metrics.h is a struct of references:
///
///   struct CoreMetrics {
///     explicit CoreMetrics(telemetry::Registry& registry)
///         : commits(registry.counter("flotilla_commits_total", "Committed batches")) {}
///     telemetry::Counter& commits;
///   };
///
/// Updating is wait-free and needs no lock; the objects live as long as their Registry.
namespace flotilla::telemetry {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Which of a few cells this thread writes, so that loops do not share a cache line.
inline constexpr std::size_t kShards = 4;
std::size_t shard_of_this_thread();

/// Only grows.
class Counter {
 public:
  void add(std::uint64_t by = 1) {
    cells_[shard_of_this_thread()].value.fetch_add(by, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, kShards> cells_;
};

/// Goes up and down.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  void sub(std::int64_t by = 1) { value_.fetch_sub(by, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Counts by upper bounds fixed at registration.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  void observe(Duration value) { observe(std::chrono::duration<double>(value).count()); }

  struct Snapshot {
    std::vector<std::uint64_t> counts;  // one for each bound, then those above all
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }

 private:
  struct alignas(64) Shard {
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts;
    std::atomic<double> sum{0};
  };
  std::vector<double> bounds_;
  std::array<Shard, kShards> shards_;
};

/// Seconds, 100 us to 10 s.
std::vector<double> latency_bounds();
/// Powers of four from 64 B to 16 MiB.
std::vector<double> size_bounds();

/// Owns all metrics of a process. Thread-safe. The same name and labels give the same object, so
/// register once and keep the reference: each call takes a lock. A family has at most
/// kMaxSeries label sets; whatever comes later is counted under the value `other`.
class Registry {
 public:
  static constexpr std::size_t kMaxSeries = 256;

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& counter(std::string name, std::string help, Labels labels = {});
  Gauge& gauge(std::string name, std::string help, Labels labels = {});
  Histogram& histogram(std::string name, std::string help, std::vector<double> bounds,
                       Labels labels = {});
  /// Read when rendered, on the rendering thread; what it touches outlives the registry.
  void observed_gauge(std::string name, std::string help, std::function<double()> read,
                      Labels labels = {});
  void observed_counter(std::string name, std::string help, std::function<double()> read,
                        Labels labels = {});

  /// Families by name, series in the order of their labels.
  [[nodiscard]] std::string render() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Series;
  struct Family;
  Family& family(std::string name, std::string help, std::string_view type);
  Series& series(Family& family, Labels labels);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
};

/// process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds, process_max_fds,
/// process_threads, process_start_time_seconds.
void add_process_metrics(Registry& registry);

}  // namespace flotilla::telemetry
