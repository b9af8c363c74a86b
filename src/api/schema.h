#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/time.h"
#include "json/map.h"
#include "json/value.h"

/// JSON Schema (2020-12) of described structs, for the OpenAPI document: the same rules by which
/// json/map.h writes them.
namespace flotilla::api {

/// Collects the schemas of named structs under components/schemas.
struct SchemaSet {
  json::Object schemas;
};

namespace internal {

template <class T>
struct Element {
  static constexpr bool optional = false, list = false, map = false;
  using type = T;
};
template <class T>
struct Element<std::optional<T>> {
  static constexpr bool optional = true, list = false, map = false;
  using type = T;
};
template <class T>
struct Element<std::vector<T>> {
  static constexpr bool optional = false, list = true, map = false;
  using type = T;
};
template <class T>
struct Element<std::map<std::string, T>> {
  static constexpr bool optional = false, list = false, map = true;
  using type = T;
};

json::Value simple(std::string_view type, std::string_view format = {});
json::Value reference(std::string_view name);
std::string wire_member(std::string_view member);

}  // namespace internal

template <class T>
json::Value schema_of(SchemaSet& set);

namespace internal {

template <class T>
json::Value struct_schema(SchemaSet& set) {
  json::Object properties;
  json::Array required;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
      [&](auto member) {
        using F = std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>;
        const std::string name = wire_member(member.name);
        properties.set(name, schema_of<F>(set));
        using E = Element<F>;
        if (!E::optional && !E::list && !E::map && !std::is_same_v<F, json::Object>)
          required.emplace_back(name);
      });
  json::Object schema;
  schema.set("type", "object");
  schema.set("properties", std::move(properties));
  if (!required.empty()) schema.set("required", std::move(required));
  return schema;
}

/// `flotilla::api::TaskView` is TaskView.
template <class T>
std::string_view type_name() {
  std::string_view name = __PRETTY_FUNCTION__;
  name = name.substr(name.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  return name.substr(name.rfind(':') + 1);
}

}  // namespace internal

template <class T>
json::Value schema_of(SchemaSet& set) {
  using E = internal::Element<T>;
  if constexpr (E::optional) {
    return schema_of<typename E::type>(set);
  } else if constexpr (E::list) {
    json::Object schema;
    schema.set("type", "array");
    schema.set("items", schema_of<typename E::type>(set));
    return schema;
  } else if constexpr (E::map) {
    json::Object schema;
    schema.set("type", "object");
    schema.set("additionalProperties", schema_of<typename E::type>(set));
    return schema;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return internal::simple("string");
  } else if constexpr (std::is_same_v<T, Time>) {
    return internal::simple("string", "date-time");
  } else if constexpr (std::is_same_v<T, json::Base64>) {
    return internal::simple("string", "byte");
  } else if constexpr (std::is_same_v<T, bool>) {
    return internal::simple("boolean");
  } else if constexpr (std::is_integral_v<T>) {
    return internal::simple("integer");
  } else if constexpr (std::is_floating_point_v<T>) {
    return internal::simple("number");
  } else if constexpr (std::is_same_v<T, json::Value>) {
    return json::Object{};
  } else if constexpr (std::is_same_v<T, json::Object>) {
    return internal::simple("object");
  } else if constexpr (std::is_enum_v<T>) {
    return internal::simple("string");
  } else {
    const std::string name(internal::type_name<T>());
    if (set.schemas.find(name) == nullptr) {
      set.schemas.set(name, json::Object{});  // breaks cycles
      set.schemas.set(name, internal::struct_schema<T>(set));
    }
    return internal::reference(name);
  }
}

}  // namespace flotilla::api
