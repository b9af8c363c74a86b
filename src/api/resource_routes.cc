#include <deque>

#include "api/resource_views.h"
#include "api/route.h"
#include "api/views.h"
#include "core/agent_resource.h"
#include "core/resource_kind.h"

// The routes of each kind of resource, from its definition.
namespace flotilla::api {

namespace {

using http::Method;

/// Patterns and summaries live as long as the table.
std::string_view kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

json::Value list_schema(const core::ResourceKind& kind, SchemaSet& set) {
  json::Object items;
  items.set("type", "array");
  items.set("items", core::document_schema(kind, set));
  json::Object text;
  text.set("type", "string");
  json::Object properties;
  properties.set("items", std::move(items));
  properties.set("nextCursor", text);
  properties.set("resourceVersion", text);
  json::Object schema;
  schema.set("type", "object");
  schema.set("properties", std::move(properties));
  schema.set("required", json::Array{"items", "nextCursor", "resourceVersion"});
  return schema;
}

/// Documents as people write them: checked by the server, which says more than a schema can.
json::Value manifest_schema(SchemaSet&) {
  json::Object one;
  one.set("type", "object");
  json::Object many;
  many.set("type", "array");
  many.set("items", one);
  json::Object schema;
  schema.set("oneOf", json::Array{one, many});
  return schema;
}

json::Value object_schema(SchemaSet&) {
  json::Object schema;
  schema.set("type", "object");
  return schema;
}

struct Adder {
  std::vector<Route>& table;

  Route& add(Method method, std::string_view pattern, std::string_view summary,
             Async<http::Response> (*handle)(const Sources&, http::Request&)) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.summary = summary;
    route.handle = handle;
    if (method != Method::get) route.role = Role::operator_;
    table.push_back(std::move(route));
    return table.back();
  }
};

const Parameter kDryRun{"dryRun", "server: says what would be, and changes nothing"};

void add_lists(Adder& adder, const core::ResourceKind& kind) {
  const bool is_agent = kind.kind == core::kAgentKind;  // some are not stored
  const std::vector<Parameter> query{
      {"labelSelector", "only those with such labels, such as app=web,tier!=test"},
      {"limit", "items of one page, 1 to 500, 50 by default"},
      {"cursor", "nextCursor of the page before"},
      {"after", "as a stream: only changes after this resourceVersion"}};
  const auto list = [kind](SchemaSet& set) { return list_schema(kind, set); };
  for (const auto& [where, summary] :
       {std::pair{std::string("/api/v1/"), "{}s of all namespaces; as a stream their changes"},
        std::pair{std::string("/api/v1/namespaces/{ns}/"),
                  "{}s of a namespace; as a stream their changes"}}) {
    std::string text(summary);
    text.replace(0, 2, kind.kind);
    auto& route = adder.add(Method::get, kept(where + std::string(kind.plural)),
                            kept(std::move(text)), is_agent ? agents::list : resources::list);
    route.query = query;
    route.schema = list;
    route.streams = true;
  }
}

void add_kind(Adder& adder, const core::ResourceKind& kind) {
  const std::string name(kind.kind);
  const auto all = kept("/api/v1/namespaces/{ns}/" + std::string(kind.plural));
  const auto one = kept(std::string(all) + "/{name}");
  const auto document = [kind](SchemaSet& set) { return core::document_schema(kind, set); };
  add_lists(adder, kind);
  const auto write = [&](Method method, std::string_view pattern, std::string summary,
                         auto handle) -> Route& {
    auto& route = adder.add(method, pattern, kept(std::move(summary)), handle);
    route.query = {kDryRun};
    route.schema = document;
    return route;
  };
  write(Method::post, all, "Makes a " + name, resources::create).body = document;
  auto& get = adder.add(Method::get, one, kept("One " + name),
                        kind.kind == core::kAgentKind ? agents::get : resources::get);
  get.schema = document;
  write(Method::put, one, "Replaces a " + name, resources::replace).body = document;
  write(Method::patch, one, "Changes a " + name + " by a JSON merge patch", resources::patch).body =
      object_schema;
  auto& remove =
      write(Method::delete_, one, "Deletes a " + name + " and what it owns", resources::remove);
  remove.query.push_back({"resourceVersion", "only if it is still this one"});
}

}  // namespace

void add_resource_routes(std::vector<Route>& table) {
  Adder adder{table};
  for (const auto& kind : core::resource_kinds()) add_kind(adder, kind);
  auto& apply =
      adder.add(Method::post, "/api/v1/apply",
                "Makes the stored resources what documents say (JSON or YAML)", resources::apply);
  apply.query = {{"namespace", "of documents that name none; default is the default"},
                 kDryRun,
                 {"prune", "also deletes what this label selector meets and no document names"}};
  apply.body = manifest_schema;
  apply.schema = [](SchemaSet& set) { return schema_of<ApplyList>(set); };
  auto& approve = adder.add(Method::post, "/api/v1/namespaces/{ns}/toolservers/{name}/approve",
                            "Offers quarantined tools again, as their server describes them now",
                            tool_servers::approve);
  approve.body = [](SchemaSet& set) { return schema_of<ApproveToolsBody>(set); };
  approve.schema = object_schema;
  adder.add(Method::get, "/api/v1/schemas", "Kinds of resources", resources::schemas).schema =
      [](SchemaSet& set) { return schema_of<KindList>(set); };
  adder
      .add(Method::get, "/api/v1/schemas/{kind}", "JSON Schema of a kind's documents",
           resources::schema)
      .schema = object_schema;
}

}  // namespace flotilla::api
