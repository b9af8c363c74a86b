#pragma once

// Structs to text and to values. Included by json/map_internal.h.

#include <concepts>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "json/json.h"
#include "json/map_describe_internal.h"
#include "json/map_types.h"
#include "json/value.h"

namespace flotilla::json {

std::string_view enum_name(std::span<const EnumName> names, std::int64_t value);

void write_time(Time time, std::string& out);
void write_duration(Duration duration, std::string& out);
void write_uuid(const Uuid& uuid, std::string& out);
void write_base64(const Base64& data, std::string& out);
void write_signed(std::int64_t value, std::string& out);
void write_unsigned(std::uint64_t value, std::string& out);
void write_double(double value, std::string& out);
std::string base64_text(const Base64& data);

/// Writes what does not hide a described member, each followed by a comma.
void write_extra(const Object& extra, std::span<const std::string_view> names, std::string& out);
void set_extra(const Object& extra, std::span<const std::string_view> names, Object& out);
/// Turns the last comma into the closing brace.
void end_members(std::string& out);

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
  [[maybe_unused]] const auto one = [&]<class N>(std::type_identity<N>) {
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
  [[maybe_unused]] const auto one = [&]<class N>(std::type_identity<N>) {
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

}  // namespace flotilla::json
