#include "mcp/modern_request.h"

#include <utility>

#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/limits.h"
#include "mcp/requests.h"

namespace flotilla::mcp {
namespace {

constexpr const char* kVersionHeader = "MCP-Protocol-Version";

std::string key(std::string_view name) {
  return std::string(kMetaPrefix) + std::string(name);
}

std::unexpected<Refusal> refuse(RpcError error, int status = 400) {
  return std::unexpected(Refusal{status, std::move(error)});
}

RpcError unsupported(const std::string& requested) {
  json::Array supported;
  for (auto name = kRevisionNames.rbegin(); name != kRevisionNames.rend(); ++name)
    supported.emplace_back(*name);
  return rpc_error(code::kUnsupportedVersion, "Unsupported protocol version",
                   json::Object{{"supported", std::move(supported)}, {"requested", requested}});
}

const std::string* text_at(const json::Object& object, const std::string& name) {
  const json::Value* value = object.find(name);
  return value == nullptr ? nullptr : value->if_string();
}

}  // namespace

bool claims_modern(const json::Object& params) {
  const json::Object* meta = meta_of(params);
  return meta != nullptr && meta->find(key("protocolVersion")) != nullptr;
}

bool names_modern(const http::Headers& headers) {
  const auto header = headers.find(kVersionHeader);
  const auto revision = header ? parse_revision(*header) : std::nullopt;
  return revision && is_modern(*revision);
}

std::expected<ModernRequest, Refusal> read_modern(RpcRequest rpc, const http::Headers* headers) {
  ModernRequest out;
  out.id = std::move(rpc.id);
  out.method_name = std::move(rpc.method);
  out.params = std::move(rpc.params);
  json::Value* given = out.params.find("_meta");
  json::Object* meta = given == nullptr ? nullptr : given->if_object();
  if (meta == nullptr) return refuse(bad_param("_meta", "missing or no object"));
  out.meta = std::move(*meta);
  out.params.erase("_meta");
  const std::string* version = text_at(out.meta, key("protocolVersion"));
  if (version == nullptr || version->size() > kMaxProtocolVersionBytes)
    return refuse(bad_param("_meta/" + key("protocolVersion"), "missing or no short string"));
  const json::Value* capabilities = out.meta.find(key("clientCapabilities"));
  if (capabilities == nullptr || capabilities->if_object() == nullptr)
    return refuse(bad_param("_meta/" + key("clientCapabilities"), "missing or no object"));
  if (headers != nullptr) {
    const auto header = single_header(*headers, kVersionHeader);
    if (!header || *header != *version)
      return refuse(rpc_error(code::kHeaderMismatch,
                              "Header mismatch: MCP-Protocol-Version must be there once and "
                              "equal _meta"));
  }
  const auto revision = parse_revision(*version);
  if (!revision || !is_modern(*revision)) return refuse(unsupported(*version));
  if (headers != nullptr)
    if (auto wrong = check_method_header(*headers, out.method_name)) return refuse(*wrong);
  const auto method = find_method(*revision, out.method_name);
  if (!method)
    return refuse(rpc_error(code::kMethodNotFound, "Method not found: " + out.method_name +
                                                       " (this server speaks 2026-07-28 and, after "
                                                       "initialize, up to 2025-11-25)"),
                  404);
  out.method = *method;
  if (headers != nullptr)
    if (auto wrong = check_name_header(*headers, *method, out.params)) return refuse(*wrong);
  out.caller.revision = *revision;
  out.caller.capabilities = ClientCapabilities::from(*capabilities->if_object());
  if (const auto* info = out.meta.find(key("clientInfo")); info != nullptr && info->if_object())
    out.caller.client_info = *info->if_object();
  if (const auto* level = text_at(out.meta, key("logLevel")))
    out.log_level = find_log_level(*level).value_or(kNoLogs);
  return out;
}

}  // namespace flotilla::mcp
