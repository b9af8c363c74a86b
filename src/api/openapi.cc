#include <cctype>

#include "api/route.h"
#include "json/json.h"

namespace flotilla::api {

namespace {

json::Value simple(std::string_view type) {
  json::Object schema;
  schema.set("type", type);
  return schema;
}

json::Value reference(std::string_view name) {
  json::Object schema;
  schema.set("$ref", "#/components/schemas/" + std::string(name));
  return schema;
}

json::Object object(std::initializer_list<std::pair<std::string, json::Value>> members) {
  json::Object made;
  for (const auto& [name, value] : members) made.set(name, value);
  return made;
}

json::Value parameter(std::string_view name, std::string_view place, std::string_view text) {
  return object({{"name", name},
                 {"in", place},
                 {"required", place == "path"},
                 {"description", text},
                 {"schema", simple("string")}});
}

/// The `{name}` parts of a pattern.
json::Array parameters_of(const Route& route) {
  json::Array parameters;
  std::string_view rest = route.pattern;
  for (auto open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const auto close = rest.find('}');
    parameters.push_back(parameter(rest.substr(open + 1, close - open - 1), "path", ""));
    rest.remove_prefix(close + 1);
  }
  for (const auto& query : route.query)
    parameters.push_back(parameter(query.name, "query", query.text));
  return parameters;
}

json::Value responses_of(const Route& route, SchemaSet& set) {
  json::Object content;
  if (route.schema) content.set("application/json", object({{"schema", route.schema(set)}}));
  if (route.streams) content.set("text/event-stream", object({{"schema", simple("string")}}));
  json::Object success = object({{"description", "Success"}});
  if (!content.empty()) success.set("content", content);
  json::Object problem = object({{"description", "Problem (RFC 9457)"}});
  problem.set("content",
              object({{"application/problem+json", object({{"schema", reference("Problem")}})}}));
  return object({{"200", std::move(success)}, {"default", std::move(problem)}});
}

std::string method_name(http::Method method) {
  std::string name(to_string(method));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

/// `GET /api/v1/tasks/{id}` is getApiV1TasksId.
std::string operation_id(const Route& route) {
  std::string id = method_name(route.method);
  bool upper = true;
  for (char c : route.pattern) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      upper = true;
      continue;
    }
    id += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return id;
}

json::Value operation_of(const Route& route, SchemaSet& set) {
  json::Object operation =
      object({{"operationId", operation_id(route)}, {"summary", route.summary}});
  if (auto parameters = parameters_of(route); !parameters.empty())
    operation.set("parameters", std::move(parameters));
  if (route.body) {
    json::Object content = object({{"application/json", object({{"schema", route.body(set)}})}});
    operation.set("requestBody", object({{"required", true}, {"content", std::move(content)}}));
  }
  operation.set("responses", responses_of(route, set));
  if (!route.role) operation.set("security", json::Array{});
  return operation;
}

json::Value problem_schema() {
  json::Object properties;
  for (auto name : {"type", "title", "detail", "reason"}) properties.set(name, simple("string"));
  properties.set("status", simple("integer"));
  return object({{"type", "object"}, {"properties", std::move(properties)}});
}

}  // namespace

std::string openapi_document(const Sources& sources) {
  SchemaSet set;
  json::Object paths;
  for (const Route& route : routes()) {
    const std::string path(route.pattern);
    if (paths.find(path) == nullptr) paths.set(path, json::Object{});
    paths.find(path)->if_object()->set(method_name(route.method), operation_of(route, set));
  }
  set.schemas.set("Problem", problem_schema());
  json::Object bearer = object({{"type", "http"}, {"scheme", "bearer"}});
  json::Object components = object(
      {{"schemas", set.schemas}, {"securitySchemes", object({{"bearer", std::move(bearer)}})}});
  json::Object document =
      object({{"openapi", "3.1.0"},
              {"info", object({{"title", "Flotilla"}, {"version", sources.version}})},
              {"paths", std::move(paths)},
              {"components", std::move(components)},
              {"security", json::Array{object({{"bearer", json::Array{}}})}}});
  return json::to_string(document);
}

}  // namespace flotilla::api
