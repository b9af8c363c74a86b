#include "gateway/mcp/agent_tool_types.h"

namespace flotilla::gateway {

using Docs = std::span<const json::FieldDoc>;

Docs field_docs(const ListAgentsIn*) {
  static constexpr json::FieldDoc kDocs[] = {{"namespace", "only agents of this namespace"}};
  return kDocs;
}

Docs field_docs(const AgentBrief*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"ref", "namespace/name: what send_message and invoke_agent take"}};
  return kDocs;
}

Docs field_docs(const SendMessageIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"agent",
       "namespace/name or name of the agent; absent: the front desk, which finds the right one"},
      {"text", "what to tell the agent"},
      {"context_id", "goes on with the conversation that an earlier answer named"},
      {"task_id", "answers a task that waits for input"},
      {"wait", "false: return at once, and look with get_task later"}};
  return kDocs;
}

Docs field_docs(const SendMessageOut*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"task", "absent when the agent answered without a task"}};
  return kDocs;
}

Docs field_docs(const InvokeAgentIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"agent", "namespace/name of the agent"},
      {"task", "what the agent is to do"},
      {"context_id", "goes on with the conversation that an earlier answer named"}};
  return kDocs;
}

Docs field_docs(const TaskIdIn*) {
  static constexpr json::FieldDoc kDocs[] = {{"task_id", "id of a task of yours"}};
  return kDocs;
}

Docs field_docs(const ListTasksIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"agent", "only tasks of this agent (namespace/name or name)"},
      {"state",
       "submitted, working, completed, failed, canceled, input-required, rejected or "
       "auth-required"},
      {"limit", "1 to 100; 20 if absent"},
      {"cursor", "next_cursor of the page before"}};
  return kDocs;
}

Docs field_docs(const PublishEventIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"name", "of the topic, such as build.finished"},
      {"namespace", "yours if absent"},
      {"shared", "true: for everybody in the namespace, not for yourself only"},
      {"key", "the same key again publishes nothing"}};
  return kDocs;
}

}  // namespace flotilla::gateway
