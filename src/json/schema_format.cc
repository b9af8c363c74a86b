#include "json/schema_format_internal.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "json/schema_pattern_internal.h"
#include "json/schema_uri_internal.h"

namespace flotilla::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes `count` digits from the front; -1 when there are fewer.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}
bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}
bool between(int value, int least, int most) {
  return value >= least && value <= most;
}

bool take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return false;
  const int month = take_number(text, 2);
  if (!between(month, 1, 12) || !take(text, '-')) return false;
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
  return between(take_number(text, 2), 1, days);
}

/// `Z` or `+01:00`, in minutes.
bool take_offset(std::string_view& text, int& offset) {
  offset = 0;
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return false;
  const int hours = take_number(text, 2);
  if (!between(hours, 0, 23) || !take(text, ':')) return false;
  const int minutes = take_number(text, 2);
  offset = (hours * 60 + minutes) * (west ? -1 : 1);
  return between(minutes, 0, 59);
}

/// RFC 3339 full-time; a leap second only in the last minute of a day in UTC.
bool take_time(std::string_view& text) {
  const int hours = take_number(text, 2);
  if (!between(hours, 0, 23) || !take(text, ':')) return false;
  const int minutes = take_number(text, 2);
  if (!between(minutes, 0, 59) || !take(text, ':')) return false;
  const int seconds = take_number(text, 2);
  if (!between(seconds, 0, 60)) return false;
  if (take(text, '.')) {
    const std::size_t digits =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  int offset = 0;
  if (!take_offset(text, offset)) return false;
  constexpr int kDay = 24 * 60;
  return seconds < 60 || (hours * 60 + minutes - offset + kDay) % kDay == kDay - 1;
}

bool is_date(std::string_view text) {
  return take_date(text) && text.empty();
}
bool is_time(std::string_view text) {
  return take_time(text) && text.empty();
}
bool is_date_time(std::string_view text) {
  if (!take_date(text) || (!take(text, 'T') && !take(text, 't'))) return false;
  return is_time(text);
}

/// Components in the order of `units`, each a number and its letter; at least one.
bool take_components(std::string_view& text, std::string_view units) {
  std::size_t next = 0;
  bool any = false;
  while (!text.empty() && is_digit(text.front())) {
    text.remove_prefix(
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin()));
    if (text.empty()) return false;
    const std::size_t unit = units.find(text.front(), next);
    // RFC 3339 appendix A lets no unit in between be left out.
    if (unit == std::string_view::npos || (any && unit != next)) return false;
    text.remove_prefix(1);
    next = unit + 1;
    any = true;
  }
  return any;
}

bool is_duration(std::string_view text) {
  if (!take(text, 'P') || text.empty()) return false;
  if (text.ends_with('W')) return take_components(text, "W") && text.empty();
  if (!text.starts_with('T') && !take_components(text, "YMD")) return false;
  if (take(text, 'T') && !take_components(text, "HMS")) return false;
  return text.empty();
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// RFC 5321 section 4.1.2: a dot-string or a quoted one.
bool is_local_part(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && ++i == text.size()) return false;
      if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) return false;
    }
    return true;
  }
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  constexpr std::string_view kAllowed = "!#$%&'*+-/=?^_`{|}~.";
  const bool known = std::ranges::all_of(text, [kAllowed](char c) {
    return is_letter(c) || is_digit(c) || kAllowed.find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  return known && text.find("..") == std::string_view::npos;
}

bool is_idn_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_local_part(text.substr(0, at))) return false;
  std::string_view domain = text.substr(at + 1);
  if (!domain.starts_with('[')) {
    return is_ascii(domain) ? is_hostname(domain) : !domain.empty();
  }
  if (!domain.ends_with(']')) return false;
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? is_ipv6(domain.substr(5)) : is_ipv4(domain);
}

bool is_email(std::string_view text) {
  return is_ascii(text) && is_idn_email(text);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (digits == 0 || (digits > 1 && text.front() == '0')) return false;
  text.remove_prefix(digits);
  return text == "#" || is_json_pointer(text);
}

bool is_regex(std::string_view text) {
  return translate_pattern(text).has_value();
}

constexpr auto kFormats = std::to_array<Format>({
    {"date-time", "a date and time such as 2026-01-31T12:00:00Z", is_date_time},
    {"date", "a date such as 2026-01-31", is_date},
    {"time", "a time such as 12:00:00Z", is_time},
    {"duration", "a duration such as P1DT2H", is_duration},
    {"email", "an e-mail address", is_email},
    {"idn-email", "an e-mail address", is_idn_email},
    {"hostname", "a host name", is_hostname},
    {"ipv4", "an IPv4 address", is_ipv4},
    {"ipv6", "an IPv6 address", is_ipv6},
    {"uri", "an absolute URI", is_uri},
    {"uri-reference", "a URI or a relative reference", is_uri_reference},
    {"iri", "an absolute IRI", is_iri},
    {"iri-reference", "an IRI or a relative reference", is_iri_reference},
    {"uri-template", "a URI template", is_uri_template},
    {"uuid", "a UUID", is_uuid},
    {"json-pointer", "a JSON pointer", is_json_pointer},
    {"relative-json-pointer", "a relative JSON pointer", is_relative_json_pointer},
    {"regex", "a regular expression", is_regex},
});

}  // namespace

const Format* find_format(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace flotilla::json
