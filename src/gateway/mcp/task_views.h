#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "a2a/types.h"
#include "core/task.h"
#include "json/map.h"
#include "json/value.h"

/// How tasks look to MCP clients: short, for a model to read.
namespace flotilla::gateway {

struct ArtifactText {
  std::string id;
  std::optional<std::string> name;
  std::string text;  // the text parts; data as JSON; what is binary or elsewhere by its name
};
BOOST_DESCRIBE_STRUCT(ArtifactText, (), (id, name, text))

struct TaskBrief {
  std::string id;
  std::string agent;  // namespace/name
  std::string context_id;
  std::string state;  // submitted, working, completed, failed, canceled, input-required, …
  Time created_at;
  Time updated_at;
};
BOOST_DESCRIBE_STRUCT(TaskBrief, (), (id, agent, context_id, state, created_at, updated_at))

struct TaskDetail {
  std::string id;
  std::string agent;
  std::string context_id;
  std::string state;
  std::optional<std::string> message;  // what the agent said last
  std::vector<ArtifactText> artifacts;
};
BOOST_DESCRIBE_STRUCT(TaskDetail, (), (id, agent, context_id, state, message, artifacts))

/// `input-required`.
std::string state_name(a2a::TaskState state);
std::optional<a2a::TaskState> parse_state(std::string_view name);
TaskBrief brief_of(const core::TaskRow& row);
TaskDetail detail_of(const core::TaskRow& row, const a2a::Task& task);
/// All that an agent answered, as one text: its artifacts, else its message.
std::string answer_text(const TaskDetail& task);

/// The task of the tasks extension that a Flotilla task is (mcp.md 3.14); result, error and
/// inputRequests inline, by its status.
json::Object mcp_task(const core::TaskRow& row, const a2a::Task& task);
/// The one question of an interrupted task.
inline constexpr std::string_view kTaskInputKey = "message";
/// What the person said to it; nullopt: nothing usable.
std::optional<std::string> task_input(const json::Object& responses);
/// The result of a tool whose answer is a task.
json::Object tool_result(const TaskDetail& task);

}  // namespace flotilla::gateway
