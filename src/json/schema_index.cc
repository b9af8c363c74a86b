#include "json/schema_index_internal.h"

#include <algorithm>
#include <array>

#include "json/json.h"
#include "json/schema_uri_internal.h"
#include "json/text_internal.h"

namespace flotilla::json {
namespace {

constexpr std::string_view kDraft7 = "http://json-schema.org/draft-07/schema";
constexpr std::string_view kDraft2020 = "https://json-schema.org/draft/2020-12/schema";
constexpr std::string_view kVocabulary = "https://json-schema.org/draft/2020-12/vocab/";
constexpr std::size_t kPointers = std::size_t{16} << 20;  // bytes of all subschemas' pointers
constexpr std::size_t kMetaschemas = 8;                   // that refer to each other by `$schema`

constexpr unsigned kIn7 = 1;
constexpr unsigned kIn2020 = 2;
enum class Holds { schema, list, schema_or_list, map };
struct Applicator {
  std::string_view name;
  Holds holds;
  unsigned drafts;
};
/// The keywords whose value is made of subschemas.
constexpr std::array kApplicators = std::to_array<Applicator>({
    {"$defs", Holds::map, kIn2020},
    {"definitions", Holds::map, kIn7 | kIn2020},
    {"properties", Holds::map, kIn7 | kIn2020},
    {"patternProperties", Holds::map, kIn7 | kIn2020},
    {"additionalProperties", Holds::schema, kIn7 | kIn2020},
    {"propertyNames", Holds::schema, kIn7 | kIn2020},
    {"dependentSchemas", Holds::map, kIn2020},
    {"dependencies", Holds::map, kIn7 | kIn2020},
    {"unevaluatedProperties", Holds::schema, kIn2020},
    {"prefixItems", Holds::list, kIn2020},
    {"items", Holds::schema_or_list, kIn7},
    {"items", Holds::schema, kIn2020},
    {"additionalItems", Holds::schema, kIn7},
    {"unevaluatedItems", Holds::schema, kIn2020},
    {"contains", Holds::schema, kIn7 | kIn2020},
    {"allOf", Holds::list, kIn7 | kIn2020},
    {"anyOf", Holds::list, kIn7 | kIn2020},
    {"oneOf", Holds::list, kIn7 | kIn2020},
    {"not", Holds::schema, kIn7 | kIn2020},
    {"if", Holds::schema, kIn7 | kIn2020},
    {"then", Holds::schema, kIn7 | kIn2020},
    {"else", Holds::schema, kIn7 | kIn2020},
    {"contentSchema", Holds::schema, kIn2020},
});

unsigned bit(SchemaDialect draft) {
  return draft == SchemaDialect::draft7 ? kIn7 : kIn2020;
}

std::string below(const std::string& where, std::string_view name) {
  std::string out = where;
  append_pointer(name, out);
  return out;
}

bool is_plain_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto inner = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, inner);
}

/// Draft-07 lets `$ref` hide everything beside it.
bool only_refers(const Object& schema, const Dialect& dialect) {
  return dialect.draft == SchemaDialect::draft7 && schema.find("$ref") != nullptr;
}

/// The string member of that name; null when it is absent.
Result<const std::string*> string_member(const Object& schema, std::string_view name,
                                         const std::string& where) {
  const Value* value = schema.find(name);
  if (value == nullptr) return nullptr;
  const std::string* text = value->if_string();
  if (text == nullptr) return fail(invalid(below(where, name), "must be a string"));
  return text;
}

}  // namespace

Result<> SchemaIndex::add_main(const Value& schema) {
  TRY_VOID(measure(schema, ""));
  auto owned = std::make_unique<Resource>();
  Resource* main = owned.get();
  main->root = &schema;
  main->dialect.draft = options_.dialect;
  TRY(dialect, dialect_of(schema, main->dialect, ""));
  main->dialect = dialect;
  resources_.push_back(std::move(owned));
  by_uri_.emplace("", main);
  return scan(schema, main, "");
}

Result<> SchemaIndex::measure(const Value& document, const std::string& where) {
  std::vector<std::pair<const Value*, std::size_t>> todo{{&document, 0}};
  while (!todo.empty()) {
    const auto [value, depth] = todo.back();
    todo.pop_back();
    if (depth > options_.depth) return fail(invalid(where, "the schema nests too deeply"));
    if (++values_ > options_.values) return fail(invalid(where, "the schema is too large"));
    if (const Array* array = value->if_array()) {
      for (const Value& element : *array) todo.emplace_back(&element, depth + 1);
    } else if (const Object* object = value->if_object()) {
      for (const auto& [name, member] : object->members()) todo.emplace_back(&member, depth + 1);
    }
  }
  return ok();
}

