#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace flotilla {

/// Source of random bytes; tests give a seeded one. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* bytes, std::size_t count) = 0;
};
/// getrandom(2), buffered per thread.
Random& system_random();

/// 128-bit UUID (RFC 9562).
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  /// Lower-case 8-4-4-4-12.
  [[nodiscard]] std::string to_string() const;
};
std::optional<Uuid> parse_uuid(std::string_view text);
/// Version 7: time-ordered, monotonic within the process (RFC 9562 section 6.2, method 1), so
/// that new rows land at the right edge of their index.
Uuid make_uuid_v7(Time now, Random& random);

/// A UUID that cannot be mistaken for one of another thing: `using TaskId = Id<struct TaskTag>`.
template <class Tag>
struct Id {
  Uuid uuid;
  auto operator<=>(const Id&) const = default;
  [[nodiscard]] std::string to_string() const { return uuid.to_string(); }
  static std::optional<Id> parse(std::string_view text) {
    auto uuid = parse_uuid(text);
    if (!uuid) return std::nullopt;
    return Id{*uuid};
  }
};

/// RFC 1123 label: 1 to 63 of [a-z0-9-], alphanumeric at both ends.
bool is_label(std::string_view text);

}  // namespace flotilla

template <>
struct std::hash<flotilla::Uuid> {
  std::size_t operator()(const flotilla::Uuid& uuid) const noexcept;
};
template <class Tag>
struct std::hash<flotilla::Id<Tag>> {
  std::size_t operator()(const flotilla::Id<Tag>& id) const noexcept {
    return std::hash<flotilla::Uuid>{}(id.uuid);
  }
};
