#include "gateway/mcp/task_views.h"

#include <array>

#include "base/time.h"
#include "json/json.h"

namespace flotilla::gateway {
namespace {

struct StateName {
  a2a::TaskState state;
  std::string_view name;
  std::string_view mcp;  // of the tasks extension
};

/// A tool's failure is a completed task with isError; `failed` is for errors of the protocol.
constexpr std::array<StateName, 8> kStates{{
    {a2a::TaskState::submitted, "submitted", "working"},
    {a2a::TaskState::working, "working", "working"},
    {a2a::TaskState::completed, "completed", "completed"},
    {a2a::TaskState::failed, "failed", "completed"},
    {a2a::TaskState::canceled, "canceled", "cancelled"},
    {a2a::TaskState::input_required, "input-required", "input_required"},
    {a2a::TaskState::rejected, "rejected", "completed"},
    {a2a::TaskState::auth_required, "auth-required", "input_required"},
}};

const StateName& entry(a2a::TaskState state) {
  for (const auto& one : kStates)
    if (one.state == state) return one;
  return kStates[0];
}

void append_part(std::string& text, const a2a::Part& part) {
  if (!text.empty()) text += '\n';
  if (part.text)
    text += *part.text;
  else if (part.data)
    text += json::to_string(*part.data);
  else
    text += "[" + part.filename.value_or(part.mediaType.value_or("file")) + "]";
}

std::string text_of_parts(const std::vector<a2a::Part>& parts) {
  std::string text;
  for (const auto& part : parts) append_part(text, part);
  return text;
}

json::Object question_of(const TaskDetail& task) {
  json::Object schema{
      {"type", "object"},
      {"properties", json::Object{{"text", json::Object{{"type", "string"}, {"title", "Answer"}}}}},
      {"required", json::Array{json::Value("text")}}};
  json::Object params{{"mode", "form"},
                      {"message", task.message.value_or("The agent waits for input.")},
                      {"requestedSchema", std::move(schema)}};
  return json::Object{{"method", "elicitation/create"}, {"params", std::move(params)}};
}

}  // namespace

std::string state_name(a2a::TaskState state) {
  return std::string(entry(state).name);
}

std::optional<a2a::TaskState> parse_state(std::string_view name) {
  for (const auto& one : kStates)
    if (one.name == name) return one.state;
  return std::nullopt;
}

TaskBrief brief_of(const core::TaskRow& row) {
  TaskBrief brief;
  brief.id = row.id.to_string();
  brief.agent = row.name_space + "/" + row.agent;
  brief.context_id = row.context_id;
  brief.state = state_name(row.state);
  brief.created_at = row.created_at;
  brief.updated_at = row.status_at;
  return brief;
}

TaskDetail detail_of(const core::TaskRow& row, const a2a::Task& task) {
  TaskDetail detail;
  detail.id = task.id;
  detail.agent = row.name_space + "/" + row.agent;
  detail.context_id = row.context_id;
  detail.state = state_name(task.status.state);
  if (task.status.message) detail.message = text_of_parts(task.status.message->parts);
  for (const auto& artifact : task.artifacts)
    detail.artifacts.push_back({artifact.artifactId, artifact.name, text_of_parts(artifact.parts)});
  return detail;
}

std::string answer_text(const TaskDetail& task) {
  std::string text;
  for (const auto& artifact : task.artifacts) {
    if (!text.empty()) text += '\n';
    text += artifact.text;
  }
  if (text.empty()) text = task.message.value_or("");
  return text;
}

json::Object tool_result(const TaskDetail& task) {
  const bool failed = task.state == "failed" || task.state == "rejected";
  std::string text = answer_text(task);
  if (failed && task.message) text = *task.message;
  json::Array blocks;
  blocks.emplace_back(json::Object{{"type", "text"}, {"text", std::move(text)}});
  json::Object result{{"content", std::move(blocks)}, {"structuredContent", json::to_value(task)}};
  if (failed) result.append("isError", true);
  return result;
}

json::Object mcp_task(const core::TaskRow& row, const a2a::Task& task) {
  const auto detail = detail_of(row, task);
  const auto& state = entry(task.status.state);
  json::Object out{{"taskId", detail.id},
                   {"status", state.mcp},
                   {"createdAt", format_time(row.created_at)},
                   {"lastUpdatedAt", format_time(row.status_at)},
                   {"ttlMs", nullptr},
                   {"pollIntervalMs", 1000}};
  if (detail.message) out.append("statusMessage", *detail.message);
  if (state.mcp == "completed") out.append("result", tool_result(detail));
  if (state.mcp == "input_required")
    out.append("inputRequests", json::Object{{std::string(kTaskInputKey), question_of(detail)}});
  return out;
}

std::optional<std::string> task_input(const json::Object& responses) {
  const auto* given = responses.find(kTaskInputKey);
  const auto* answer = given == nullptr ? nullptr : given->if_object();
  const auto* action = answer == nullptr ? nullptr : answer->find("action");
  if (action == nullptr || action->if_string() == nullptr || *action->if_string() != "accept")
    return std::nullopt;
  const auto* content = answer->find("content");
  const auto* fields = content == nullptr ? nullptr : content->if_object();
  const auto* text = fields == nullptr ? nullptr : fields->find("text");
  if (text == nullptr || text->if_string() == nullptr) return std::nullopt;
  return *text->if_string();
}

}  // namespace flotilla::gateway