Result<> SchemaIndex::add_document(const std::string& uri, const Value& document) {
  const std::string where = uri + "#";
  TRY_VOID(measure(document, where));
  auto owned = std::make_unique<Resource>();
  Resource* made = owned.get();
  made->uri = uri;
  made->root = &document;
  made->dialect.draft = options_.dialect;
  TRY(dialect, dialect_of(document, made->dialect, where));
  made->dialect = dialect;
  resources_.push_back(std::move(owned));
  by_uri_.emplace(uri, made);
  return scan(document, made, where);
}

Result<> SchemaIndex::scan(const Value& schema, Resource* resource, const std::string& where) {
  std::vector<Walk> todo{{&schema, resource, where}};
  while (!todo.empty()) {
    Walk step = std::move(todo.back());
    todo.pop_back();
    if (!spots_.contains(step.value)) TRY_VOID(scan_one(std::move(step), todo));
  }
  return ok();
}

Result<> SchemaIndex::scan_one(Walk step, std::vector<Walk>& next) {
  if (step.value->if_bool() != nullptr) {
    spots_.emplace(step.value, Spot{step.resource, std::move(step.where)});
    return ok();
  }
  const Object* object = step.value->if_object();
  if (object == nullptr) {
    return fail(invalid(step.where, fmt::format("a schema must be an object or a boolean, not {}",
                                                step.value->type_name())));
  }
  TRY(resource, open_resource(step));
  step.resource = resource;
  spots_.emplace(step.value, Spot{resource, step.where});
  TRY_VOID(add_anchors(step));
  return add_children(step, next);
}

Result<Resource*> SchemaIndex::open_resource(const Walk& step) {
  const Object& object = *step.value->if_object();
  TRY(id, string_member(object, "$id", step.where));
  if (id == nullptr || only_refers(object, step.resource->dialect)) return step.resource;
  const auto fragment = split_uri(*id).fragment;
  if (fragment && !fragment->empty()) {
    if (step.resource->dialect.draft != SchemaDialect::draft7) {
      return fail(invalid(below(step.where, "$id"), "must have no fragment: use $anchor"));
    }
    if (id->starts_with('#')) return step.resource;  // an anchor: add_anchors
  }
  std::string uri = resolve_uri(step.resource->uri, *id);
  const bool is_root = step.resource->root == step.value;
  if (const auto known = by_uri_.find(uri);
      known != by_uri_.end() && known->second->root != step.value) {
    return fail(invalid(below(step.where, "$id"), "is the $id of another schema too"));
  }
  if (is_root) {
    step.resource->uri = uri;
    by_uri_.emplace(std::move(uri), step.resource);
    return step.resource;
  }
  TRY(dialect, dialect_of(*step.value, step.resource->dialect, step.where));
  resources_.push_back(std::make_unique<Resource>());
  Resource* made = resources_.back().get();
  made->uri = uri;
  made->root = step.value;
  made->dialect = dialect;
  by_uri_.emplace(std::move(uri), made);
  return made;
}

Result<> SchemaIndex::add_anchors(const Walk& step) {
  const Object& object = *step.value->if_object();
  Resource& resource = *step.resource;
  const auto add = [&](std::string_view keyword, const std::string& name,
                       bool dynamic) -> Result<> {
    if (!is_plain_name(name)) {
      return fail(
          invalid(below(step.where, keyword),
                  "must start with a letter and have only letters, digits, `-`, `.` and `_`"));
    }
    const auto [at, is_new] = resource.anchors.emplace(name, step.value);
    if (!is_new && at->second != step.value) {
      return fail(invalid(below(step.where, keyword), "is the name of another anchor too"));
    }
    if (dynamic) resource.dynamic_anchors.emplace(name, step.value);
    return ok();
  };
  if (resource.dialect.draft == SchemaDialect::draft7) {
    TRY(id, string_member(object, "$id", step.where));
    if (id == nullptr || only_refers(object, resource.dialect)) return ok();
    const auto fragment = split_uri(*id).fragment;
    return fragment && !fragment->empty() ? add("$id", std::string(*fragment), false) : ok();
  }
  TRY(anchor, string_member(object, "$anchor", step.where));
  if (anchor != nullptr) TRY_VOID(add("$anchor", *anchor, false));
  TRY(dynamic, string_member(object, "$dynamicAnchor", step.where));
  return dynamic != nullptr ? add("$dynamicAnchor", *dynamic, true) : ok();
}

