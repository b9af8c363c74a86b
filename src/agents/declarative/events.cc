#include "agents/declarative/events.h"

#include <fmt/format.h>

#include <utility>

#include "agents/declarative/limits.h"
#include "base/utf8.h"
#include "json/json.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

a2a::Part data_part(json::Object data, std::string_view type) {
  a2a::Part part;
  part.data = json::Value(std::move(data));
  part.metadata.set("kagent_type", type);
  return part;
}

/// As JSON where it is some.
json::Value arguments_of(const llm::ToolCall& call) {
  auto value = json::parse(call.arguments);
  if (value) return std::move(*value);
  return json::Value(call.arguments);
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

void add_line(std::string& text, const std::string& line) {
  if (!text.empty()) text += '\n';
  text += line;
}

void add_media(llm::ToolResult& result, const json::Object& block, std::string_view data) {
  if (result.media.size() >= kMaxResultMedia) return;
  llm::Media media;
  media.mediaType = text_at(block, "mimeType");
  if (media.mediaType.empty()) media.mediaType = "application/octet-stream";
  media.base64 = text_at(block, data);
  result.media.push_back(std::move(media));
}

void add_block(llm::ToolResult& result, const json::Object& block) {
  const auto type = text_at(block, "type");
  if (type == "text") {
    add_line(result.text, text_at(block, "text"));
  } else if (type == "image" || type == "audio") {
    add_media(result, block, "data");
  } else if (type == "resource_link") {
    add_line(result.text, text_at(block, "uri"));
  } else if (type == "resource") {
    const auto* inner = block.find("resource");
    const auto* resource = inner == nullptr ? nullptr : inner->if_object();
    if (resource == nullptr) return;
    if (resource->find("text") != nullptr)
      add_line(result.text, text_at(*resource, "text"));
    else
      add_media(result, *resource, "blob");
  }
}

void fill(llm::ToolResult& result, const json::Object& content) {
  if (const auto* failed = content.find("isError"); failed != nullptr && failed->if_bool())
    result.isError = *failed->if_bool();
  const auto* blocks = content.find("content");
  if (blocks != nullptr && blocks->if_array() != nullptr)
    for (const auto& block : *blocks->if_array())
      if (const auto* object = block.if_object()) add_block(result, *object);
  const auto* structured = content.find("structuredContent");
  if (result.text.empty() && structured != nullptr) result.text = json::to_string(*structured);
}

}  // namespace

std::string well_formed(std::string text) {
  auto bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return text;
  std::string out;
  std::string_view rest = text;
  while (bad != std::string_view::npos) {
    out += rest.substr(0, bad);
    out += kReplacement;
    rest.remove_prefix(bad + 1);
    bad = find_invalid_utf8(rest);
  }
  return out.append(rest);
}

std::string shortened(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  const auto whole = text.size();
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + fmt::format("\n[cut: the first {} of {} bytes]", end, whole);
}

a2a::Message calls_message(core::Run& run, const llm::Message& answer) {
  auto message = run.message(llm::text_of(answer));
  if (message.parts.front().text->empty()) message.parts.clear();
  for (const auto& part : answer.parts) {
    if (!part.toolCall) continue;
    json::Object data;
    data.append("name", part.toolCall->name);
    data.append("id", part.toolCall->id);
    data.append("args", arguments_of(*part.toolCall));
    message.parts.push_back(data_part(std::move(data), "function_call"));
  }
  return message;
}

a2a::Message result_message(core::Run& run, const llm::ToolResult& result,
                            const std::string& child) {
  auto message = run.message("");
  message.parts.clear();
  json::Object response;
  response.append(result.isError ? "error" : "result",
                  shortened(result.text, kMaxShownResultBytes));
  json::Object data;
  data.append("name", result.name);
  data.append("id", result.callId);
  data.append("response", std::move(response));
  message.parts.push_back(data_part(std::move(data), "function_response"));
  if (!child.empty()) {
    message.parts.back().metadata.set("kagent_subagent_session_id", child);
    message.referenceTaskIds.push_back(child);
  }
  return message;
}

json::Object end_metadata(const core::TaskRow& row, const llm::Usage& usage) {
  json::Object out;
  out.append("kagent_app_name", row.name_space + "/" + row.agent);
  out.append("kagent_author", row.agent);
  out.append("kagent_user_id", row.owner);
  out.append("kagent_session_id", row.context_id);
  if (usage == llm::Usage()) return out;
  json::Object counts;
  counts.append("promptTokenCount", usage.inputTokens);
  counts.append("candidatesTokenCount", usage.outputTokens);
  counts.append("totalTokenCount", usage.inputTokens + usage.outputTokens);
  if (usage.cachedInputTokens > 0)
    counts.append("cachedContentTokenCount", usage.cachedInputTokens);
  if (usage.reasoningTokens > 0) counts.append("thoughtsTokenCount", usage.reasoningTokens);
  out.append("kagent_usage_metadata", std::move(counts));
  return out;
}

llm::ToolResult error_result(const llm::ToolCall& call, std::string text) {
  llm::ToolResult result;
  result.callId = call.id;
  result.name = call.name;
  result.text = well_formed(std::move(text));
  result.isError = true;
  return result;
}

llm::ToolResult to_result(const llm::ToolCall& call, mcp::Reply reply) {
  if (const auto* refused = std::get_if<mcp::RpcError>(&reply))
    return error_result(call, fmt::format("the tool server answered error {}: {}", refused->code,
                                          refused->message));
  llm::ToolResult result;
  result.callId = call.id;
  result.name = call.name;
  if (const auto* done = std::get_if<mcp::Complete>(&reply)) fill(result, done->result);
  result.text = shortened(well_formed(std::move(result.text)), kMaxResultBytes);
  return result;
}

llm::ToolResult task_result(const llm::ToolCall& call, const std::string& agent,
                            const a2a::Task& task) {
  std::string said;
  for (const auto& artifact : task.artifacts) add_line(said, a2a::text_of(artifact.parts));
  if (task.status.message) add_line(said, a2a::text_of(task.status.message->parts));
  if (task.status.state != a2a::TaskState::completed)
    return error_result(
        call, fmt::format("agent {} did not complete ({}): {}", agent, wire_name(task.status.state),
                          shortened(said, kMaxResultBytes)));
  llm::ToolResult result;
  result.callId = call.id;
  result.name = call.name;
  result.text = shortened(well_formed(std::move(said)), kMaxResultBytes);
  return result;
}

}  // namespace flotilla::agents
