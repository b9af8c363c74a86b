#include "compat/kagent/mcp_server.h"

#include <fmt/format.h>

#include "compat/kagent/conversion_internal.h"
#include "core/tool_server.h"

// RemoteMCPServer, MCPServer and the old ToolServer.
namespace flotilla::compat::kagent {

namespace {

constexpr std::string_view kSseTimeout =
    "timeout says how long a call may take without any sign of life, over SSE too";
constexpr std::string_view kStaysOpen = "false: a session is always ended when it is left";

std::vector<core::NamedValue> variables_of(const std::map<std::string, std::string>& given) {
  std::vector<core::NamedValue> out;
  for (const auto& [name, value] : given) {
    core::NamedValue variable;
    variable.name = name;
    variable.value = value;
    out.push_back(std::move(variable));
  }
  return out;
}

void note_http(const std::optional<Duration>& read_timeout, std::optional<bool> terminate,
               std::string_view at, Notes& notes) {
  if (read_timeout) notes.ignored(fmt::format("{}/sseReadTimeout", at), kSseTimeout);
  if (terminate == false) notes.ignored(fmt::format("{}/terminateOnClose", at), kStaysOpen);
}

/// Runs `cmd` here; where there is only an image, the resource says why it does not run.
core::ToolServerSpec stdio_of(const McpServerSpec& given, Notes& notes) {
  core::ToolServerSpec out;
  const auto& deployment = given.deployment;
  constexpr std::string_view kAt = "/spec/deployment";
  if (deployment.port) notes.ignored("/spec/deployment/port", "stdio has none");
  if (!deployment.cmd || deployment.cmd->empty()) {
    out.image = deployment.image;
    notes.from("/spec/image", "/spec/deployment/image");
    notes.from("/spec/url", "/spec/deployment/cmd");
    if (!deployment.args.empty())
      notes.ignored("/spec/deployment/args", "there is no cmd that they belong to");
    if (!deployment.env.empty())
      notes.ignored("/spec/deployment/env", "there is no cmd that it belongs to");
  } else {
    out.command = deployment.cmd;
    out.args = deployment.args;
    out.env = variables_of(deployment.env);
    notes.from("/spec/command", "/spec/deployment/cmd");
    notes.from("/spec/args", "/spec/deployment/args");
    notes.from("/spec/env", "/spec/deployment/env");
    if (deployment.image)
      notes.ignored("/spec/deployment/image", "cmd is run on this machine, not in the image");
  }
  notes.ignored_members(static_cast<const McpPod&>(deployment), kAt, kNoPods);
  return out;
}

/// A server in a container that listens by itself: nothing here can run it.
core::ToolServerSpec http_of(const McpServerSpec& given, Notes& notes) {
  core::ToolServerSpec out;
  const auto& deployment = given.deployment;
  out.image = deployment.image.value_or("");
  if (out.image->empty()) out.image = deployment.cmd;
  notes.from("/spec/image", "/spec/deployment/image");
  notes.from("/spec/url", "/spec/deployment/image");
  constexpr std::string_view kWhy =
      "a container that listens by itself is not run here; start it, and name its address with a "
      "RemoteMCPServer";
  if (given.httpTransport) notes.ignored_members(*given.httpTransport, "/spec/httpTransport", kWhy);
  if (deployment.port) notes.ignored("/spec/deployment/port", kWhy);
  if (deployment.cmd) notes.ignored("/spec/deployment/cmd", kWhy);
  if (!deployment.args.empty()) notes.ignored("/spec/deployment/args", kWhy);
  if (!deployment.env.empty()) notes.ignored("/spec/deployment/env", kWhy);
  notes.ignored_members(static_cast<const McpPod&>(deployment), "/spec/deployment", kNoPods);
  return out;
}

core::ToolServerSpec old_http_of(const OldHttp& given, core::ToolTransport transport,
                                 const std::string& at, Notes& notes) {
  core::ToolServerSpec out;
  out.url = given.url;
  out.transport = transport;
  notes.from("/spec/url", at + "/url");
  out.headers = headers_of(given.headersFrom, "/spec/headers", at + "/headersFrom", notes);
  for (const auto& [name, value] : given.headers) {
    core::NamedValue header;
    header.name = name;
    if (const auto* text = value.if_string()) {
      header.value = *text;
      out.headers.push_back(std::move(header));
    } else {
      notes.ignored(fmt::format("{}/headers/{}", at, name), "is no string");
    }
  }
  if (given.timeout) out.timeout = *given.timeout;
  note_http(given.sseReadTimeout, given.terminateOnClose, at, notes);
  return out;
}

core::ToolServerSpec old_stdio_of(const OldStdio& given, Notes& notes) {
  core::ToolServerSpec out;
  constexpr std::string_view kAt = "/spec/config/stdio";
  out.command = given.command;
  out.args = given.args;
  out.env = variables_of(given.env);
  notes.from("/spec/command", fmt::format("{}/command", kAt));
  auto more = headers_of(given.envFrom, "/spec/env", fmt::format("{}/envFrom", kAt), notes);
  for (auto& variable : more) out.env.push_back(std::move(variable));
  if (given.readTimeoutSeconds) out.timeout = std::chrono::seconds(*given.readTimeoutSeconds);
  notes.from("/spec/timeout", fmt::format("{}/readTimeoutSeconds", kAt));
  return out;
}

}  // namespace

Result<json::Value> remote_mcp_server_of(const json::Value& value, Notes& notes) {
  TRY(given, json::read<RemoteMcpServerSpec>(value, {.strict = true, .at = "/spec"}));
  core::ToolServerSpec out;
  out.description = given.description;
  out.url = given.url;
  out.transport = given.protocol == RemoteProtocol::SSE ? core::ToolTransport::sse
                                                        : core::ToolTransport::streamable_http;
  out.headers = headers_of(given.headersFrom, "/spec/headers", "/spec/headersFrom", notes);
  if (given.timeout) out.timeout = *given.timeout;
  note_http(given.sseReadTimeout, given.terminateOnClose, "/spec", notes);
  out.allowedNamespaces = allowed_of(given.allowedNamespaces, notes);
  TRY(tls, tls_of(given.tls, notes));
  out.tls = std::move(tls);
  return json::to_value(out);
}

Result<json::Value> mcp_server_of(const json::Value& value, Notes& notes) {
  TRY(given, json::read<McpServerSpec>(value, {.strict = true, .at = "/spec"}));
  const bool http = given.transportType == McpTransport::http;
  if (!http && given.httpTransport)
    notes.ignored("/spec/httpTransport", "the transportType is stdio");
  if (http && given.stdioTransport)
    notes.ignored("/spec/stdioTransport", "the transportType is http");
  auto out = http ? http_of(given, notes) : stdio_of(given, notes);
  if (given.timeout) out.timeout = *given.timeout;
  return json::to_value(out);
}

Result<json::Value> old_tool_server_of(const json::Value& value, Notes& notes) {
  TRY(given, json::read<OldToolServerSpec>(value, {.strict = true, .at = "/spec"}));
  const auto& config = given.config;
  const int count = (config.stdio ? 1 : 0) + (config.sse ? 1 : 0) + (config.streamableHttp ? 1 : 0);
  if (count != 1)
    return fail(invalid("/spec/config", "exactly one of stdio, sse and streamableHttp is needed"));
  core::ToolServerSpec out;
  if (config.stdio) {
    out = old_stdio_of(*config.stdio, notes);
  } else if (config.sse) {
    out = old_http_of(*config.sse, core::ToolTransport::sse, "/spec/config/sse", notes);
  } else {
    out = old_http_of(*config.streamableHttp, core::ToolTransport::streamable_http,
                      "/spec/config/streamableHttp", notes);
  }
  out.description = given.description;
  return json::to_value(out);
}

}  // namespace flotilla::compat::kagent
