#include "telemetry/otlp/exporter.h"

#include <algorithm>
#include <iterator>

#include "async/cancel.h"
#include "async/clock.h"
#include "base/log.h"

namespace flotilla::telemetry::otlp {

namespace {

constexpr Log kLog("otlp");

std::size_t size_of(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  std::size_t size = sizeof value;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    for (const auto& text : *texts) size += text.size() + sizeof text;
  return size;
}

std::size_t size_of(const Attributes& attributes) {
  std::size_t size = 0;
  for (const auto& [key, value] : attributes) size += key.size() + size_of(value) + 64;
  return size;
}

std::size_t size_of(const SpanRecord& span) {
  std::size_t size = sizeof span + span.name.size() + span.status_message.size();
  size += size_of(span.attributes);
  for (const auto& event : span.events) size += event.name.size() + size_of(event.attributes);
  return size;
}

bool may_pass(int status) {
  return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

Exporter::Exporter(Executor loop, Clock& clock, Registry& metrics, Transport& transport,
                   ExporterOptions options)
    : clock_(clock),
      transport_(transport),
      options_(std::move(options)),
      exported_(metrics.counter("flotilla_spans_exported_total", "Spans that the receiver took")),
      dropped_(metrics.counter("flotilla_spans_dropped_total",
                               "Spans given up: the queue was full, or the receiver refused")),
      failed_(metrics.counter("flotilla_span_exports_failed_total",
                              "Attempts to send spans that failed")),
      loop_(loop),
      wake_(loop),
      group_(loop) {}

Exporter::~Exporter() = default;

void Exporter::add(SpanRecord span) {
  const std::size_t size = size_of(span);
  bool full = false;
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.max_queue || bytes_ + size > kMaxQueueBytes) {
      dropped_.add();
      return;
    }
    bytes_ += size;
    queue_.push_back(std::move(span));
    full = queue_.size() == options_.max_batch;
  }
  if (full) wake_.post_notify_all();
}

std::size_t Exporter::waiting() {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

std::vector<SpanRecord> Exporter::take_batch() {
  std::vector<SpanRecord> batch;
  std::lock_guard lock(mutex_);
  const auto count = std::min(queue_.size(), options_.max_batch);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  for (const auto& span : batch) bytes_ -= size_of(span);
  return batch;
}

void Exporter::start() {
  timer_ = group_.spawn(timer_loop());
  group_.spawn(export_loop());
}

Async<> Exporter::timer_loop() {
  for (;;) {
    co_await clock_.sleep_for(options_.delay);
    due_ = true;
    wake_.notify_all();
  }
}

Async<> Exporter::export_loop() {
  for (;;) {
    while (!due_ && !stopping_ && waiting() < options_.max_batch) co_await wake_.wait();
    due_ = false;
    co_await flush();
    if (stopping_ && waiting() == 0) co_return;
  }
}

Async<> Exporter::stop(Duration patience) {
  stopping_ = true;
  group_.cancel(timer_);
  wake_.notify_all();
  auto sent = group_.join();
  std::ignore = co_await with_deadline(std::move(sent), clock_.steady_now() + patience, clock_);
  dropped_.add(waiting());
}

Async<> Exporter::flush() {
  for (auto batch = take_batch(); !batch.empty(); batch = take_batch())
    co_await deliver(std::move(batch));
}

Async<> Exporter::deliver(std::vector<SpanRecord> spans) {
  const std::string body = encode_spans(options_.source, spans);
  const std::size_t count = spans.size();
  spans.clear();
  std::string why;
  Duration pause = kFirstPause;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const auto reply = co_await transport_.post(body, options_.timeout);
    if (reply && reply->status / 100 == 2) {
      const auto partial = decode_answer(reply->body);
      const auto refused = static_cast<std::size_t>(
          std::clamp<std::int64_t>(partial.rejected, 0, static_cast<std::int64_t>(count)));
      exported_.add(count - refused);
      dropped_.add(refused);
      if (refused > 0) kLog.warn("the receiver refused spans", {{"why", partial.message}});
      if (std::exchange(failing_, false)) kLog.info("spans are taken again");
      co_return;
    }
    failed_.add();
    why = reply ? "status " + std::to_string(reply->status) : reply.error().message();
    if (reply && !may_pass(reply->status)) break;
    if (!std::exchange(failing_, true)) kLog.warn("spans are not taken", {{"why", why}});
    if (attempt == kAttempts) break;
    Duration wait = pause;
    if (reply && reply->retry_after) wait = std::max(wait, *reply->retry_after);
    co_await clock_.sleep_for(std::min(wait, kLongestPause));
    pause = std::min(pause * 2, kLongestPause);
  }
  dropped_.add(count);
  if (!std::exchange(failing_, true)) kLog.warn("spans are not taken", {{"why", why}});
}

}  // namespace flotilla::telemetry::otlp
