#pragma once

// Structs from values. Included by json/map_internal.h.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "json/map_describe_internal.h"
#include "json/map_types.h"
#include "json/value.h"

namespace flotilla::json {

/// One reading of a value: its options and, after a failure, what was wrong and where. The pointer
/// is put together while the failure travels up, so that success pays nothing for it.
class ReadContext {
 public:
  /// With `consume` strings and values are moved out of what is read.
  ReadContext(const ReadOptions& options, bool consume) : options_(options), consume_(consume) {}
  [[nodiscard]] bool strict() const { return options_.strict; }
  [[nodiscard]] bool proto_names() const { return options_.proto_names; }
  [[nodiscard]] bool consume() const { return consume_; }

  // All return false, so that a failing reader says `return context.fail(...)`.
  bool fail(std::string what);
  bool within(std::string_view name);
  bool within(std::size_t index);
  [[nodiscard]] Error error() const;

 private:
  const ReadOptions& options_;
  bool consume_;
  std::string what_;
  std::vector<std::string> path_;  // innermost first
};

// Scalars and whole values.
bool read_bool(ReadContext& context, Value& value, bool& out);
bool read_signed(ReadContext& context, Value& value, std::int64_t low, std::int64_t high,
                 std::int64_t& out);
bool read_unsigned(ReadContext& context, Value& value, std::uint64_t high, std::uint64_t& out);
bool read_double(ReadContext& context, Value& value, double& out);
bool read_string(ReadContext& context, Value& value, std::string& out);
bool read_time(ReadContext& context, Value& value, Time& out);
bool read_duration(ReadContext& context, Value& value, Duration& out);
bool read_uuid(ReadContext& context, Value& value, Uuid& out);
bool read_base64(ReadContext& context, Value& value, Base64& out);
bool read_value(ReadContext& context, Value& value, Value& out);
bool read_object(ReadContext& context, Value& value, Object& out);
bool read_array(ReadContext& context, Value& value, Array& out);
Array* expect_array(ReadContext& context, Value& value);
Object* expect_object(ReadContext& context, Value& value);

bool read_enum(ReadContext& context, Value& value, std::span<const EnumName> names,
               std::int64_t& out);

/// Assigns the members of the object to the names: found[i] is names[i]'s value or null. Members
/// without a name go to `extra` if there is one, and are refused in strict reading.
bool match_members(ReadContext& context, Value& value, std::span<const std::string_view> names,
                   std::size_t extra_index, Value** found, Object* extra);
template <class T>
bool map_read(ReadContext& context, Value& value, T& out);

template <Integer T>
bool map_read_integer(ReadContext& context, Value& value, T& out) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = 0;
    if (!read_signed(context, value, Limits::min(), Limits::max(), wide)) return false;
    out = static_cast<T>(wide);
  } else {
    std::uint64_t wide = 0;
    if (!read_unsigned(context, value, Limits::max(), wide)) return false;
    out = static_cast<T>(wide);
  }
  return true;
}

template <class T>
bool map_read_vector(ReadContext& context, Value& value, std::vector<T>& out) {
  Array* array = expect_array(context, value);
  if (array == nullptr) return false;
  out.clear();
  out.reserve(array->size());
  for (Value& element : *array) {
    if constexpr (std::same_as<T, bool>) {
      bool flag = false;
      if (!read_bool(context, element, flag)) return context.within(out.size());
      out.push_back(flag);
    } else if (!map_read(context, element, out.emplace_back())) {
      return context.within(out.size() - 1);
    }
  }
  return true;
}

template <class T>
bool map_read_map(ReadContext& context, Value& value, std::map<std::string, T>& out) {
  Object* object = expect_object(context, value);
  if (object == nullptr) return false;
  out.clear();
  for (auto& [name, member] : object->members()) {
    if (!map_read(context, member, out[name])) return context.within(name);
  }
  return true;
}

/// `found` is null when the member is absent.
template <class T, class M>
bool map_read_member(ReadContext& context, Value* found, T& data) {
  using Field = MemberType<T, M>;
  constexpr bool kKeepsNull =
      std::same_as<Field, Value> || std::same_as<Field, std::optional<Value>>;
  if constexpr (kIsExtra<T, M>) {
    return true;
  } else {
    if (found == nullptr || (!kKeepsNull && found->is_null())) {
      if constexpr (kMayBeAbsent<Field> || takes_defaults<T>()) return true;
      context.fail("required member is missing");
      return context.within(MemberName<M>::name);
    }
    if (map_read(context, *found, data.*M::pointer)) return true;
    return context.within(MemberName<M>::name);
  }
}

template <class T, template <class...> class List, class... M>
bool map_read_members(ReadContext& context, Value& value, T& out, List<M...>*) {
  using Table = MemberTable<T, M...>;
  std::array<Value*, sizeof...(M)> found{};
  Object* extra = nullptr;
  (
      [&] {
        if constexpr (kIsExtra<T, M>) extra = &(out.*M::pointer);
      }(),
      ...);
  if (!match_members(context, value, Table::names, Table::extra, found.data(), extra)) return false;
  std::size_t index = 0;
  return (map_read_member<T, M>(context, found[index++], out) && ...);
}

template <class T>
bool map_read(ReadContext& context, Value& value, T& out) {
  if constexpr (std::same_as<T, bool>) {
    return read_bool(context, value, out);
  } else if constexpr (Integer<T>) {
    return map_read_integer(context, value, out);
  } else if constexpr (std::same_as<T, double>) {
    return read_double(context, value, out);
  } else if constexpr (std::same_as<T, std::string>) {
    return read_string(context, value, out);
  } else if constexpr (std::same_as<T, Time>) {
    return read_time(context, value, out);
  } else if constexpr (std::same_as<T, Duration>) {
    return read_duration(context, value, out);
  } else if constexpr (std::same_as<T, Uuid>) {
    return read_uuid(context, value, out);
  } else if constexpr (kIsId<T>) {
    return read_uuid(context, value, out.uuid);
  } else if constexpr (std::same_as<T, Base64>) {
    return read_base64(context, value, out);
  } else if constexpr (std::same_as<T, Value>) {
    return read_value(context, value, out);
  } else if constexpr (std::same_as<T, std::optional<Value>>) {
    return read_value(context, value, out.emplace());
  } else if constexpr (std::same_as<T, Object>) {
    return read_object(context, value, out);
  } else if constexpr (std::same_as<T, Array>) {
    return read_array(context, value, out);
  } else if constexpr (kIsOptional<T>) {
    out.reset();
    return value.is_null() || map_read(context, value, out.emplace());
  } else if constexpr (kIsPointer<T>) {
    out.reset();
    if (value.is_null()) return true;
    out = std::make_unique<typename T::element_type>();
    return map_read(context, value, *out);
  } else if constexpr (kIsVector<T>) {
    return map_read_vector(context, value, out);
  } else if constexpr (kIsMap<T>) {
    return map_read_map(context, value, out);
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(DescribedEnum<T>, "describe the enum with BOOST_DESCRIBE_ENUM");
    std::int64_t number = 0;
    if (!read_enum(context, value, enum_names<T>(), number)) return false;
    out = static_cast<T>(number);
    return true;
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    return map_read_members(context, value, out, static_cast<DescribedMembers<T>*>(nullptr));
  }
}

}  // namespace flotilla::json
