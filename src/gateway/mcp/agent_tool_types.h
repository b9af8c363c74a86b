#pragma once

#include <span>

#include "gateway/mcp/task_views.h"
#include "json/struct_schema.h"

/// Arguments and answers of the platform's tools; their schemas are made of these.
namespace flotilla::gateway {

struct ListAgentsIn {
  std::optional<std::string> namespace_;
};
BOOST_DESCRIBE_STRUCT(ListAgentsIn, (), (namespace_))

struct AgentBrief {
  std::string ref;  // namespace/name
  std::string description;
  std::string type;
  std::vector<std::string> skills;
};
BOOST_DESCRIBE_STRUCT(AgentBrief, (), (ref, description, type, skills))

struct ListAgentsOut {
  std::vector<AgentBrief> agents;
};
BOOST_DESCRIBE_STRUCT(ListAgentsOut, (), (agents))
constexpr bool always_written(const ListAgentsOut*, std::string_view) {
  return true;
}

struct SendMessageIn {
  std::optional<std::string> agent;
  std::string text;
  std::optional<std::string> context_id;
  std::optional<std::string> task_id;
  std::optional<bool> wait;
};
BOOST_DESCRIBE_STRUCT(SendMessageIn, (), (agent, text, context_id, task_id, wait))

struct SendMessageOut {
  std::string text;  // the answer
  std::string context_id;
  std::optional<TaskDetail> task;  // absent: the agent answered without a task
};
BOOST_DESCRIBE_STRUCT(SendMessageOut, (), (text, context_id, task))

struct InvokeAgentIn {
  std::string agent;
  std::string task;
  std::optional<std::string> context_id;
};
BOOST_DESCRIBE_STRUCT(InvokeAgentIn, (), (agent, task, context_id))

struct InvokeAgentOut {
  std::string agent;
  std::string text;
  std::string context_id;
};
BOOST_DESCRIBE_STRUCT(InvokeAgentOut, (), (agent, text, context_id))

struct TaskIdIn {
  std::string task_id;
};
BOOST_DESCRIBE_STRUCT(TaskIdIn, (), (task_id))

struct ListTasksIn {
  std::optional<std::string> agent;
  std::optional<std::string> state;
  std::optional<std::string> context_id;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListTasksIn, (), (agent, state, context_id, limit, cursor))

struct ListTasksOut {
  std::vector<TaskBrief> tasks;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(ListTasksOut, (), (tasks, next_cursor))
constexpr bool always_written(const ListTasksOut*, std::string_view member) {
  return member == "tasks";
}

struct PublishEventIn {
  std::string name;
  std::optional<json::Value> data;
  std::optional<std::string> namespace_;
  std::optional<bool> shared;
  std::optional<std::string> context_id;
  std::optional<std::string> key;
};
BOOST_DESCRIBE_STRUCT(PublishEventIn, (), (name, data, namespace_, shared, context_id, key))

struct PublishEventOut {
  std::string cursor;
  std::string namespace_;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(PublishEventOut, (), (cursor, namespace_, name))

std::span<const json::FieldDoc> field_docs(const ListAgentsIn*);
std::span<const json::FieldDoc> field_docs(const AgentBrief*);
std::span<const json::FieldDoc> field_docs(const SendMessageIn*);
std::span<const json::FieldDoc> field_docs(const SendMessageOut*);
std::span<const json::FieldDoc> field_docs(const InvokeAgentIn*);
std::span<const json::FieldDoc> field_docs(const TaskIdIn*);
std::span<const json::FieldDoc> field_docs(const ListTasksIn*);
std::span<const json::FieldDoc> field_docs(const PublishEventIn*);

}  // namespace flotilla::gateway
