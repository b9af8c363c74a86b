#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/cli/list.h"
#include "app/cli/remote.h"
#include "app/cli/resource_kind.h"
#include "app/cli/resources.h"
#include "base/suggest.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

/// A JSON Schema as the server gives it, with its `$defs`.
class Schema {
 public:
  explicit Schema(const json::Value& root) : root_(root) {}

  /// What a reference means; anything else as it is. Never null for a schema that is not.
  [[nodiscard]] const json::Value* resolved(const json::Value* schema) const {
    const std::string reference = text_at(*schema, {"$ref"});
    constexpr std::string_view kBase = "#/$defs/";
    if (!reference.starts_with(kBase)) return schema;
    const json::Value* found = find_at(root_, {"$defs", reference.substr(kBase.size())});
    return found == nullptr ? schema : found;
  }

  /// What a field's own fields are in: itself, the elements of a list, the values of a map.
  [[nodiscard]] const json::Value* holder_of(const json::Value& schema) const {
    const json::Value& one = *resolved(&schema);
    if (find_at(one, {"properties"}) != nullptr) return &one;
    for (const char* inner : {"items", "additionalProperties"}) {
      const json::Value* below = find_at(one, {inner});
      if (below != nullptr && below->if_object() != nullptr) return holder_of(*below);
    }
    return nullptr;
  }
  [[nodiscard]] const json::Object* fields_of(const json::Value& schema) const {
    const json::Value* holder = holder_of(schema);
    return holder == nullptr ? nullptr : find_at(*holder, {"properties"})->if_object();
  }

  [[nodiscard]] std::string type_of(const json::Value& schema) const {
    const json::Value& one = *resolved(&schema);
    if (find_at(one, {"enum"}) != nullptr) return "string";
    const json::Value* type = find_at(one, {"type"});
    if (type == nullptr) return find_at(one, {"const"}) != nullptr ? "string" : "any";
    std::string name = type->if_string() != nullptr ? *type->if_string() : "string";
    if (name == "array") {
      const json::Value* items = find_at(one, {"items"});
      return "[]" + (items == nullptr ? "any" : type_of(*items));
    }
    const json::Value* values = find_at(one, {"additionalProperties"});
    if (name == "object" && values != nullptr && values->if_object() != nullptr)
      return "map[string]" + type_of(*values);
    return name;
  }

 private:
  const json::Value& root_;
};

bool is_required(const json::Value& schema, const std::string& field) {
  const json::Value* required = find_at(schema, {"required"});
  return required != nullptr && required->if_array() != nullptr &&
         std::ranges::find(*required->if_array(), json::Value(field)) !=
             required->if_array()->end();
}

std::string choices_of(const json::Value& schema) {
  std::string text;
  const json::Value* choices = find_at(schema, {"enum"});
  if (choices != nullptr && choices->if_array() != nullptr)
    for (const json::Value& one : *choices->if_array())
      text += (text.empty() ? "" : ", ") + (one.if_string() == nullptr ? "" : *one.if_string());
  return text.empty() ? text_at(schema, {"const"}) : text;
}

std::string described(const Schema& schemas, const json::Value& schema) {
  std::string text = text_at(schema, {"description"});
  if (text.empty()) text = text_at(*schemas.resolved(&schema), {"description"});
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name, value);
  };
  add("one of", choices_of(*schemas.resolved(&schema)));
  add("default", text_at(schema, {"default"}));
  return text;
}

void print_fields_of(const Schema& schemas, const json::Value& schema, bool recursive,
                     std::size_t depth, Io& io) {
  constexpr std::size_t kDeepest = 12;
  const json::Object* fields = schemas.fields_of(schema);
  if (fields == nullptr || depth > kDeepest) return;
  for (const auto& [name, field] : fields->members()) {
    const std::string indent(2 + 2 * depth, ' ');
    io.out << indent << printable_line(name) << "  <" << schemas.type_of(field) << ">"
           << (is_required(*schemas.holder_of(schema), name) ? " (required)" : "") << "\n";
    if (recursive) {
      print_fields_of(schemas, field, true, depth + 1, io);
      continue;
    }
    if (const auto text = described(schemas, field); !text.empty())
      io.out << indent << "  " << printable_line(text) << "\n";
  }
}

Result<const json::Value*> step(const Schema& schemas, const json::Value& schema,
                                const std::string& name, const std::string& at) {
  const json::Object* fields = schemas.fields_of(schema);
  if (fields != nullptr)
    if (const json::Value* found = fields->find(name)) return found;
  std::string text = fmt::format("{} has no field '{}'", at, printable_line(name));
  if (fields != nullptr) {
    std::vector<std::string_view> names;
    for (const auto& [known, schema_of_known] : fields->members()) names.push_back(known);
    if (const auto near = nearest(name, names)) text += fmt::format(", did you mean {}?", *near);
  }
  return fail(Error(Code::invalid_argument, std::move(text)));
}

Async<Result<Exit>> run_explain(const ExplainOptions& options, Io& io, Remote& remote) {
  std::string_view rest = options.path;
  const auto take = [&rest] {
    const auto dot = std::min(rest.find('.'), rest.size());
    std::string word(rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    return word;
  };
  std::string at = take();
  CO_TRY(kind, co_await find_kind(remote, at));
  const std::string path = "/api/v1/schemas/" + http::percent_encode(kind.plural);
  CO_TRY(root, co_await remote.get(path));
  const Schema schemas(root);
  const json::Value* schema = &root;
  std::string field;
  while (!rest.empty()) {
    const auto name = take();
    CO_TRY(next, step(schemas, *schema, name, at));
    schema = next;
    field += (field.empty() ? "" : ".") + name;
    at += "." + name;
  }
  print_fields({{"KIND", kind.kind},
                {"VERSION", "flotilla.dev/v1"},
                {"FIELD", field},
                {"TYPE", schemas.type_of(*schema)}},
               io);
  if (const auto text = described(schemas, *schema); !text.empty())
    io.out << "\nDESCRIPTION:\n  " << printable_line(text) << "\n";
  if (schemas.fields_of(*schema) != nullptr) {
    io.out << "\nFIELDS:\n";
    print_fields_of(schemas, *schema, options.recursive, 0, io);
  }
  co_return Exit::done;
}

}  // namespace

Exit explain_kind(const ExplainOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_explain(options, io, remote); });
}

}  // namespace flotilla::app
