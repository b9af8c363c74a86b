#include "mcp/requests.h"

#include <algorithm>
#include <utility>

#include "mcp/error.h"
#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

std::unexpected<RpcError> fault(std::string_view field, std::string_view what) {
  return std::unexpected(bad_param(field, what));
}

Read<std::string> text_of(const json::Object& params, std::string_view name, std::size_t limit) {
  const json::Value* value = params.find(name);
  if (value == nullptr) return fault(name, "missing");
  const std::string* text = value->if_string();
  if (text == nullptr) return fault(name, "expected string");
  if (text->size() > limit) return fault(name, "longer than " + std::to_string(limit) + " bytes");
  return *text;
}

/// An absent or null member is an empty object.
Read<json::Object> object_of(json::Object& params, std::string_view name) {
  json::Value* value = params.find(name);
  if (value == nullptr || value->is_null()) return json::Object();
  json::Object* object = value->if_object();
  if (object == nullptr) return fault(name, "expected object");
  return std::move(*object);
}

Read<bool> flag_of(const json::Object& parent, std::string_view name) {
  const json::Value* value = parent.find(name);
  if (value == nullptr) return false;
  const bool* flag = value->if_bool();
  if (flag == nullptr) return fault("notifications/" + std::string(name), "expected boolean");
  return *flag;
}

Read<std::vector<std::string>> texts_of(const json::Object& parent, std::string_view name) {
  std::vector<std::string> texts;
  const std::string field = "notifications/" + std::string(name);
  const json::Value* value = parent.find(name);
  if (value == nullptr) return texts;
  const json::Array* array = value->if_array();
  if (array == nullptr) return fault(field, "expected array");
  if (array->size() > kMaxListenUris)
    return fault(field, "more than " + std::to_string(kMaxListenUris) + " elements");
  for (const json::Value& element : *array) {
    const std::string* text = element.if_string();
    if (text == nullptr || text->size() > kMaxUriBytes)
      return fault(field, "expected strings of at most " + std::to_string(kMaxUriBytes) + " bytes");
    texts.push_back(*text);
  }
  return texts;
}

}  // namespace

std::optional<std::size_t> find_log_level(std::string_view name) {
  const auto* found = std::ranges::find(kLogLevels, name);
  if (found == kLogLevels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kLogLevels.begin());
}

Read<InitializeRequest> read_initialize(json::Object& params) {
  auto version = text_of(params, "protocolVersion", kMaxProtocolVersionBytes);
  if (!version) return std::unexpected(version.error());
  for (const std::string_view name : {"capabilities", "clientInfo"}) {
    const json::Value* value = params.find(name);
    if (value == nullptr) return fault(name, "missing");
    if (value->if_object() == nullptr) return fault(name, "expected object");
  }
  return InitializeRequest{std::move(*version),
                           std::move(*params.find("capabilities")->if_object()),
                           std::move(*params.find("clientInfo")->if_object())};
}

Read<std::optional<std::string>> read_cursor(const json::Object& params) {
  if (params.find("cursor") == nullptr) return std::optional<std::string>();
  auto cursor = text_of(params, "cursor", kMaxUriBytes);
  if (!cursor) return std::unexpected(cursor.error());
  return std::optional<std::string>(std::move(*cursor));
}

Read<CallTool> read_call_tool(json::Object& params) {
  auto name = text_of(params, "name", kMaxNameBytes);
  if (!name) return std::unexpected(name.error());
  auto arguments = object_of(params, "arguments");
  if (!arguments) return std::unexpected(arguments.error());
  return CallTool{std::move(*name), std::move(*arguments), {}};
}

Read<ReadResource> read_read_resource(const json::Object& params) {
  auto uri = read_uri(params);
  if (!uri) return std::unexpected(uri.error());
  return ReadResource{std::move(*uri), {}};
}

