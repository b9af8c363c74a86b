#include "mcp/results.h"

#include <utility>

#include "mcp/downgrade.h"

namespace flotilla::mcp {
namespace {

constexpr std::int64_t kDiscoverTtlMs = 60'000;

json::Object& meta_to_write(json::Object& result) {
  json::Value* meta = result.find("_meta");
  if (meta == nullptr) {
    result.append("_meta", json::Object());
    meta = result.find("_meta");
  }
  json::Object* object = meta->if_object();
  return object != nullptr ? *object : meta->emplace<json::Object>();
}

json::Object list_changed() {
  return json::Object{{"listChanged", true}};
}

void add_server_info(json::Object& result, const ServerDescription& server) {
  meta_to_write(result).set(std::string(kMetaPrefix) + "serverInfo", server_info(server));
}

/// Members at the front, where readers look first.
json::Object typed(json::Object result, std::string_view type) {
  result.erase("resultType");
  json::Object out;
  out.append("resultType", type);
  for (auto& [name, value] : result.members()) out.append(std::move(name), std::move(value));
  return out;
}

}  // namespace

json::Object server_info(const ServerDescription& server) {
  json::Object info{{"name", server.name}};
  if (!server.title.empty()) info.append("title", server.title);
  info.append("version", server.version);
  return info;
}

json::Object server_capabilities(const ServerDescription& server, Revision revision) {
  json::Object out;
  if (server.logging) out.append("logging", json::Object());
  if (server.completions && revision >= Revision::v2025_03_26)
    out.append("completions", json::Object());
  if (server.prompts) out.append("prompts", list_changed());
  if (server.resources)
    out.append("resources", json::Object{{"subscribe", true}, {"listChanged", true}});
  if (server.tools) out.append("tools", list_changed());
  if (server.tasks && is_modern(revision)) {
    json::Object extensions;
    extensions.append(std::string(kTasksExtension), json::Object());
    out.append("extensions", std::move(extensions));
  }
  return out;
}

json::Object initialize_result(const ServerDescription& server, Revision revision) {
  json::Object out{{"protocolVersion", to_string(revision)},
                   {"capabilities", server_capabilities(server, revision)},
                   {"serverInfo", server_info(server)}};
  if (!server.instructions.empty()) out.append("instructions", server.instructions);
  return out;
}

json::Object discover_result(const ServerDescription& server) {
  json::Array versions;
  for (auto name = kRevisionNames.rbegin(); name != kRevisionNames.rend(); ++name)
    versions.emplace_back(*name);
  json::Object out{{"supportedVersions", std::move(versions)},
                   {"capabilities", server_capabilities(server, kNewest)}};
  if (!server.instructions.empty()) out.append("instructions", server.instructions);
  out.append("ttlMs", kDiscoverTtlMs);
  out.append("cacheScope", "private");
  return out;
}

json::Object finish_result(json::Object result, Method method, Revision revision,
                           const ServerDescription& server) {
  if (!is_modern(revision)) {
    for (const char* name : {"resultType", "ttlMs", "cacheScope"}) result.erase(name);
    downgrade(result, method, revision);
    return result;
  }
  if (is_cacheable(method)) {
    if (result.find("ttlMs") == nullptr) result.append("ttlMs", 0);
    if (result.find("cacheScope") == nullptr) result.append("cacheScope", "private");
  }
  add_server_info(result, server);
  return typed(std::move(result), "complete");
}

json::Object open_result(json::Object result, std::string_view type,
                         const ServerDescription& server) {
  add_server_info(result, server);
  return typed(std::move(result), type);
}

}  // namespace flotilla::mcp
