#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>

#include "json/value.h"
#include "mcp/handler.h"
#include "mcp/types.h"

/// Params of requests, read and checked. A fault is -32602 and names the member.
namespace flotilla::mcp {

template <class T>
using Read = std::expected<T, RpcError>;

struct InitializeRequest {
  std::string protocol_version;
  json::Object capabilities;
  json::Object client_info;
};

struct TaskUpdate {
  std::string id;
  json::Object responses;
};

Read<InitializeRequest> read_initialize(json::Object& params);
Read<std::optional<std::string>> read_cursor(const json::Object& params);
/// `rounds` are empty in all three.
Read<CallTool> read_call_tool(json::Object& params);
Read<ReadResource> read_read_resource(const json::Object& params);
Read<GetPrompt> read_get_prompt(json::Object& params);
Read<Complement> read_complete(json::Object& params);
Read<std::string> read_uri(const json::Object& params);
Read<std::string> read_task_id(const json::Object& params);
Read<TaskUpdate> read_task_update(json::Object& params);
/// The place of the level in `kLogLevels`.
Read<std::size_t> read_log_level(const json::Object& params);
Read<ChangeFilter> read_listen(const json::Object& params);

inline constexpr std::array<std::string_view, 8> kLogLevels = {
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};
std::optional<std::size_t> find_log_level(std::string_view name);

}  // namespace flotilla::mcp
