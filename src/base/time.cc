#include "base/time.h"

#include <array>
#include <cstdint>
#include <limits>

namespace flotilla {
namespace {

using namespace std::chrono;

/// Two or more digits, zero-padded, without the cost of a format string.
void put(std::string& out, unsigned value, int digits) {
  std::array<char, 10> buffer;
  for (int i = digits; i-- > 0; value /= 10) {
    buffer.at(static_cast<std::size_t>(i)) = static_cast<char>('0' + value % 10);
  }
  out.append(buffer.data(), static_cast<std::size_t>(digits));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool digits(int count, unsigned& out) {
    out = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit()) return false;
      out = out * 10 + static_cast<unsigned>(text_[at_++] - '0');
    }
    return true;
  }
  bool any_of(std::string_view chars) {
    if (at_ >= text_.size() || chars.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool is_digit() const {
    return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9';
  }
  [[nodiscard]] char last() const { return text_[at_ - 1]; }
  [[nodiscard]] bool done() const { return at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// What follows the seconds: `.123`, cut to milliseconds.
std::optional<milliseconds> read_fraction(Reader& in) {
  if (!in.any_of(".")) return milliseconds{0};
  unsigned value = 0;
  int count = 0;
  for (; in.is_digit(); ++count) {
    unsigned digit = 0;
    in.digits(1, digit);
    if (count < 3) value = value * 10 + digit;
  }
  if (count == 0 || count > 9) return std::nullopt;
  for (int i = count; i < 3; ++i) value *= 10;
  return milliseconds{value};
}

std::optional<minutes> read_offset(Reader& in) {
  if (in.any_of("Zz")) return minutes{0};
  if (!in.any_of("+-")) return std::nullopt;
  const int sign = in.last() == '-' ? -1 : 1;
  unsigned hour = 0;
  unsigned minute = 0;
  if (!in.digits(2, hour) || !in.any_of(":") || !in.digits(2, minute)) return std::nullopt;
  if (hour > 23 || minute > 59) return std::nullopt;
  return minutes{sign * static_cast<int>(hour * 60 + minute)};
}

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
// Largest first.
constexpr std::array<Unit, 7> kUnits{{{"d", 86'400'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"s", 1'000'000'000},
                                      {"ms", 1'000'000},
                                      {"us", 1'000},
                                      {"ns", 1}}};

std::optional<std::size_t> find_unit(std::string_view name) {
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (kUnits.at(i).name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string format_time(Time time) {
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::string out;
  out.reserve(24);
  put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  put(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  put(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  put(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  put(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
  return out;
}

std::optional<Time> parse_time(std::string_view text) {
  Reader in(text);
  unsigned y = 0;
  unsigned mo = 0;
  unsigned d = 0;
  unsigned h = 0;
  unsigned mi = 0;
  unsigned s = 0;
  if (!in.digits(4, y) || !in.any_of("-") || !in.digits(2, mo) || !in.any_of("-") ||
      !in.digits(2, d) || !in.any_of("Tt") || !in.digits(2, h) || !in.any_of(":") ||
      !in.digits(2, mi) || !in.any_of(":") || !in.digits(2, s)) {
    return std::nullopt;
  }
  const auto fraction = read_fraction(in);
  if (!fraction) return std::nullopt;
  const auto offset = read_offset(in);
  if (!offset || !in.done()) return std::nullopt;
  const year_month_day date{year{static_cast<int>(y)}, month{mo}, day{d}};
  // RFC 3339 allows second 60 (leap second): it counts as the next minute's first.
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  const Time time = sys_days{date} + hours{h} + minutes{mi} + seconds{s} + *fraction - *offset;
  constexpr Time kEnd = sys_days{year{9999} / 12 / 31} + days{1};
  if (time < Time{} || time >= kEnd) return std::nullopt;
  return time;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  if (text.empty()) return std::nullopt;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units must fall: `1h30m`, not `30m1h` or `1h1h`
  for (std::size_t i = 0; i < text.size();) {
    std::int64_t value = 0;
    const std::size_t start = i;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      if (value > (kMax - 9) / 10) return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
    if (i == start) return std::nullopt;
    const std::size_t name = i;
    while (i < text.size() && text[i] >= 'a' && text[i] <= 'z') ++i;
    const auto unit = find_unit(text.substr(name, i - name));
    if (!unit || *unit < next_unit) return std::nullopt;
    next_unit = *unit + 1;
    const std::int64_t scale = kUnits.at(*unit).nanoseconds;
    if (value > (kMax - total) / scale) return std::nullopt;
    total += value * scale;
  }
  return Duration{total};
}

std::string format_duration(Duration duration) {
  if (duration == Duration{0}) return "0s";
  std::string out;
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (duration < Duration{0}) {
    out = "-";
    rest = 0 - rest;
  }
  for (const Unit& unit : kUnits) {
    const auto scale = static_cast<std::uint64_t>(unit.nanoseconds);
    if (rest < scale) continue;
    out += std::to_string(rest / scale);
    out += unit.name;
    rest %= scale;
  }
  return out;
}

}  // namespace flotilla
