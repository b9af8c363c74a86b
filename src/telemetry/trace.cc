#include "telemetry/trace.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "async/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"

namespace flotilla::telemetry {

namespace {

constexpr std::size_t kTraceparentSize = 55;

template <std::size_t N>
bool any(const std::array<std::uint8_t, N>& bytes) {
  return std::ranges::any_of(bytes, [](std::uint8_t byte) { return byte != 0; });
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;  // upper case is malformed here
  return -1;
}

template <std::size_t N>
bool read_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
  for (std::size_t i = 0; i < N; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

template <std::size_t N>
std::string hex_of(const std::array<std::uint8_t, N>& bytes) {
  std::string raw(N, '\0');
  std::memcpy(raw.data(), bytes.data(), N);
  return hex(raw);
}

}  // namespace

bool SpanContext::valid() const {
  return any(trace) && any(span);
}

std::optional<SpanContext> parse_traceparent(std::string_view text) {
  if (text.size() < kTraceparentSize || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  SpanContext found;
  if (!read_hex(text.substr(0, 2), version) || version[0] == 0xff) return std::nullopt;
  // A later version may say more, after a dash.
  if (text.size() > kTraceparentSize && (version[0] == 0 || text[kTraceparentSize] != '-'))
    return std::nullopt;
  if (!read_hex(text.substr(3), found.trace) || !read_hex(text.substr(36), found.span) ||
      !read_hex(text.substr(53), flags) || !found.valid())
    return std::nullopt;
  found.sampled = (flags[0] & 1) != 0;
  return found;
}

std::string traceparent(const SpanContext& context) {
  if (!context.valid()) return {};
  std::string text = "00-";
  text.reserve(kTraceparentSize);
  text += trace_id_text(context);
  text += '-';
  text += span_id_text(context);
  text += context.sampled ? "-01" : "-00";
  return text;
}

std::string trace_id_text(const SpanContext& context) {
  return hex_of(context.trace);
}

std::string span_id_text(const SpanContext& context) {
  return hex_of(context.span);
}

Span::Span(Span&& other) noexcept
    : tracer_(other.tracer_), context_(other.context_), record_(std::move(other.record_)) {}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  end();
  tracer_ = other.tracer_;
  context_ = other.context_;
  record_ = std::move(other.record_);
  return *this;
}

Span::~Span() {
  end();
}

Span& Span::set(std::string_view key, AttributeValue value) {
  if (!record_) return *this;
  auto& all = record_->attributes;
  const auto found = std::ranges::find(all, key, [](const auto& one) { return one.first; });
  if (found != all.end())
    found->second = std::move(value);
  else if (all.size() < kMaxSpanAttributes)
    all.emplace_back(key, std::move(value));
  return *this;
}

void Span::rename(std::string name) {
  if (record_) record_->name = std::move(name);
}

void Span::event(std::string_view name, Attributes attributes) {
  if (!record_ || record_->events.size() >= kMaxSpanEvents) return;
  record_->events.push_back({std::string(name), tracer_->now_ns(), std::move(attributes)});
}

void Span::link(const SpanContext& other) {
  if (record_ && other.valid() && record_->links.size() < kMaxSpanEvents)
    record_->links.push_back(other);
}

void Span::fail(const Error& error) {
  fail(error.reason(), error.message());
}

void Span::fail(std::string_view type, std::string message) {
  if (!record_) return;
  record_->status = SpanStatus::error;
  record_->status_message = std::move(message);
  set("error.type", std::string(type));
}

void Span::end() {
  if (!record_) return;
  auto record = std::move(record_);
  record->end_ns = std::max(tracer_->now_ns(), record->start_ns);
  tracer_->sink_->add(std::move(*record));
}

Tracer::Tracer(Clock& clock, Random& random, SpanSink* sink, Sampling sampling,
               bool captures_content)
    : clock_(clock),
      random_(random),
      sink_(sink),
      sampling_(sampling),
      captures_content_(captures_content) {}

Span Tracer::start(std::string name, SpanKind kind, const SpanContext& parent,
                   const std::array<std::uint8_t, 16>* id) {
  Span span;
  span.tracer_ = this;
  span.context_ = parent;
  if (sink_ == nullptr) return span;
  const bool child = parent.valid();
  if (!child) {
    if (id != nullptr && any(*id))
      span.context_.trace = *id;
    else
      random_.fill(span.context_.trace.data(), span.context_.trace.size());
  }
  random_.fill(span.context_.span.data(), span.context_.span.size());
  if (!child || !sampling_.parent_based) span.context_.sampled = samples(span.context_);
  if (!span.context_.sampled) return span;
  span.record_ = std::make_unique<SpanRecord>();
  span.record_->context = span.context_;
  if (child) span.record_->parent = parent.span;
  span.record_->name = std::move(name);
  span.record_->kind = kind;
  span.record_->start_ns = now_ns();
  return span;
}

/// The wall clock has milliseconds only, so intervals come from the steady one, at the distance
/// that the two had when they were last found to disagree by more.
std::int64_t Tracer::now_ns() {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  constexpr std::int64_t kTolerated = 2'000'000;
  const std::int64_t wall = duration_cast<nanoseconds>(clock_.now().time_since_epoch()).count();
  const std::int64_t steady =
      duration_cast<nanoseconds>(clock_.steady_now().time_since_epoch()).count();
  const std::int64_t seen = wall - steady;
  const std::int64_t offset = offset_ns_.load(std::memory_order_relaxed);
  if (seen - offset > kTolerated || offset - seen > kTolerated) {
    offset_ns_.store(seen, std::memory_order_relaxed);
    return wall;
  }
  return steady + offset;
}

/// By the last 7 bytes of the trace id, which W3C wants random: all who see a trace agree.
bool Tracer::samples(const SpanContext& context) const {
  if (sampling_.ratio >= 1) return true;
  if (sampling_.ratio <= 0) return false;
  std::uint64_t number = 0;
  for (std::size_t i = 9; i < 16; ++i) number = number << 8 | context.trace[i];
  constexpr double kAll = 72'057'594'037'927'936.0;  // 2^56
  return static_cast<double>(number) < sampling_.ratio * kAll;
}

Tracer& no_tracer() {
  static Tracer none(system_clock(), system_random(), nullptr);
  return none;
}

}  // namespace flotilla::telemetry
