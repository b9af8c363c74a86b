#include "agents/memory/memory_vector.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "agents/memory/memory_store.h"

namespace flotilla::agents {

static_assert(std::endian::native == std::endian::little, "stored vectors are little-endian");

Result<std::string> pack_vector(std::span<const float> values) {
  if (values.empty() || values.size() > kMaxVectorDimensions)
    return fail(invalid("/vector", fmt::format("has {} dimensions, but needs 1 to {}",
                                               values.size(), kMaxVectorDimensions)));
  double square = 0;
  for (const float value : values) square += double{value} * double{value};
  if (!std::isfinite(square) || square <= 0)
    return fail(invalid("/vector", "has no direction: it is all zero, or not finite"));
  const double scale = 1.0 / std::sqrt(square);
  std::string packed(values.size() * sizeof(float), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<float>(values[i] * scale);
    std::memcpy(packed.data() + i * sizeof(float), &value, sizeof(float));
  }
  return packed;
}

double packed_cosine(std::string_view one, std::string_view other) {
  // Sixteen sums side by side: one alone may not be reordered, so it would not be vectorised.
  constexpr std::size_t kLanes = 16;
  constexpr std::size_t kStep = kLanes * sizeof(float);
  if (one.size() != other.size()) return 0;
  std::array<float, kLanes> sums{};
  std::array<float, kLanes> a{};
  std::array<float, kLanes> b{};
  std::size_t at = 0;
  for (; at + kStep <= one.size(); at += kStep) {
    std::memcpy(a.data(), one.data() + at, kStep);
    std::memcpy(b.data(), other.data() + at, kStep);
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += a[i] * b[i];
  }
  if (at < one.size()) {
    a.fill(0);
    b.fill(0);
    std::memcpy(a.data(), one.data() + at, one.size() - at);
    std::memcpy(b.data(), other.data() + at, one.size() - at);
    for (std::size_t i = 0; i < kLanes; ++i) sums[i] += a[i] * b[i];
  }
  double sum = 0;
  for (const float each : sums) sum += double{each};
  return sum;
}

}  // namespace flotilla::agents
