#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace flotilla::app {

struct ListenAddress {
  std::string address;  // numeric IPv4 or IPv6
  std::uint16_t port = 0;
  [[nodiscard]] bool loopback() const;
  /// As it stands in a URL: IPv6 in brackets.
  [[nodiscard]] std::string host() const;
};

/// `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`, `:8080` (all addresses). `key` is the
/// configuration key that a fault names.
Result<ListenAddress> parse_listen_address(std::string_view text, std::string_view key = "listen");

/// Host (and port, when given) of an http(s) URL; nullopt for an empty or malformed one.
std::optional<std::string> host_of_url(std::string_view url);

}  // namespace flotilla::app
