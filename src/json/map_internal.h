#pragma once

// The templates behind json/map.h. They only walk the described members; what does not depend on
// the type (errors, name matching, scalars) is compiled once in map.cc.

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
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
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "json/json.h"
#include "json/map.h"
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

struct EnumName {
  std::string_view name;  // empty: not on the wire
  std::int64_t value;
};
bool read_enum(ReadContext& context, Value& value, std::span<const EnumName> names,
               std::int64_t& out);
std::string_view enum_name(std::span<const EnumName> names, std::int64_t value);

void write_time(Time time, std::string& out);
void write_duration(Duration duration, std::string& out);
void write_uuid(const Uuid& uuid, std::string& out);
void write_base64(const Base64& data, std::string& out);
void write_signed(std::int64_t value, std::string& out);
void write_unsigned(std::uint64_t value, std::string& out);
void write_double(double value, std::string& out);
std::string base64_text(const Base64& data);

inline constexpr std::size_t kNoMember = std::numeric_limits<std::size_t>::max();

/// Assigns the members of the object to the names: found[i] is names[i]'s value or null. Members
/// without a name go to `extra` if there is one, and are refused in strict reading.
bool match_members(ReadContext& context, Value& value, std::span<const std::string_view> names,
                   std::size_t extra_index, Value** found, Object* extra);
/// Writes what does not hide a described member, each followed by a comma.
void write_extra(const Object& extra, std::span<const std::string_view> names, std::string& out);
void set_extra(const Object& extra, std::span<const std::string_view> names, Object& out);
/// Turns the last comma into the closing brace.
void end_members(std::string& out);

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsPointer = false;
template <class T>
inline constexpr bool kIsPointer<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool kIsId = false;
template <class Tag>
inline constexpr bool kIsId<Id<Tag>> = true;

/// May be absent when read, is left out when empty.
template <class T>
inline constexpr bool kMayBeAbsent =
    kIsOptional<T> || kIsPointer<T> || kIsVector<T> || kIsMap<T> || std::same_as<T, Object>;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
using DescribedMembers = boost::describe::describe_members<T, boost::describe::mod_public |
                                                                  boost::describe::mod_inherited>;

constexpr std::string_view wire_member_name(std::string_view name) {
  if (name.size() > 1 && name.ends_with('_')) name.remove_suffix(1);
  return name;
}

/// M is what Boost.Describe gives for a member: `pointer` and `name`.
template <class T, class M>
using MemberType = std::remove_cvref_t<decltype(std::declval<T&>().*M::pointer)>;

template <class M>
struct MemberName {
  static constexpr std::string_view name = wire_member_name(M::name);
  /// `"name":`
  static constexpr auto key = [] {
    std::array<char, name.size() + 3> out{};
    out[0] = '"';
    for (std::size_t i = 0; i < name.size(); ++i) out[i + 1] = name[i];
    out[name.size() + 1] = '"';
    out[name.size() + 2] = ':';
    return out;
  }();
};

template <class T, class M>
inline constexpr bool kIsExtra =
    MemberName<M>::name == "extra" && std::same_as<MemberType<T, M>, Object>;

template <class T, class... M>
struct MemberTable {
  static constexpr std::array<std::string_view, sizeof...(M)> names{MemberName<M>::name...};
  static constexpr std::size_t extra = [] {
    std::size_t index = 0;
    std::size_t found = kNoMember;
    ((kIsExtra<T, M> ? void(found = index++) : void(++index)), ...);
    return found;
  }();
};

template <class T>
consteval bool takes_defaults() {
  if constexpr (requires(const T* p) { has_defaults(p); }) {
    return has_defaults(static_cast<const T*>(nullptr));
  } else {
    return false;
  }
}

template <class T, class M>
consteval bool is_always_written() {
  if constexpr (requires(const T* p) { always_written(p, MemberName<M>::name); }) {
    return always_written(static_cast<const T*>(nullptr), MemberName<M>::name);
  } else {
    return false;
  }
}

template <DescribedEnum E, template <class...> class List, class... D>
std::vector<EnumName> list_enum_names(List<D...>*) {
  if constexpr (requires(E e) { std::string_view(wire_name(e)); }) {
    return {EnumName{wire_name(D::value), static_cast<std::int64_t>(D::value)}...};
  } else {
    return {EnumName{wire_member_name(D::name), static_cast<std::int64_t>(D::value)}...};
  }
}

template <DescribedEnum E>
std::span<const EnumName> enum_names() {
  static const std::vector<EnumName> names =
      list_enum_names<E>(static_cast<boost::describe::describe_enumerators<E>*>(nullptr));
  return names;
}

// Reading

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

// Writing

template <class T>
void map_write(const T& data, std::string& out);
template <class T>
Value map_to_value(const T& data);

template <class T>
bool is_left_out(const T& field) {
  if constexpr (kIsOptional<T> || kIsPointer<T>) {
    return !field;
  } else if constexpr (kMayBeAbsent<T>) {
    return field.empty();
  } else {
    return false;
  }
}

template <class T, class... M>
void map_write_member_list(const T& data, std::string& out) {
  const auto one = [&]<class N>(std::type_identity<N>) {
    const auto& field = data.*N::pointer;
    if constexpr (kIsExtra<T, N>) {
      write_extra(field, MemberTable<T, M...>::names, out);
    } else {
      if (!is_always_written<T, N>() && is_left_out(field)) return;
      out.append(MemberName<N>::key.data(), MemberName<N>::key.size());
      map_write(field, out);
      out += ',';
    }
  };
  (one(std::type_identity<M>{}), ...);
}

