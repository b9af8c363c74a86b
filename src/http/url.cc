#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace flotilla::http {
namespace {

constexpr std::size_t kHostLimit = 253;
constexpr std::size_t kHostLabelLimit = 63;

Error bad_url(std::string why) {
  return invalid("url", std::move(why));
}

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

// unreserved, sub-delims and ":@/?" of RFC 3986.
bool is_target_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~!$&'()*+,;=:@/?").find(c) != std::string_view::npos;
}

Result<> check_target(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c == '%') {
      if (i + 2 >= target.size() || !is_hex(target[i + 1]) || !is_hex(target[i + 2])) {
        return fail(bad_url("'%' must be followed by two hexadecimal digits"));
      }
    } else if (!is_target_char(c)) {
      return fail(bad_url("a character in path or query must be percent-encoded"));
    }
  }
  return ok();
}

Result<std::string> parse_ipv6(std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) {
    return fail(bad_url("the host is not an IPv6 address (zones are not allowed)"));
  }
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return std::string(out.data());
}

Result<std::string> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return fail(bad_url("the host is missing"));
  if (text.size() > kHostLimit) return fail(bad_url("the host is longer than 253 characters"));
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return fail(bad_url("the host has an empty label"));
      label = 0;
      continue;
    }
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') {
      return fail(
          bad_url("the host may hold letters, digits, '-', '_' and '.' only (use punycode)"));
    }
    if (++label > kHostLabelLimit) {
      return fail(bad_url("a label of the host is longer than 63 characters"));
    }
  }
  return to_lower(text);
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool digits = !text.empty() && std::ranges::all_of(text, is_digit);
  if (!digits || error != std::errc{} || stop != end || value == 0 || value > 65535) {
    return fail(bad_url("the port must be a number from 1 to 65535"));
  }
  return static_cast<std::uint16_t>(value);
}

// Fills host, ipv6 and port (left 0 when absent) from what stands between "//" and the path.
Result<> parse_authority(std::string_view text, Url& url) {
  if (text.contains('@')) {
    return fail(bad_url("user info is not allowed; send credentials in a header"));
  }
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return fail(bad_url("the host lacks its ']'"));
    TRY(host, parse_ipv6(text.substr(1, close - 1)));
    url.host = std::move(host);
    url.ipv6 = true;
    const auto rest = text.substr(close + 1);
    if (rest.starts_with(':')) {
      port = rest.substr(1);
    } else if (!rest.empty()) {
      return fail(bad_url("only a port may follow ']'"));
    }
  } else {
    const auto colon = text.find(':');
    TRY(host, parse_name(text.substr(0, colon)));
    url.host = std::move(host);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (port) {
    TRY(number, parse_port(*port));
    url.port = number;
  }
  return ok();
}

// RFC 3986 section 5.2.4; the path starts with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  std::string out;
  for (const auto segment : kept) out.append("/").append(segment);
  if (directory || out.empty()) out.push_back('/');
  return out;
}

}  // namespace

std::string Url::authority() const {
  std::string out;
  if (ipv6) {
    out.append("[").append(host).append("]");
  } else {
    out = host;
  }
  if (port != (tls ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + authority();
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlLimit) return fail(bad_url("longer than 8192 characters"));
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return fail(bad_url("must be absolute: http://HOST/PATH or https://HOST/PATH"));
  }
  const auto scheme = to_lower(text.substr(0, colon));
  Url url;
  url.tls = scheme == "https";
  if (!url.tls && scheme != "http") return fail(bad_url("the scheme must be http or https"));
  text.remove_prefix(colon + 3);
  const auto end = text.find_first_of("/?#");
  TRY_VOID(parse_authority(text.substr(0, end), url));
  if (url.port == 0) url.port = url.tls ? 443 : 80;
  auto target = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  const auto fragment = target.find('#');
  if (fragment != std::string_view::npos) {
    TRY_VOID(check_target(target.substr(fragment + 1)));
    target = target.substr(0, fragment);
  }
  TRY_VOID(check_target(target));
  if (!target.starts_with('/')) url.target = "/";
  url.target.append(target);
  return url;
}

Result<Url> resolve_reference(const Url& base, std::string_view reference) {
  const auto colon = reference.find(':');
  const auto delimiter = reference.find_first_of("/?#");
  if (colon != std::string_view::npos &&
      (delimiter == std::string_view::npos || colon < delimiter)) {
    return parse_url(reference);
  }
  const std::string scheme = base.tls ? "https:" : "http:";
  if (reference.starts_with("//")) return parse_url(scheme + std::string(reference));

  const std::string_view base_target = base.target;
  const auto base_path = base_target.substr(0, base_target.find('?'));
  const auto path = reference.substr(0, reference.find_first_of("?#"));
  const auto rest = reference.substr(path.size());
  std::string merged;
  if (path.starts_with('/')) {
    merged = remove_dot_segments(path);
  } else if (!path.empty()) {
    std::string joined(base_path.substr(0, base_path.rfind('/') + 1));
    joined.append(path);
    merged = remove_dot_segments(joined);
  } else if (rest.starts_with('?')) {
    merged = base_path;
  } else {
    merged = base_target;
  }
  return parse_url(base.origin() + merged + std::string(rest));
}

}  // namespace flotilla::http
