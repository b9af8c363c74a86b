#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <system_error>

#include "json/decimal_internal.h"
#include "json/number_internal.h"

namespace flotilla::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

template <class T>
std::optional<T> to_integer(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end) return value;
  if (text.empty() || number_length(text) != text.size()) return std::nullopt;
  const Decimal decimal = to_decimal(text);
  if (decimal.is_zero()) return T{0};
  const auto length = static_cast<std::int64_t>(decimal.digits.size());
  constexpr std::int64_t kMostDigits = 20;  // of 2^64 - 1
  if (decimal.point < length || decimal.point > kMostDigits) return std::nullopt;
  std::string plain = decimal.negative ? "-" : "";
  plain += decimal.digits;
  plain.append(static_cast<std::size_t>(decimal.point - length), '0');
  end = plain.data() + plain.size();
  const auto [plain_stop, plain_error] = std::from_chars(plain.data(), end, value);
  if (plain_error == std::errc{} && plain_stop == end) return value;
  return std::nullopt;
}

template <class T>
void append_integer(T value, std::string& out) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

}  // namespace

std::size_t number_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  if (at == text.size() || !is_digit(text[at])) return 0;
  at = text[at] == '0' ? at + 1 : skip_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    const std::size_t stop = skip_digits(text, at + 1);
    if (stop == at + 1) return 0;
    at = stop;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t stop = skip_digits(text, at);
    if (stop == at) return 0;
    at = stop;
  }
  return at;
}

std::optional<std::int64_t> number_to_int64(std::string_view text) {
  return to_integer<std::int64_t>(text);
}

std::optional<std::uint64_t> number_to_uint64(std::string_view text) {
  return to_integer<std::uint64_t>(text);
}

std::optional<double> number_to_double(std::string_view text) {
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    // The library does not say on which side: too small is zero, too large is refused.
    const Decimal decimal = to_decimal(text);
    if (decimal.point > 0) return std::nullopt;
    return decimal.negative ? -0.0 : 0.0;
  }
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool number_is_finite(std::string_view text) {
  constexpr std::size_t kAlwaysFinite = 300;  // digits; the largest double has 309
  if (text.size() < kAlwaysFinite && text.find_first_of("eE") == std::string_view::npos) {
    return true;
  }
  return number_to_double(text).has_value();
}

void append_number(std::int64_t value, std::string& out) {
  append_integer(value, out);
}
void append_number(std::uint64_t value, std::string& out) {
  append_integer(value, out);
}

void append_number(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{}", value);
}

}  // namespace flotilla::json
