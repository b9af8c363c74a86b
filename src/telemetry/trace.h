#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace flotilla {
class Clock;
class Error;
class Random;
}  // namespace flotilla

/// Traces as OpenTelemetry knows them, and W3C Trace Context. Who exports them is a driver folder.
namespace flotilla::telemetry {

/// A place in a trace. All zero: none.
struct SpanContext {
  std::array<std::uint8_t, 16> trace{};
  std::array<std::uint8_t, 8> span{};
  bool sampled = false;
  [[nodiscard]] bool valid() const;
  bool operator==(const SpanContext&) const = default;
};
/// The header of that name (W3C Trace Context, section 3.2), any version; nullopt when malformed.
std::optional<SpanContext> parse_traceparent(std::string_view text);
/// Version 00; empty when not valid.
std::string traceparent(const SpanContext& context);
/// 32 and 16 lower-case hex digits.
std::string trace_id_text(const SpanContext& context);
std::string span_id_text(const SpanContext& context);

/// The numbers are OTLP's.
enum class SpanKind : std::uint8_t { internal = 1, server, client, producer, consumer };
enum class SpanStatus : std::uint8_t { unset, ok, error };

using AttributeValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

struct SpanEvent {
  std::string name;
  std::int64_t at_ns = 0;
  Attributes attributes;
};

/// A span that ended. Times are nanoseconds since 1970.
struct SpanRecord {
  SpanContext context;
  std::array<std::uint8_t, 8> parent{};
  std::string name;
  SpanKind kind = SpanKind::internal;
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  Attributes attributes;
  std::vector<SpanEvent> events;
  std::vector<SpanContext> links;
  SpanStatus status = SpanStatus::unset;
  std::string status_message;
};

/// Where ended spans go. Thread-safe, quick, never blocks: a full one drops and counts.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void add(SpanRecord span) = 0;
};

/// Attributes and events of one span are bounded; what is beyond is dropped.
inline constexpr std::size_t kMaxSpanAttributes = 128;
inline constexpr std::size_t kMaxSpanEvents = 128;

class Tracer;

/// Work that goes on; ends with its life. Movable; one thread at a time. One that is not recorded
/// costs next to nothing, and its context still says whose child a callee is.
class Span {
 public:
  Span() = default;
  Span(Span&& other) noexcept;
  Span& operator=(Span&& other) noexcept;
  ~Span();

  /// Give this to callees as their parent, or to peers as traceparent().
  [[nodiscard]] const SpanContext& context() const { return context_; }
  [[nodiscard]] bool recording() const { return record_ != nullptr; }
  /// The last value of a key counts. Never content of messages, nor secrets.
  Span& set(std::string_view key, AttributeValue value);
  void rename(std::string name);
  void event(std::string_view name, Attributes attributes = {});
  void link(const SpanContext& other);
  /// Status error with `error.type` (the error's reason) and its message.
  void fail(const Error& error);
  void fail(std::string_view type, std::string message);
  /// Ends now; further calls change nothing.
  void end();

 private:
  friend class Tracer;
  Tracer* tracer_ = nullptr;
  SpanContext context_;
  std::unique_ptr<SpanRecord> record_;
};

/// Which new traces are recorded, by the names of OTEL_TRACES_SAMPLER.
struct Sampling {
  bool parent_based = true;  // a caller's decision stands
  double ratio = 1;          // of traces that begin here
};

/// Starts spans. Thread-safe; outlives its spans. Without a sink nothing is recorded, and callers'
/// contexts are passed on as they came.
class Tracer {
 public:
  /// All outlive it; `sink` may be null.
  Tracer(Clock& clock, Random& random, SpanSink* sink, Sampling sampling = {},
         bool captures_content = false);
  /// A child of `parent`, or the root of a new trace when that is not valid. `id` names the trace
  /// of a root (a task's uuid, say).
  Span start(std::string name, SpanKind kind, const SpanContext& parent = {},
             const std::array<std::uint8_t, 16>* id = nullptr);
  /// Whether the operator allows messages and tool arguments in attributes; off unless asked for.
  [[nodiscard]] bool captures_content() const { return captures_content_; }
  [[nodiscard]] bool enabled() const { return sink_ != nullptr; }

 private:
  friend class Span;
  [[nodiscard]] std::int64_t now_ns();
  [[nodiscard]] bool samples(const SpanContext& context) const;

  Clock& clock_;
  Random& random_;
  SpanSink* sink_;
  Sampling sampling_;
  bool captures_content_;
  std::atomic<std::int64_t> offset_ns_{0};  // wall time less steady time, as last seen
};

/// Records nothing; for those that are given no tracer.
Tracer& no_tracer();

}  // namespace flotilla::telemetry
