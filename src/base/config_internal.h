#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <chrono>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/config.h"
#include "base/secret.h"
#include "base/time.h"

namespace flotilla::config::internal {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
concept Described = std::is_enum_v<T>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// `member_name_` to `member-name`.
std::string key_name(std::string_view member);
/// The text of `choices` (`a|b`) as users read it: `a or b`.
std::string choices_text(std::string_view choices);
bool is_choice(std::string_view choices, std::string_view text);
std::string join(const std::vector<std::string>& texts);

std::optional<bool> read_bool(std::string_view text);

/// How one type is read, shown and named.
template <class T>
struct Codec;

template <>
struct Codec<std::string> {
  static std::string type() { return "text"; }
  static bool read(const std::string& text, std::string& out) {
    out = text;
    return true;
  }
  static std::string show(const std::string& value) { return value; }
};

template <>
struct Codec<bool> {
  static std::string type() { return "true or false"; }
  static bool read(const std::string& text, bool& out) {
    const auto value = read_bool(text);
    if (value) out = *value;
    return value.has_value();
  }
  static std::string show(bool value) { return value ? "true" : "false"; }
};

template <class T>
bool read_number(const std::string& text, T& out) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return false;
  out = value;
  return true;
}

template <Integer T>
struct Codec<T> {
  static std::string type() {
    return "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
           std::to_string(std::numeric_limits<T>::max());
  }
  static bool read(const std::string& text, T& out) { return read_number(text, out); }
  static std::string show(T value) { return std::to_string(value); }
};

template <>
struct Codec<double> {
  static std::string type() { return "a number"; }
  static bool read(const std::string& text, double& out);
  static std::string show(double value);
};

template <>
struct Codec<Bytes> {
  static std::string type() { return "a size such as 512, 64KiB or 16MiB"; }
  static bool read(const std::string& text, Bytes& out) {
    const auto value = parse_bytes(text);
    if (value) out = *value;
    return value.has_value();
  }
  static std::string show(Bytes value) { return format_bytes(value); }
};

template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
  using Target = std::chrono::duration<Rep, Period>;
  static std::string type() { return "a duration such as 250ms, 30s, 5m or 24h"; }
  static bool read(const std::string& text, Target& out) {
    const auto value = parse_duration(text);
    if (!value) return false;
    out = std::chrono::duration_cast<Target>(*value);
    return Duration(out) == *value;  // finer than the member can hold
  }
  static std::string show(Target value) { return format_duration(value); }
};

template <>
struct Codec<Secret> {
  static std::string type() { return "text"; }
  static bool read(const std::string& text, Secret& out) {
    out = Secret(text);
    return true;
  }
  static std::string show(const Secret& value) { return value.empty() ? "" : "***"; }
};

template <Described E>
struct Codec<E> {
  static std::string type() {
    std::string names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto entry) {
      if (!names.empty()) names += '|';
      names += key_name(entry.name);
    });
    return choices_text(names);
  }
  static bool read(const std::string& text, E& out) {
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto entry) {
      if (key_name(entry.name) == text) {
        out = entry.value;
        found = true;
      }
    });
    return found;
  }
  static std::string show(E value) {
    std::string name;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto entry) {
      if (entry.value == value) name = key_name(entry.name);
    });
    return name;
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static std::string type() { return Codec<T>::type(); }
  static bool read(const std::string& text, std::optional<T>& out) {
    T value{};
    if (!Codec<T>::read(text, value)) return false;
    out = std::move(value);
    return true;
  }
  static std::string show(const std::optional<T>& value) {
    return value ? Codec<T>::show(*value) : "";
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static std::string type() { return "a list of: " + Codec<T>::type(); }
  static std::string show(const std::vector<T>& values) {
    std::vector<std::string> texts;
    for (const T& value : values) texts.push_back(Codec<T>::show(value));
    return join(texts);
  }
};

template <class T>
bool assign_texts(T& member, const std::vector<std::string>& texts) {
  if constexpr (IsVector<T>::value) {
    T values;
    for (const std::string& text : texts) {
      if (!Codec<typename T::value_type>::read(text, values.emplace_back())) return false;
    }
    member = std::move(values);
    return true;
  } else {
    return texts.size() == 1 && Codec<T>::read(texts.front(), member);
  }
}

template <class T>
inline constexpr bool kIsSecret = std::same_as<T, Secret> || std::same_as<T, std::optional<Secret>>;

template <class T>
Key make_key(T& member, std::string_view member_name, const Help& help) {
  Key key;
  key.name = key_name(member_name);
  key.help = help.text;
  key.type = help.choices.empty() ? Codec<T>::type() : choices_text(help.choices);
  key.is_list = IsVector<T>::value;
  key.is_flag = std::same_as<T, bool> || std::same_as<T, std::optional<bool>>;
  key.is_secret = kIsSecret<T>;
  key.show = [&member] { return Codec<T>::show(member); };
  key.default_text = key.show();
  key.assign = [&member, choices = help.choices, type = key.type](
                   const std::vector<std::string>& texts) -> std::optional<std::string> {
    for (const std::string& text : texts) {
      if (!is_choice(choices, text)) return type;
    }
    if (!assign_texts(member, texts)) return type;
    return std::nullopt;
  };
  return key;
}

}  // namespace flotilla::config::internal

namespace flotilla::config {

template <class T>
void Registry::add(T& data) {
  using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                           boost::describe::mod_inherited>;
  const std::span<const Help> helps = config_help(&data);
  boost::mp11::mp_for_each<Members>([&](auto member) {
    const Help* found = nullptr;
    for (const Help& help : helps) {
      if (help.member == member.name) found = &help;
    }
    FLOTILLA_ASSERT(found != nullptr, "every member of a config struct has a Help entry");
    add(internal::make_key(data.*member.pointer, member.name, *found));
  });
}

}  // namespace flotilla::config
