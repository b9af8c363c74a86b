// Formats of addresses and URIs.

#include <algorithm>
#include <array>
#include <optional>

#include "json/schema_format_internal.h"
#include "json/schema_uri_internal.h"

namespace flotilla::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Calls `check` with each part between separators; true when all of them are.
template <class F>
bool all_parts(std::string_view text, char separator, F check) {
  while (true) {
    const std::size_t end = text.find(separator);
    if (!check(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

/// Groups of a part of an IPv6 address, the last of which may be an IPv4 address for two; -1 if
/// broken.
int groups(std::string_view text, bool last) {
  if (text.empty()) return 0;
  int count = 0;
  const bool fine = all_parts(text, ':', [&](std::string_view group) {
    if (last && group.data() + group.size() == text.data() + text.size() && is_ipv4(group)) {
      count += 2;
      return true;
    }
    ++count;
    return !group.empty() && group.size() <= 4 && std::ranges::all_of(group, is_hex);
  });
  return fine ? count : -1;
}

enum class Letters { ascii, unicode };

/// Unreserved and escaped characters, sub-delimiters, and `extra` (RFC 3986 section 3.3).
bool has_only(std::string_view text, std::string_view extra, Letters letters) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
      continue;
    }
    const bool plain = is_letter(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos ||
                       extra.find(c) != std::string_view::npos ||
                       (letters == Letters::unicode && static_cast<unsigned char>(c) >= 0x80);
    if (!plain) return false;
  }
  return true;
}

bool is_authority(std::string_view text, Letters letters) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!has_only(text.substr(0, at), ":", letters)) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, end - 1);
    const bool future = address.starts_with('v') && has_only(address, ":", letters);
    if (!future && !is_ipv6(address)) return false;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const std::size_t colon = text.find(':');
    if (!has_only(text.substr(0, colon), "", letters)) return false;
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  return std::ranges::all_of(port, is_digit);
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool is_reference(std::string_view text, Letters letters, bool absolute) {
  const UriParts parts = split_uri(text);
  if (parts.scheme ? !is_scheme(*parts.scheme) : absolute) return false;
  if (parts.authority && !is_authority(*parts.authority, letters)) return false;
  if (!parts.scheme && !parts.authority) {
    const std::string_view first = parts.path.substr(0, parts.path.find('/'));
    if (first.find(':') != std::string_view::npos) return false;
  }
  return has_only(parts.path, ":@/", letters) &&
         has_only(parts.query.value_or(""), ":@/?", letters) &&
         has_only(parts.fragment.value_or(""), ":@/?", letters);
}

bool is_template_variable(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view length = text.substr(colon + 1);
    if (length.empty() || length.size() > 4 || !std::ranges::all_of(length, is_digit)) return false;
    text = text.substr(0, colon);
  }
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '%';
  });
}

}  // namespace

bool is_ipv4(std::string_view text) {
  int count = 0;
  const bool fine = all_parts(text, '.', [&count](std::string_view part) {
    ++count;
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit)) return false;
    if (part.size() > 1 && part.front() == '0') return false;
    return part.size() < 3 || part <= "255";
  });
  return fine && count == 4;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return groups(text, true) == 8;
  const int before = groups(text.substr(0, gap), false);
  const int after = groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after < 8;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  return all_parts(text, '.', [](std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    // Hyphens there are kept for encodings, of which there is one (RFC 5891 section 4.2.3.1).
    if (label.size() > 3 && label.substr(2, 2) == "--" && !label.starts_with("xn") &&
        !label.starts_with("XN"))
      return false;
    return std::ranges::all_of(label,
                               [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  });
}

bool is_uri(std::string_view text) {
  return is_reference(text, Letters::ascii, true);
}
bool is_uri_reference(std::string_view text) {
  return is_reference(text, Letters::ascii, false);
}
bool is_iri(std::string_view text) {
  return is_reference(text, Letters::unicode, true);
}
bool is_iri_reference(std::string_view text) {
  return is_reference(text, Letters::unicode, false);
}

bool is_uri_template(std::string_view text) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    if (text.substr(0, open).find_first_of("} \"'<>\\^`|") != std::string_view::npos) return false;
    if (open == std::string_view::npos) return true;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return false;
    std::string_view expression = text.substr(open + 1, close - open - 1);
    if (expression.find_first_of("+#./;?&=,!@|") == 0) expression.remove_prefix(1);
    if (!all_parts(expression, ',', is_template_variable)) return false;
    text.remove_prefix(close + 1);
  }
  return true;
}

}  // namespace flotilla::json
