#include "telemetry/metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace {

using namespace flotilla::telemetry;
using namespace std::chrono_literals;

TEST(Metrics, counters_and_gauges_render_by_name_and_label) {
  Registry registry;
  registry.counter("z_total", "Last").add(3);
  registry.gauge("a_now", "First", {{"room", "core"}}).set(-2);
  registry.gauge("a_now", "First", {{"room", "auth"}, {"kind", "x"}}).add(5);
  EXPECT_EQ(registry.render(),
            "# HELP a_now First\n# TYPE a_now gauge\n"
            "a_now{kind=\"x\",room=\"auth\"} 5\n"
            "a_now{room=\"core\"} -2\n"
            "# HELP z_total Last\n# TYPE z_total counter\n"
            "z_total 3\n");
}

TEST(Metrics, the_same_labels_are_the_same_series) {
  Registry registry;
  Counter& one = registry.counter("c_total", "h", {{"a", "1"}, {"b", "2"}});
  Counter& same = registry.counter("c_total", "h", {{"b", "2"}, {"a", "1"}});
  EXPECT_EQ(&one, &same);
}

TEST(Metrics, help_and_labels_are_escaped) {
  Registry registry;
  registry.gauge("g", "a\\b\n\"c\"", {{"l", "q\"b\\n\n"}}).set(1);
  EXPECT_EQ(registry.render(),
            "# HELP g a\\\\b\\n\"c\"\n# TYPE g gauge\ng{l=\"q\\\"b\\\\n\\n\"} 1\n");
}

TEST(Metrics, histogram_buckets_are_cumulative_and_include_their_bound) {
  Registry registry;
  Histogram& histogram = registry.histogram("h_seconds", "H", {0.5, 1, 2.5}, {{"op", "x"}});
  histogram.observe(0.5);
  histogram.observe(0.75);
  histogram.observe(4.0);
  histogram.observe(1s);
  EXPECT_EQ(registry.render(),
            "# HELP h_seconds H\n# TYPE h_seconds histogram\n"
            "h_seconds_bucket{op=\"x\",le=\"0.5\"} 1\n"
            "h_seconds_bucket{op=\"x\",le=\"1\"} 3\n"
            "h_seconds_bucket{op=\"x\",le=\"2.5\"} 3\n"
            "h_seconds_bucket{op=\"x\",le=\"+Inf\"} 4\n"
            "h_seconds_sum{op=\"x\"} 6.25\n"
            "h_seconds_count{op=\"x\"} 4\n");
}

TEST(Metrics, nothing_is_lost_between_threads) {
  Registry registry;
  Counter& counter = registry.counter("c_total", "h");
  Histogram& histogram = registry.histogram("h", "h", latency_bounds());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5000; ++k) {
        counter.add();
        histogram.observe(0.5);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000U);
  EXPECT_EQ(histogram.snapshot().count, 40'000U);
  EXPECT_EQ(histogram.snapshot().sum, 20'000.0);
}

TEST(Metrics, series_of_a_family_are_bounded) {
  Registry registry;
  for (std::size_t i = 0; i < 2 * Registry::kMaxSeries; ++i) {
    registry.counter("c_total", "h", {{"id", std::to_string(i)}}).add();
  }
  EXPECT_EQ(registry.counter("c_total", "h", {{"id", "other"}}).value(), Registry::kMaxSeries);
}

TEST(Metrics, the_process_describes_itself) {
  Registry registry;
  add_process_metrics(registry);
  const std::string text = registry.render();
  for (const char* name :
       {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
        "process_max_fds", "process_threads", "process_start_time_seconds"}) {
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(std::stod(text.substr(at + std::string(name).size() + 2)), 0) << name;
  }
}

}  // namespace