template <class T, template <class...> class List, class... M>
void map_write_members(const T& data, std::string& out, List<M...>*) {
  out += '{';
  map_write_member_list<T, M...>(data, out);
  end_members(out);
}

template <class T>
void map_write_elements(const std::vector<T>& data, std::string& out) {
  out += '[';
  for (const auto& element : data) {
    map_write<T>(element, out);
    out += ',';
  }
  if (data.empty()) {
    out += ']';
  } else {
    out.back() = ']';
  }
}

template <class T>
void map_write_map(const std::map<std::string, T>& data, std::string& out) {
  out += '{';
  for (const auto& [name, member] : data) {
    write_string(name, out);
    out += ':';
    map_write(member, out);
    out += ',';
  }
  end_members(out);
}

template <class T>
void map_write(const T& data, std::string& out) {
  if constexpr (std::same_as<T, bool>) {
    out += data ? "true" : "false";
  } else if constexpr (Integer<T> && std::is_signed_v<T>) {
    write_signed(data, out);
  } else if constexpr (Integer<T>) {
    write_unsigned(data, out);
  } else if constexpr (std::same_as<T, double>) {
    write_double(data, out);
  } else if constexpr (std::same_as<T, std::string>) {
    write_string(data, out);
  } else if constexpr (std::same_as<T, Time>) {
    write_time(data, out);
  } else if constexpr (std::same_as<T, Duration>) {
    write_duration(data, out);
  } else if constexpr (std::same_as<T, Uuid>) {
    write_uuid(data, out);
  } else if constexpr (kIsId<T>) {
    write_uuid(data.uuid, out);
  } else if constexpr (std::same_as<T, Base64>) {
    write_base64(data, out);
  } else if constexpr (std::same_as<T, Value>) {
    write(static_cast<const Value&>(data), out);
  } else if constexpr (std::same_as<T, Object>) {
    out += '{';
    write_extra(data, {}, out);
    end_members(out);
  } else if constexpr (kIsOptional<T> || kIsPointer<T>) {
    if (data) {
      map_write(*data, out);
    } else {
      out += "null";
    }
  } else if constexpr (kIsVector<T>) {
    map_write_elements(data, out);
  } else if constexpr (kIsMap<T>) {
    map_write_map(data, out);
  } else if constexpr (std::is_enum_v<T>) {
    write_string(enum_name(enum_names<T>(), static_cast<std::int64_t>(data)), out);
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    map_write_members(data, out, static_cast<DescribedMembers<T>*>(nullptr));
  }
}

// To values

template <class T, template <class...> class List, class... M>
Object map_members_to_object(const T& data, List<M...>*) {
  Object out;
  const auto one = [&]<class N>(std::type_identity<N>) {
    const auto& field = data.*N::pointer;
    if constexpr (kIsExtra<T, N>) {
      set_extra(field, MemberTable<T, M...>::names, out);
    } else {
      if (!is_always_written<T, N>() && is_left_out(field)) return;
      out.append(std::string(MemberName<N>::name), map_to_value(field));
    }
  };
  (one(std::type_identity<M>{}), ...);
  return out;
}

template <class T>
Value map_to_value(const T& data) {
  if constexpr (std::same_as<T, bool> || Integer<T> || std::same_as<T, double> ||
                std::same_as<T, std::string> || std::same_as<T, Value> || std::same_as<T, Object> ||
                std::same_as<T, Array>) {
    return Value(data);
  } else if constexpr (std::same_as<T, Time>) {
    return format_time(data);
  } else if constexpr (std::same_as<T, Duration>) {
    return format_duration(data);
  } else if constexpr (std::same_as<T, Uuid> || kIsId<T>) {
    return data.to_string();
  } else if constexpr (std::same_as<T, Base64>) {
    return base64_text(data);
  } else if constexpr (kIsOptional<T> || kIsPointer<T>) {
    return data ? map_to_value(*data) : Value();
  } else if constexpr (kIsVector<T>) {
    Array array;
    array.reserve(data.size());
    for (const auto& element : data) {
      array.push_back(map_to_value<typename T::value_type>(element));
    }
    return array;
  } else if constexpr (kIsMap<T>) {
    Object object;
    for (const auto& [name, member] : data) object.append(name, map_to_value(member));
    return object;
  } else if constexpr (std::is_enum_v<T>) {
    return enum_name(enum_names<T>(), static_cast<std::int64_t>(data));
  } else {
    static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
    return map_members_to_object(data, static_cast<DescribedMembers<T>*>(nullptr));
  }
}

// The public functions

template <class T>
Result<T> read(const Value& value, const ReadOptions& options) {
  ReadContext context(options, false);
  T out{};
  // Nothing is changed without `consume`; one reader serves both ways.
  if (!map_read(context, const_cast<Value&>(value), out)) return fail(context.error());
  return out;
}

template <class T>
Result<T> read(Value&& value, const ReadOptions& options) {
  ReadContext context(options, true);
  T out{};
  if (!map_read(context, value, out)) return fail(context.error());
  return out;
}

template <class T>
Result<T> from_text(std::string_view text, const ReadOptions& options) {
  TRY(value, parse(text));
  return read<T>(std::move(value), options);
}

template <class T>
void write(const T& data, std::string& out) {
  map_write(data, out);
}

template <class T>
std::string to_text(const T& data) {
  std::string out;
  map_write(data, out);
  return out;
}

template <class T>
Value to_value(const T& data) {
  return map_to_value(data);
}

}  // namespace flotilla::json
