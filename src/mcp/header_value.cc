#include "mcp/header_value.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/hash.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kAnnotation = "x-mcp-header";
constexpr std::string_view kBegin = "=?base64?";
constexpr std::string_view kEnd = "?=";
constexpr int kDepthMax = 32;
constexpr std::int64_t kSafeInteger = (std::int64_t{1} << 53) - 1;

bool is_plain(std::string_view value) {
  if (value.starts_with(kBegin) && value.ends_with(kEnd)) return false;
  if (!value.empty() && (value.front() == ' ' || value.back() == ' ')) return false;
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_token(std::string_view text) {
  const auto is_token_character = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
  };
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Walks a schema: annotations are good below `properties` only, and bad anywhere else.
class AnnotationReader {
 public:
  Result<std::vector<HeaderParameter>> read(const json::Object& schema) {
    TRY_VOID(read_properties(schema, 0));
    return std::move(found_);
  }

 private:
  Result<> read_properties(const json::Object& schema, int depth) {
    if (depth > kDepthMax) return fail(invalid("/inputSchema", "is nested too deep"));
    for (const auto& [keyword, value] : schema.members()) {
      if (keyword != "properties") {
        if (depth == 0 && keyword == kAnnotation) return misplaced();
        TRY_VOID(refuse_below(keyword, value, depth));
        continue;
      }
      const auto* properties = value.if_object();
      if (properties == nullptr) continue;
      for (const auto& [name, property] : properties->members()) {
        const auto* object = property.if_object();
        if (object == nullptr) continue;
        path_.push_back(name);
        TRY_VOID(read_property(*object));
        TRY_VOID(read_properties(*object, depth + 1));
        path_.pop_back();
      }
    }
    return ok();
  }

  Result<> read_property(const json::Object& property) {
    const auto* annotation = property.find(kAnnotation);
    if (annotation == nullptr) return ok();
    const auto* header = annotation->if_string();
    if (header == nullptr || !is_token(*header))
      return fail(invalid(pointer(), "x-mcp-header must be the name of a header"));
    const auto* type = property.find("type");
    const auto* name = type == nullptr ? nullptr : type->if_string();
    if (name == nullptr || (*name != "string" && *name != "integer" && *name != "boolean"))
      return fail(invalid(pointer(), "x-mcp-header needs type string, integer or boolean"));
    if (!seen_.insert(lower(*header)).second)
      return fail(invalid(pointer(), "x-mcp-header is used twice"));
    found_.emplace_back(*header, path_);
    return ok();
  }

  /// Constants and examples are data, not schemas.
  Result<> refuse_below(const std::string& keyword, const json::Value& value, int depth) {
    if (keyword == "const" || keyword == "enum" || keyword == "default" || keyword == "examples")
      return ok();
    if (depth > kDepthMax) return fail(invalid("/inputSchema", "is nested too deep"));
    if (const auto* array = value.if_array()) {
      for (const auto& item : *array) TRY_VOID(refuse_below("", item, depth + 1));
    }
    const auto* object = value.if_object();
    if (object == nullptr) return ok();
    for (const auto& [name, member] : object->members()) {
      if (name == kAnnotation) return misplaced();
      TRY_VOID(refuse_below(name, member, depth + 1));
    }
    return ok();
  }

  Result<> misplaced() const {
    return fail(invalid(pointer(), "x-mcp-header is only for what `properties` alone lead to"));
  }
  [[nodiscard]] std::string pointer() const {
    std::string out = "/inputSchema";
    for (const auto& name : path_) out += "/properties/" + name;
    return out;
  }

  std::vector<std::string> path_;
  std::set<std::string> seen_;
  std::vector<HeaderParameter> found_;
};

const json::Value* find_path(const json::Object& arguments, const std::vector<std::string>& path) {
  const json::Object* object = &arguments;
  const json::Value* value = nullptr;
  for (const auto& name : path) {
    if (object == nullptr) return nullptr;
    value = object->find(name);
    if (value == nullptr) return nullptr;
    object = value->if_object();
  }
  return value;
}

std::optional<std::string> header_text(const json::Value& value) {
  if (const auto* text = value.if_string()) return encode_header(*text);
  if (const auto* flag = value.if_bool()) return *flag ? "true" : "false";
  const auto number = value.as_int64();
  if (!number || *number > kSafeInteger || *number < -kSafeInteger) return std::nullopt;
  return std::to_string(*number);
}

}  // namespace

std::string encode_header(std::string_view value) {
  if (is_plain(value)) return std::string(value);
  std::string out(kBegin);
  out += base64(value);
  out += kEnd;
  return out;
}

Result<std::vector<HeaderParameter>> header_parameters_of(const json::Object& input_schema) {
  return AnnotationReader().read(input_schema);
}

std::vector<std::pair<std::string, std::string>> parameter_headers(
    const std::vector<HeaderParameter>& parameters, const json::Object& arguments) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [suffix, path] : parameters) {
    const auto* value = find_path(arguments, path);
    if (value == nullptr) continue;
    if (auto text = header_text(*value)) headers.emplace_back("Mcp-Param-" + suffix, *text);
  }
  return headers;
}

}  // namespace flotilla::mcp
