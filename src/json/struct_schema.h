#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/time.h"
#include "json/map.h"
#include "json/value.h"

/// JSON Schema (2020-12) of described structs, by the same rules by which json/map.h reads and
/// writes them. One source for OpenAPI, the schemas of resources and `explain`.
///
/// `std::span<const FieldDoc> field_docs(const T*)` (found by ADL) gives members descriptions and
/// what is true of their values.
namespace flotilla::json {

/// What the type of a member does not say. Names are those of the wire.
struct FieldDoc {
  std::string_view name;
  std::string_view text;
  /// A regular expression that the text, or each text of a list, fits; empty: any.
  std::string_view pattern = {};
};

/// Collects the schemas of named structs.
struct SchemaSet {
  Object schemas;
  /// Where references to them point.
  std::string_view base = "#/components/schemas/";
  /// What is made now refuses members that it does not name, and says defaults.
  bool closed = false;
};

/// The schema; that of a struct is a reference into the set.
template <class T>
Value schema_of(SchemaSet& set);

namespace internal {

Value simple_schema(std::string_view type, std::string_view format = {});
Value enum_schema(std::span<const EnumName> names);
Value duration_schema();
Value reference_schema(const SchemaSet& set, std::string_view name);
/// Adds what the docs say of the member.
Value documented(Value schema, std::span<const FieldDoc> docs, std::string_view name);
/// Adds the default, unless it is nothing to speak of.
Value with_default(Value schema, Value by_default);
/// Takes null, too.
Value nullable(Value schema);
Value object_schema(const SchemaSet& set, Object properties, Array required);

/// `flotilla::api::TaskView` is TaskView.
template <class T>
std::string_view type_name() {
  std::string_view name = __PRETTY_FUNCTION__;
  name = name.substr(name.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  return name.substr(name.rfind(':') + 1);
}

template <class T>
std::span<const FieldDoc> docs_of() {
  if constexpr (requires(const T* p) { field_docs(p); }) {
    return field_docs(static_cast<const T*>(nullptr));
  } else {
    return {};
  }
}

template <class T, class M>
void add_member(SchemaSet& set, Object& properties, Array& required) {
  using Field = MemberType<T, M>;
  if constexpr (kIsExtra<T, M>) return;
  const std::string name(MemberName<M>::name);
  Value schema = documented(schema_of<Field>(set), docs_of<T>(), name);
  if constexpr (!kMayBeAbsent<Field>) {
    if constexpr (takes_defaults<T>()) {
      if (set.closed) schema = with_default(std::move(schema), to_value(T{}.*M::pointer));
    } else {
      required.emplace_back(name);
    }
  }
  properties.set(name, std::move(schema));
}

template <class T, template <class...> class List, class... M>
Value struct_schema(SchemaSet& set, List<M...>*) {
  Object properties;
  Array required;
  (add_member<T, M>(set, properties, required), ...);
  return object_schema(set, std::move(properties), std::move(required));
}

template <class T>
Value list_schema(SchemaSet& set) {
  Object schema;
  schema.set("type", "array");
  schema.set("items", schema_of<T>(set));
  return schema;
}

template <class T>
Value map_schema(SchemaSet& set) {
  Object schema;
  schema.set("type", "object");
  Value value = schema_of<T>(set);
  if constexpr (kIsOptional<T>) value = nullable(std::move(value));
  schema.set("additionalProperties", std::move(value));
  return schema;
}

template <class T>
Value named_schema(SchemaSet& set) {
  const std::string name(type_name<T>());
  if (set.schemas.find(name) == nullptr) {
    set.schemas.set(name, Object{});  // breaks cycles
    Value made = struct_schema<T>(set, static_cast<DescribedMembers<T>*>(nullptr));
    set.schemas.set(name, std::move(made));
  }
  return reference_schema(set, name);
}

}  // namespace internal

template <class T>
Value schema_of(SchemaSet& set) {
  if constexpr (kIsOptional<T>) {
    return schema_of<typename T::value_type>(set);
  } else if constexpr (kIsPointer<T>) {
    return schema_of<typename T::element_type>(set);
  } else if constexpr (kIsVector<T>) {
    return internal::list_schema<typename T::value_type>(set);
  } else if constexpr (kIsMap<T>) {
    return internal::map_schema<typename T::mapped_type>(set);
  } else if constexpr (std::same_as<T, std::string>) {
    return internal::simple_schema("string");
  } else if constexpr (std::same_as<T, Time>) {
    return internal::simple_schema("string", "date-time");
  } else if constexpr (std::same_as<T, Duration>) {
    return internal::duration_schema();
  } else if constexpr (std::same_as<T, Base64>) {
    return internal::simple_schema("string", "byte");
  } else if constexpr (std::same_as<T, bool>) {
    return internal::simple_schema("boolean");
  } else if constexpr (std::integral<T>) {
    return internal::simple_schema("integer");
  } else if constexpr (std::floating_point<T>) {
    return internal::simple_schema("number");
  } else if constexpr (std::same_as<T, Value>) {
    return Object{};
  } else if constexpr (std::same_as<T, Object>) {
    return internal::simple_schema("object");
  } else if constexpr (DescribedEnum<T>) {
    return internal::enum_schema(enum_names<T>());
  } else {
    return internal::named_schema<T>(set);
  }
}

}  // namespace flotilla::json
