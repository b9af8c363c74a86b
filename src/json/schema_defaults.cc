#include "json/schema_defaults.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "json/json.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::size_t kFields = 100;  // of a form

const Object* object_member(const Object& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr ? member->if_object() : nullptr;
}

void fill(const Object& schema, Value& value);

void fill_members(const Object& properties, Object& object) {
  for (const auto& [name, property] : properties.members()) {
    const Object* description = property.if_object();
    if (description == nullptr) continue;
    if (Value* present = object.find(name)) {
      fill(*description, *present);
    } else if (const Value* otherwise = description->find("default")) {
      object.append(name, *otherwise);
    }
  }
}

/// Goes no deeper than the value does.
void fill(const Object& schema, Value& value) {
  if (Object* object = value.if_object()) {
    const Object* properties = object_member(schema, "properties");
    if (properties != nullptr) fill_members(*properties, *object);
  } else if (Array* array = value.if_array()) {
    const Object* items = object_member(schema, "items");
    if (items == nullptr) return;
    for (Value& element : *array) fill(*items, element);
  }
}

std::string below(const std::string& where, std::string_view name) {
  std::string out = where;
  append_pointer(name, out);
  return out;
}

bool is_string_list(const Value* value) {
  const Array* list = value != nullptr ? value->if_array() : nullptr;
  return list != nullptr && !list->empty() &&
         std::ranges::all_of(*list, [](const Value& one) { return one.if_string() != nullptr; });
}

/// `[{"const": "a", "title": "A"}]`
bool is_titled_list(const Value* value) {
  const Array* list = value != nullptr ? value->if_array() : nullptr;
  return list != nullptr && !list->empty() && std::ranges::all_of(*list, [](const Value& one) {
           const Object* object = one.if_object();
           const Value* choice = object != nullptr ? object->find("const") : nullptr;
           return choice != nullptr && choice->if_string() != nullptr;
         });
}

Result<> check_choices(const Object& field, std::string_view titled, const std::string& where) {
  if (const Value* listed = field.find("enum"); listed != nullptr && !is_string_list(listed)) {
    return fail(invalid(below(where, "enum"), "must be a list of strings"));
  }
  if (const Value* list = field.find(titled); list != nullptr && !is_titled_list(list)) {
    return fail(invalid(below(where, titled), "must be a list of {const, title} with strings"));
  }
  return ok();
}

Result<> check_string(const Object& field, const std::string& where) {
  constexpr std::array<std::string_view, 4> kFormats{"email", "uri", "date", "date-time"};
  TRY_VOID(check_choices(field, "oneOf", where));
  const Value* format = field.find("format");
  const std::string* name = format != nullptr ? format->if_string() : nullptr;
  if (format != nullptr && (name == nullptr || !std::ranges::count(kFormats, *name))) {
    return fail(invalid(below(where, "format"), "must be email, uri, date or date-time in a form"));
  }
  return ok();
}

/// A choice of several.
Result<> check_list(const Object& field, const std::string& where) {
  const Object* items = object_member(field, "items");
  const std::string at = below(where, "items");
  if (items == nullptr || (items->find("enum") == nullptr && items->find("anyOf") == nullptr)) {
    return fail(invalid(at, "must list the choices as enum or anyOf: a form has no free lists"));
  }
  return check_choices(*items, "anyOf", at);
}

Result<> check_field(const Value& value, const std::string& where) {
  const Object* field = value.if_object();
  if (field == nullptr) return fail(invalid(where, "must be an object that describes a field"));
  const Value* type = field->find("type");
  const std::string* name = type != nullptr ? type->if_string() : nullptr;
  if (name != nullptr && *name == "string") return check_string(*field, where);
  if (name != nullptr && *name == "array") return check_list(*field, where);
  if (name != nullptr && (*name == "number" || *name == "integer" || *name == "boolean")) {
    return ok();
  }
  return fail(
      invalid(below(where, "type"),
              "must be string, number, integer, boolean, or array for a choice of several"));
}

}  // namespace

Value with_defaults(const Value& schema, Value value) {
  if (const Object* object = schema.if_object()) fill(*object, value);
  return value;
}

Result<> check_form_schema(const Value& schema) {
  const Object* object = schema.if_object();
  if (object == nullptr) return fail(invalid("", "a form's schema must be an object"));
  const Value* type = object->find("type");
  if (type == nullptr || type->if_string() == nullptr || *type->if_string() != "object") {
    return fail(invalid("/type", "must be object in a form"));
  }
  const Object* properties = object_member(*object, "properties");
  if (properties == nullptr) return fail(invalid("/properties", "must be an object of fields"));
  if (properties->size() > kFields) return fail(invalid("/properties", "has too many fields"));
  for (const auto& [name, field] : properties->members()) {
    TRY_VOID(check_field(field, below("/properties", name)));
  }
  const Value* required = object->find("required");
  if (required == nullptr || (required->if_array() != nullptr && required->if_array()->empty())) {
    return ok();
  }
  if (!is_string_list(required)) {
    return fail(invalid("/required", "must be a list of names"));
  }
  for (const Value& name : *required->if_array()) {
    if (properties->find(*name.if_string()) != nullptr) continue;
    return fail(invalid("/required", "names a field that is not in properties"));
  }
  return ok();
}

}  // namespace flotilla::json
