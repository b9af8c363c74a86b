#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace flotilla {

/// Wall-clock time, UTC, millisecond resolution: what is stored and shown.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
/// For deadlines and intervals; never shown, never stored.
using SteadyTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

/// RFC 3339 with exactly three fractional digits and `Z` (A2A 1.0 section 5.6.1).
std::string format_time(Time time);
/// Accepts 0 to 9 fractional digits and numeric offsets; nullopt when malformed or outside years
/// 1970..9999.
std::optional<Time> parse_time(std::string_view text);

/// Reads `250ms`, `30s`, `5m`, `24h`, `7d` or a sum such as `1h30m`; nullopt when malformed.
std::optional<Duration> parse_duration(std::string_view text);
std::string format_duration(Duration duration);

}  // namespace flotilla