Read<GetPrompt> read_get_prompt(json::Object& params) {
  auto name = text_of(params, "name", kMaxNameBytes);
  if (!name) return std::unexpected(name.error());
  auto arguments = object_of(params, "arguments");
  if (!arguments) return std::unexpected(arguments.error());
  for (const auto& [argument, value] : arguments->members())
    if (value.if_string() == nullptr) return fault("arguments/" + argument, "expected string");
  return GetPrompt{std::move(*name), std::move(*arguments), {}};
}

Read<Complement> read_complete(json::Object& params) {
  Complement request;
  if (params.find("ref") == nullptr) return fault("ref", "missing");
  auto ref = object_of(params, "ref");
  if (!ref) return std::unexpected(ref.error());
  const json::Value* type = ref->find("type");
  const std::string* kind = type == nullptr ? nullptr : type->if_string();
  if (kind == nullptr || (*kind != "ref/prompt" && *kind != "ref/resource"))
    return fault("ref/type", "must be ref/prompt or ref/resource");
  const std::string_view name = *kind == "ref/prompt" ? "name" : "uri";
  const json::Value* named = ref->find(name);
  if (named == nullptr || named->if_string() == nullptr)
    return fault("ref/" + std::string(name), "expected string");
  if (params.find("argument") == nullptr) return fault("argument", "missing");
  auto argument = object_of(params, "argument");
  if (!argument) return std::unexpected(argument.error());
  for (const std::string_view member : {"name", "value"}) {
    const json::Value* value = argument->find(member);
    if (value == nullptr || value->if_string() == nullptr)
      return fault("argument/" + std::string(member), "expected string");
  }
  request.argument = *argument->find("name")->if_string();
  request.value = *argument->find("value")->if_string();
  request.ref = std::move(*ref);
  auto context = object_of(params, "context");
  if (!context) return std::unexpected(context.error());
  auto chosen = object_of(*context, "arguments");
  if (!chosen) return fault("context/arguments", "expected object");
  request.context = std::move(*chosen);
  return request;
}

Read<std::string> read_uri(const json::Object& params) {
  return text_of(params, "uri", kMaxUriBytes);
}

Read<std::string> read_task_id(const json::Object& params) {
  return text_of(params, "taskId", kMaxNameBytes);
}

Read<TaskUpdate> read_task_update(json::Object& params) {
  auto id = read_task_id(params);
  if (!id) return std::unexpected(id.error());
  if (params.find("inputResponses") == nullptr) return fault("inputResponses", "missing");
  auto responses = object_of(params, "inputResponses");
  if (!responses) return std::unexpected(responses.error());
  return TaskUpdate{std::move(*id), std::move(*responses)};
}

Read<std::size_t> read_log_level(const json::Object& params) {
  auto name = text_of(params, "level", kMaxNameBytes);
  if (!name) return std::unexpected(name.error());
  const auto level = find_log_level(*name);
  if (!level)
    return fault("level",
                 "must be one of debug, info, notice, warning, error, "
                 "critical, alert, emergency");
  return *level;
}

Read<ChangeFilter> read_listen(const json::Object& params) {
  const json::Value* given = params.find("notifications");
  if (given == nullptr) return fault("notifications", "missing");
  const json::Object* wanted = given->if_object();
  if (wanted == nullptr) return fault("notifications", "expected object");
  const auto tools = flag_of(*wanted, "toolsListChanged");
  const auto prompts = flag_of(*wanted, "promptsListChanged");
  const auto resources = flag_of(*wanted, "resourcesListChanged");
  for (const auto* flag : {&tools, &prompts, &resources})
    if (!*flag) return std::unexpected(flag->error());
  auto uris = texts_of(*wanted, "resourceSubscriptions");
  if (!uris) return std::unexpected(uris.error());
  auto tasks = texts_of(*wanted, "taskIds");
  if (!tasks) return std::unexpected(tasks.error());
  return ChangeFilter{*tools, *prompts, *resources, std::move(*uris), std::move(*tasks)};
}

}  // namespace flotilla::mcp
