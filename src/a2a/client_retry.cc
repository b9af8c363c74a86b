#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "a2a/client_internal.h"
#include "http/status.h"

namespace flotilla::a2a {

namespace {

/// The pause that a server asked for, in milliseconds; part of the error, for callers as well.
constexpr std::string_view kRetryAfter = "retryAfterMs";

std::optional<Duration> asked_pause(const Error& error) {
  for (const auto& [name, value] : error.metadata()) {
    if (name != kRetryAfter) continue;
    std::int64_t ms = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, ms);
    if (failed == std::errc{} && stop == end && ms >= 0 && ms <= 86'400'000)
      return std::chrono::milliseconds(ms);
  }
  return std::nullopt;
}

/// 0 to 1.
double fraction(Random& random) {
  std::uint32_t bits = 0;
  random.fill(&bits, sizeof bits);
  return static_cast<double>(bits) / static_cast<double>(UINT32_MAX);
}

}  // namespace

bool is_transient(const Error& error) {
  if (error.code() == Code::unavailable || error.code() == Code::deadline_exceeded) return true;
  return error.code() == Code::resource_exhausted && asked_pause(error).has_value();
}

Duration backoff(int attempt, Random& random) {
  const Duration grown = std::chrono::milliseconds(250) * (1 << std::clamp(attempt, 0, 5));
  const Duration longest = std::min<Duration>(grown, std::chrono::seconds(5));
  const auto half = longest / 2;
  const auto rest = static_cast<double>((longest - half).count()) * fraction(random);
  return half + Duration(static_cast<Duration::rep>(rest));
}

Error with_asked_pause(Error error, const http::Headers& headers) {
  const auto after = http::retry_after(headers);
  if (!after) return error;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*after).count();
  return std::move(error).with_metadata(std::string(kRetryAfter), std::to_string(ms));
}

Async<Result<>> Outage::wait(Error error) {
  if (!is_transient(error)) co_return fail(std::move(error));
  const auto now = clock_.steady_now();
  if (attempt_ == 0) {
    told_ = false;
    const bool bounded = options_.retry_for <= SteadyTime::max() - now;
    give_up_ = bounded ? now + options_.retry_for : SteadyTime::max();
  }
  if (now >= give_up_) co_return fail(std::move(error));
  const auto asked = asked_pause(error);
  // Whoever asks for a longer pause than we have would be asked too early.
  if (asked && *asked > give_up_ - now) co_return fail(std::move(error));
  // Silence is ordinary where a server sends no heartbeats: nobody need hear of it.
  const bool silence = error.code() == Code::deadline_exceeded;
  if (!silence && !std::exchange(told_, true) && options_.on_cut) options_.on_cut(error);
  const Duration pause = backoff(attempt_++, *options_.random);
  const auto due = now + std::max(pause, asked.value_or(Duration::zero()));
  co_await clock_.sleep_until(std::min(due, give_up_));
  co_return ok();
}

}  // namespace flotilla::a2a
