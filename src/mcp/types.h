#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"

/// Model Context Protocol, all released revisions. Definitions of tools, resources and prompts and
/// all content stay json::Value: they belong to their server and are relayed byte for byte.
namespace flotilla::mcp {

/// In order of time. Up to 2025-11-25 ("legacy"): handshake and session; from 2026-07-28 on
/// ("modern"): stateless, each request says its revision.
enum class Revision : std::uint8_t {
  v2024_11_05,
  v2025_03_26,
  v2025_06_18,
  v2025_11_25,
  v2026_07_28
};

inline constexpr Revision kNewestLegacy = Revision::v2025_11_25;
inline constexpr Revision kNewest = Revision::v2026_07_28;
inline constexpr std::array<std::string_view, 5> kRevisionNames = {
    "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"};

constexpr bool is_modern(Revision revision) {
  return revision >= Revision::v2026_07_28;
}
constexpr std::string_view to_string(Revision revision) {
  return kRevisionNames[static_cast<std::size_t>(revision)];
}
std::optional<Revision> parse_revision(std::string_view text);

/// Prefix of the protocol's own `_meta` keys.
inline constexpr std::string_view kMetaPrefix = "io.modelcontextprotocol/";
inline constexpr std::string_view kTasksExtension = "io.modelcontextprotocol/tasks";

/// JSON-RPC codes of the protocol.
namespace code {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternal = -32603;
inline constexpr int kServerError = -32000;
inline constexpr int kSessionNotFound = -32001;
inline constexpr int kResourceNotFound = -32002;        // up to 2025-11-25
inline constexpr int kUrlElicitationRequired = -32042;  // 2025-11-25
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingClientCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
}  // namespace code

/// An error as it goes over the wire. Errors of an upstream are passed on unchanged.
struct RpcError {
  int code = code::kInternal;
  std::string message;
  std::optional<json::Value> data;
};

/// ClientCapabilities of the peer, as flags and as they came.
struct ClientCapabilities {
  bool roots = false;
  bool sampling = false;
  bool sampling_tools = false;
  bool elicitation_form = false;
  bool elicitation_url = false;
  bool tasks = false;  // the extension
  json::Object raw;

  static ClientCapabilities from(const json::Object& raw);
};

}  // namespace flotilla::mcp
