#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flotilla {

/// A size in bytes, so that limits cannot be mixed with counts.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

constexpr Bytes kib(std::uint64_t n) {
  return Bytes{n << 10};
}
constexpr Bytes mib(std::uint64_t n) {
  return Bytes{n << 20};
}
constexpr Bytes gib(std::uint64_t n) {
  return Bytes{n << 30};
}

/// Reads `512`, `512B`, `64KiB`, `16MiB`, `2GiB`, `1TiB` and the decimal `kB`, `MB`, `GB`, `TB`;
/// nullopt when malformed or too large.
std::optional<Bytes> parse_bytes(std::string_view text);
/// In the largest binary unit that divides it: `16MiB`.
std::string format_bytes(Bytes bytes);

}  // namespace flotilla
