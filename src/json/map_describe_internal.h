#pragma once

// What Boost.Describe knows of a type, in the terms of json/map.h.

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
#include "json/value.h"

namespace flotilla::json {

struct EnumName {
  std::string_view name;  // empty: not on the wire
  std::int64_t value;
};
inline constexpr std::size_t kNoMember = std::numeric_limits<std::size_t>::max();

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

}  // namespace flotilla::json
