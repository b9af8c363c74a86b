#include "json/struct_schema.h"

#include <algorithm>

namespace flotilla::json::internal {

Value simple_schema(std::string_view type, std::string_view format) {
  Object schema;
  schema.set("type", type);
  if (!format.empty()) schema.set("format", format);
  return schema;
}

Value enum_schema(std::span<const EnumName> names) {
  Object schema;
  schema.set("type", "string");
  Array allowed;
  for (const auto& one : names)
    if (!one.name.empty()) allowed.emplace_back(one.name);
  schema.set("enum", std::move(allowed));
  return schema;
}

Value duration_schema() {
  Object schema;
  schema.set("type", "string");
  schema.set("pattern", "^([0-9]+(ms|s|m|h|d))+$");
  return schema;
}

Value reference_schema(const SchemaSet& set, std::string_view name) {
  Object schema;
  schema.set("$ref", std::string(set.base) + std::string(name));
  return schema;
}

Value documented(Value schema, std::span<const FieldDoc> docs, std::string_view name) {
  const auto found = std::ranges::find(docs, name, &FieldDoc::name);
  Object* object = schema.if_object();
  if (found == docs.end() || object == nullptr) return schema;
  object->set("description", found->text);
  if (found->pattern.empty()) return schema;
  Object* texts = object;
  if (Value* items = object->find("items")) texts = items->if_object();
  if (texts != nullptr) texts->set("pattern", found->pattern);
  return schema;
}

Value with_default(Value schema, Value by_default) {
  const std::string* text = by_default.if_string();
  if (by_default.is_null() || (text != nullptr && text->empty())) return schema;
  schema.if_object()->set("default", std::move(by_default));
  return schema;
}

Value nullable(Value schema) {
  Object* object = schema.if_object();
  if (const Value* type = object->find("type")) object->set("type", Array{*type, "null"});
  return schema;
}

Value object_schema(const SchemaSet& set, Object properties, Array required) {
  Object schema;
  schema.set("type", "object");
  schema.set("properties", std::move(properties));
  if (!required.empty()) schema.set("required", std::move(required));
  if (set.closed) schema.set("additionalProperties", false);
  return schema;
}

}  // namespace flotilla::json::internal
