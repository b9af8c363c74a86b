#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/references.h"
#include "core/resource.h"
#include "json/struct_schema.h"

/// The ToolServer kind: an MCP server whose tools agents and clients may use. The structs are the
/// wire; resource_kind.cc makes schema, REST and command line of them.
namespace flotilla::core {

enum class ToolTransport : std::uint8_t { auto_, streamable_http, sse, stdio };
BOOST_DESCRIBE_ENUM(ToolTransport, auto_, streamable_http, sse, stdio)
constexpr std::string_view wire_name(ToolTransport transport) {
  constexpr std::array<std::string_view, 4> kNames{"auto", "streamable-http", "sse", "stdio"};
  return kNames[static_cast<std::size_t>(transport)];
}

/// What becomes of a tool whose description or schema changed.
enum class ToolPinning : std::uint8_t { quarantine, warn, off };
BOOST_DESCRIBE_ENUM(ToolPinning, quarantine, warn, off)

enum class OauthGrant : std::uint8_t { authorization_code, client_credentials };
BOOST_DESCRIBE_ENUM(OauthGrant, authorization_code, client_credentials)
constexpr std::string_view wire_name(OauthGrant grant) {
  return grant == OauthGrant::authorization_code ? "authorization-code" : "client-credentials";
}

struct ToolServerOauth {
  OauthGrant grant = OauthGrant::authorization_code;
  std::optional<std::string> clientId;
  std::optional<SecretKeyRef> clientSecretRef;
  std::vector<std::string> scopes;
  std::optional<std::string> clientMetadataUrl;
};
BOOST_DESCRIBE_STRUCT(ToolServerOauth, (),
                      (grant, clientId, clientSecretRef, scopes, clientMetadataUrl))
constexpr bool has_defaults(const ToolServerOauth*) {
  return true;
}

struct ToolServerSpec {
  std::optional<std::string> description;
  std::optional<std::string> url;
  std::optional<std::string> command;
  std::vector<std::string> args;
  std::vector<NamedValue> env;
  std::optional<std::string> cwd;
  ToolTransport transport = ToolTransport::auto_;
  std::vector<NamedValue> headers;
  std::vector<std::string> allowedTools;  // names or globs of the server's own names; empty: all
  std::map<std::string, std::string> rename;  // the server's name to the name shown, before prefix
  std::optional<std::string> prefix;          // absent: the resource's name; empty: none
  Duration timeout = std::chrono::seconds(30);
  std::optional<TlsSpec> tls;
  bool trustAnnotations = false;
  ToolPinning toolPinning = ToolPinning::quarantine;
  std::optional<ToolServerOauth> oauth;
  bool retryUnsafe = false;
  std::optional<AllowedNamespaces> allowedNamespaces;
  std::optional<std::string> image;  // for Kubernetes; alone it runs nothing here
};
BOOST_DESCRIBE_STRUCT(ToolServerSpec, (),
                      (description, url, command, args, env, cwd, transport, headers, allowedTools,
                       rename, prefix, timeout, tls, trustAnnotations, toolPinning, oauth,
                       retryUnsafe, allowedNamespaces, image))
constexpr bool has_defaults(const ToolServerSpec*) {
  return true;
}

/// A tool that the server offers and the spec allows.
struct ToolServerTool {
  std::string name;                     // as the catalogue shows it
  std::optional<std::string> original;  // the server's own name where it differs
  std::optional<std::string> description;
  std::string hash;  // of description, schemas and annotations: what is pinned
};
BOOST_DESCRIBE_STRUCT(ToolServerTool, (), (name, original, description, hash))

struct QuarantinedTool {
  std::string name;
  std::string reason;
  std::optional<std::string> pinnedHash;
  std::optional<std::string> offeredHash;
  std::optional<Time> since;
};
BOOST_DESCRIBE_STRUCT(QuarantinedTool, (), (name, reason, pinnedHash, offeredHash, since))

struct ToolServerInfo {
  std::string name;
  std::optional<std::string> title;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(ToolServerInfo, (), (name, title, version))

/// Conditions: Accepted (the spec can be used), Ready (its tools can be called).
struct ToolServerStatus {
  std::vector<Condition> conditions;
  std::int64_t observedGeneration = 0;
  std::optional<std::string> era;              // modern or legacy
  std::optional<std::string> protocolVersion;  // the revision that was agreed on
  std::optional<std::string> transport;        // the one in use
  std::optional<ToolServerInfo> serverInfo;
  std::int64_t toolCount = 0;
  std::vector<ToolServerTool> tools;
  std::vector<QuarantinedTool> quarantinedTools;
  std::optional<std::string> lastError;
  std::optional<Time> lastErrorAt;
};
BOOST_DESCRIBE_STRUCT(ToolServerStatus, (),
                      (conditions, observedGeneration, era, protocolVersion, transport, serverInfo,
                       toolCount, tools, quarantinedTools, lastError, lastErrorAt))
constexpr bool has_defaults(const ToolServerStatus*) {
  return true;
}

/// What the types alone cannot say; all faults, each naming its field below /spec.
Result<> check_tool_server(const ToolServerSpec& spec);

std::span<const json::FieldDoc> field_docs(const ToolServerOauth*);
std::span<const json::FieldDoc> field_docs(const ToolServerSpec*);
std::span<const json::FieldDoc> field_docs(const ToolServerTool*);
std::span<const json::FieldDoc> field_docs(const QuarantinedTool*);
std::span<const json::FieldDoc> field_docs(const ToolServerInfo*);
std::span<const json::FieldDoc> field_docs(const ToolServerStatus*);

}  // namespace flotilla::core
