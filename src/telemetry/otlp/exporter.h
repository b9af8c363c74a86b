#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/result.h"
#include "base/time.h"
#include "telemetry/metrics.h"
#include "telemetry/otlp/encode.h"
#include "telemetry/trace.h"

namespace flotilla {
class Clock;
}

namespace flotilla::telemetry::otlp {

/// What a receiver answered to one POST.
struct Reply {
  int status = 0;
  std::optional<Duration> retry_after;
  std::string body;
};

/// The way to the receiver: POSTs a body of type application/x-protobuf to where it is configured.
class Transport {
 public:
  virtual ~Transport() = default;
  /// On the exporter's loop. An error is a receiver that cannot be reached.
  virtual Async<Result<Reply>> post(std::string body, Duration timeout) = 0;
};

struct ExporterOptions {
  Source source;
  std::size_t max_queue = 8192;
  std::size_t max_batch = 512;
  Duration delay = std::chrono::seconds(5);  // how long a span waits for others
  Duration timeout = std::chrono::seconds(10);
};

/// Tells a receiver of spans by OTLP/HTTP, in batches. What it does not take (408, 429, 502, 503,
/// 504, or no answer) is sent again with growing pauses, kAttempts times; what does not fit into
/// the queue meanwhile is dropped and counted. add() is thread-safe, the rest is on one loop.
/// https://opentelemetry.io/docs/specs/otlp/#otlphttp
class Exporter final : public SpanSink {
 public:
  static constexpr int kAttempts = 5;
  static constexpr Duration kFirstPause = std::chrono::seconds(1);
  static constexpr Duration kLongestPause = std::chrono::seconds(30);
  /// Spans that wait, together; content of messages may make them large.
  static constexpr std::size_t kMaxQueueBytes = std::size_t{32} << 20;

  Exporter(Executor loop, Clock& clock, Registry& metrics, Transport& transport,
           ExporterOptions options);
  ~Exporter() override;

  void add(SpanRecord span) override;
  void start();
  /// Sends what is queued, no longer than this, then ends.
  Async<> stop(Duration patience);

 private:
  Async<> timer_loop();
  Async<> export_loop();
  Async<> flush();
  Async<> deliver(std::vector<SpanRecord> spans);
  std::vector<SpanRecord> take_batch();
  [[nodiscard]] std::size_t waiting();

  Clock& clock_;
  Transport& transport_;
  ExporterOptions options_;
  Counter& exported_;
  Counter& dropped_;
  Counter& failed_;
  std::mutex mutex_;
  std::deque<SpanRecord> queue_;
  std::size_t bytes_ = 0;
  bool due_ = false;  // on the loop only, as the next three
  bool failing_ = false;
  bool stopping_ = false;
  TaskGroup::Child timer_ = 0;
  Executor loop_;
  Notifier wake_;
  TaskGroup group_;
};

}  // namespace flotilla::telemetry::otlp
