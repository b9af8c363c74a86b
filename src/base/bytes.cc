#include "base/bytes.h"

#include <array>
#include <limits>

namespace flotilla {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};
// Binary units first, largest first: format_bytes() uses those.
constexpr std::array<Unit, 9> kUnits{{{"TiB", 1ULL << 40},
                                      {"GiB", 1ULL << 30},
                                      {"MiB", 1ULL << 20},
                                      {"KiB", 1ULL << 10},
                                      {"B", 1},
                                      {"TB", 1'000'000'000'000},
                                      {"GB", 1'000'000'000},
                                      {"MB", 1'000'000},
                                      {"kB", 1'000}}};

std::optional<std::uint64_t> scale_of(std::string_view name) {
  if (name.empty()) return 1;
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.scale;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> parse_bytes(std::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
    if (value > (kMax - 9) / 10) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  if (i == 0) return std::nullopt;
  const auto scale = scale_of(text.substr(i));
  if (!scale || value > kMax / *scale) return std::nullopt;
  return Bytes{value * *scale};
}

std::string format_bytes(Bytes bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes.count >= unit.scale && bytes.count % unit.scale == 0) {
      return std::to_string(bytes.count / unit.scale) + std::string(unit.name);
    }
  }
  return "0B";
}

}  // namespace flotilla
