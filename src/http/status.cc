#include "http/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace flotilla::http {

namespace {

constexpr std::chrono::seconds kLongestWait = std::chrono::hours(24);
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [stop, failed] = std::from_chars(begin, begin + length, value);
  if (failed != std::errc{} || stop != begin + length || *begin == '-') return std::nullopt;
  return value;
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the form that senders must use.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
  if (text.size() != 29 || !text.ends_with(" GMT") || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = number_at(text, 5, 2);
  const auto year = number_at(text, 12, 4);
  const auto hour = number_at(text, 17, 2);
  const auto minute = number_at(text, 20, 2);
  const auto second = number_at(text, 23, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const auto number = static_cast<unsigned>(month - kMonths.begin()) + 1;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(number),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

Code code_of_status(int status) {
  switch (status) {
    case 401:
    case 407:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
    case 410:
      return Code::not_found;
    case 408:
    case 504:
      return Code::deadline_exceeded;
    case 409:
      return Code::conflict;
    case 412:
      return Code::failed_precondition;
    case 413:
    case 429:
      return Code::resource_exhausted;
    case 499:
      return Code::cancelled;
    case 405:
    case 501:
      return Code::unimplemented;
    case 502:
    case 503:
      return Code::unavailable;
    default:
      return status >= 400 && status < 500 ? Code::invalid_argument : Code::internal;
  }
}

std::string to_http_date(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(std::chrono::weekday(day).c_encoding()),
      static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

std::optional<Duration> retry_after(const Headers& headers) {
  const auto text = headers.find("Retry-After");
  if (!text || text->empty()) return std::nullopt;
  const bool digits = std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    if (text->size() > 5) return kLongestWait;
    return std::min(kLongestWait, std::chrono::seconds(*number_at(*text, 0, text->size())));
  }
  const auto then = parse_date(*text);
  const auto now = parse_date(headers.find("Date").value_or(""));
  if (!then || !now) return std::nullopt;
  return std::clamp(*then - *now, std::chrono::seconds(0), kLongestWait);
}

}  // namespace flotilla::http
