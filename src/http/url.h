#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flotilla::http {

/// Longest URL that is accepted.
inline constexpr std::size_t kUrlLimit = std::size_t{8} << 10;

/// An absolute http or https URL (RFC 3986, RFC 9110 section 4.2) in the parts a client needs.
struct Url {
  bool tls = false;
  /// Lower case without a final dot; IPv6 in canonical text without brackets.
  std::string host;
  bool ipv6 = false;
  std::uint16_t port = 0;
  /// Path and query as given, at least "/"; the fragment is dropped.
  std::string target;

  /// Value of the Host field: the port only where it is not the scheme's.
  [[nodiscard]] std::string authority() const;
  /// "https://host:port" without a default port.
  [[nodiscard]] std::string origin() const;
  [[nodiscard]] std::string to_string() const { return origin() + target; }
  [[nodiscard]] bool same_peer(const Url& other) const {
    return host == other.host && port == other.port;
  }
};

/// Strict: user info, whitespace, control and non-ASCII characters, characters that RFC 3986 does
/// not allow, broken percent escapes and malformed ports are invalid_argument. A host such as
/// `0x7f.1` is a name here; what it resolves to is for the egress policy.
Result<Url> parse_url(std::string_view text);

/// A Location field against the URL it came from (RFC 3986 section 5.2).
Result<Url> resolve_reference(const Url& base, std::string_view reference);

}  // namespace flotilla::http