Result<> SchemaIndex::add_children(const Walk& step, std::vector<Walk>& next) {
  const Object& object = *step.value->if_object();
  const unsigned draft = bit(step.resource->dialect.draft);
  const auto push = [&](const Value& value, std::string where) -> Result<> {
    pointers_ += where.size();
    if (next.size() + spots_.size() > options_.subschemas || pointers_ > kPointers) {
      return fail(invalid(std::move(where), "the schema has too many subschemas"));
    }
    next.push_back({&value, step.resource, std::move(where)});
    return ok();
  };
  for (const Applicator& keyword : kApplicators) {
    const Value* value = (keyword.drafts & draft) != 0 ? object.find(keyword.name) : nullptr;
    if (value == nullptr) continue;
    const std::string where = below(step.where, keyword.name);
    const Array* array = value->if_array();
    if (keyword.holds == Holds::map) {
      const Object* map = value->if_object();
      if (map == nullptr) return fail(invalid(where, "must be an object of schemas"));
      for (const auto& [name, member] : map->members()) {
        const bool names = keyword.name == "dependencies" && member.if_array() != nullptr;
        if (!names) TRY_VOID(push(member, below(where, name)));
      }
    } else if (keyword.holds == Holds::list ||
               (keyword.holds == Holds::schema_or_list && array != nullptr)) {
      if (array == nullptr) return fail(invalid(where, "must be an array of schemas"));
      for (std::size_t i = 0; i < array->size(); ++i) {
        TRY_VOID(push((*array)[i], fmt::format("{}/{}", where, i)));
      }
    } else if (array != nullptr && keyword.name == "items") {
      return fail(invalid(where, "must be one schema: prefixItems takes an array since 2020-12"));
    } else {
      TRY_VOID(push(*value, where));
    }
  }
  return ok();
}

Result<Dialect> SchemaIndex::dialect_of(const Value& schema, const Dialect& otherwise,
                                        const std::string& where) {
  const Object* object = schema.if_object();
  if (object == nullptr) return otherwise;
  TRY(named, string_member(*object, "$schema", where));
  if (named == nullptr) return otherwise;
  std::string uri = *named;
  if (uri.ends_with('#')) uri.pop_back();
  if (uri == kDraft7 || uri == "https://json-schema.org/draft-07/schema")
    return Dialect{SchemaDialect::draft7, vocabulary::kStandard};
  if (uri == kDraft2020 || uri == "http://json-schema.org/draft/2020-12/schema") return Dialect{};
  const Value* metaschema = document(uri);
  if (metaschema == nullptr || dialect_depth_ >= kMetaschemas) {
    return fail(invalid(
        below(where, "$schema"),
        fmt::format("`{}` is not known: use {} or {}", shorten(*named), kDraft2020, kDraft7)));
  }
  ++dialect_depth_;
  auto dialect = custom_dialect(*metaschema, uri + "#");
  --dialect_depth_;
  return dialect;
}

Result<Dialect> SchemaIndex::custom_dialect(const Value& metaschema, const std::string& where) {
  TRY(dialect, dialect_of(metaschema, Dialect{}, where));
  const Object* object = metaschema.if_object();
  const Value* vocabularies = object != nullptr ? object->find("$vocabulary") : nullptr;
  if (vocabularies == nullptr || vocabularies->if_object() == nullptr) return dialect;
  constexpr std::array kKnown = std::to_array<std::pair<std::string_view, unsigned>>(
      {{"core", vocabulary::kCore},
       {"applicator", vocabulary::kApplicator},
       {"unevaluated", vocabulary::kUnevaluated},
       {"validation", vocabulary::kValidation},
       {"meta-data", 0},
       {"content", 0},
       {"format-annotation", 0},
       {"format-assertion", vocabulary::kFormatAssertion}});
  dialect.vocabularies = vocabulary::kCore;
  for (const auto& [uri, required] : vocabularies->if_object()->members()) {
    std::string_view name = uri;
    const auto* known = kKnown.end();
    if (name.starts_with(kVocabulary)) {
      name.remove_prefix(kVocabulary.size());
      known = std::ranges::find(kKnown, name, &std::pair<std::string_view, unsigned>::first);
    }
    if (known != kKnown.end()) {
      dialect.vocabularies |= known->second;
    } else if (required.if_bool() != nullptr && *required.if_bool()) {
      return fail(invalid(below(below(where, "$vocabulary"), uri), "is required, but not known"));
    }
  }
  return dialect;
}

}  // namespace flotilla::json
