#include "core/agent_resource.h"

// What explain and the JSON Schema say of each field.
namespace flotilla::core {

namespace {

constexpr json::FieldDoc kProviderDocs[] = {
    {"organization", "who offers the agent"},
    {"url", "their web page"},
};
constexpr json::FieldDoc kSkillDocs[] = {
    {"id", "unique within the agent; absent: made of the name"},
    {"name", "name for people"},
    {"description", "what it does"},
    {"tags", "words to find it by"},
    {"examples", "requests that it is good for"},
    {"inputModes", "media types that it takes; absent: the agent's"},
    {"outputModes", "media types that it gives; absent: the agent's"},
};
constexpr json::FieldDoc kSourceDocs[] = {
    {"kind", "ConfigMap or PromptTemplate"},
    {"name", "its name, in the same namespace"},
    {"alias", "how the system message calls it; absent: by its name"},
};
constexpr json::FieldDoc kPromptDocs[] = {
    {"dataSources", "what {{include \"alias/key\"}} finds; without any, the text is no template"},
};
constexpr json::FieldDoc kToolServerUseDocs[] = {
    {"name", "name of the ToolServer"},
    {"namespace", "its namespace, if it is not the agent's; it must allow that"},
    {"tools", "tools to offer the model, by name or glob; absent: all"},
    {"requireApproval", "tools whose calls wait for a person's decision, by name or glob"},
    {"allowedHeaders",
     "headers of the caller's request that go along with calls; not passed on yet, which the "
     "condition UnsupportedFeatures says"},
    {"headersFrom", "headers of calls, besides and before the ToolServer's"},
};
constexpr json::FieldDoc kAgentUseDocs[] = {
    {"name", "name of the Agent"},
    {"namespace", "its namespace, if it is not this agent's; it must allow that"},
    {"isolateSessions", "each call begins a new session; else they share one"},
    {"requireApproval", "calls wait for a person's decision"},
    {"headersFrom",
     "headers of calls, where it is a remote agent; not sent yet, which the condition "
     "UnsupportedFeatures says"},
};
constexpr json::FieldDoc kToolDocs[] = {
    {"toolServer", "tools of a ToolServer"},
    {"agent", "another agent as a tool"},
};
constexpr json::FieldDoc kMemoryDocs[] = {
    {"model", "ModelConfig of an embedding model; absent: search by words"},
    {"ttl", "how long an item is kept that nobody asks for"},
    {"prefetch", "put what fits the request before the model unasked"},
};
constexpr json::FieldDoc kSummarizerDocs[] = {
    {"model", "ModelConfig that summarizes; absent: the agent's"},
    {"prompt", "what it is asked to do"},
};
constexpr json::FieldDoc kCompactionDocs[] = {
    {"interval", "turns after which older ones are compacted"},
    {"overlap", "turns that a summary shares with the one before"},
    {"tokenThreshold", "compact also when the conversation has so many tokens"},
    {"retain", "newest messages that always stay as they are"},
    {"summarizer", "who writes the summary; absent: older turns are left out"},
};
constexpr json::FieldDoc kOutputDocs[] = {
    {"schema", "JSON Schema that the answer fits"},
};
constexpr json::FieldDoc kLimitsDocs[] = {
    {"maxSteps", "model calls of one turn; beyond, the task fails"},
    {"deadline", "how long a turn may take, without waits for people"},
    {"parallelTools", "tool calls at once"},
};
constexpr json::FieldDoc kBudgetDocs[] = {
    {"run", "of one task, with all that it delegates"},
    {"day", "of all tasks of the agent in a day, UTC"},
};
constexpr json::FieldDoc kDeclarativeDocs[] = {
    {"model", "ModelConfig that it asks"},
    {"systemMessage", "what the model is told before anything else"},
    {"systemMessageFrom", "where that text is, instead"},
    {"promptTemplate", "makes a template of the system message"},
    {"stream", "show the answer while it is written"},
    {"tools", "what it may use"},
    {"askUser", "give it the tool ask_user"},
    {"policies", "Policies that hold for it, besides those for all agents"},
    {"memory", "give it a memory across sessions"},
    {"compaction", "what becomes of long sessions"},
    {"output", "what its answer looks like; absent: text"},
    {"limits", "bounds of one turn"},
    {"budget", "what it may spend"},
};
constexpr json::FieldDoc kByoDocs[] = {
    {"command", "program to run, which speaks A2A at the port PORT; only an admin may set it"},
    {"args", "its arguments"},
    {"env", "its environment variables, besides PORT and a few of ours such as PATH"},
    {"cwd", "its working directory"},
    {"start", "with the first request (on-demand), or at once (always)"},
    {"startTimeout", "how long it may take until its card can be read"},
    {"image", "container image, for Kubernetes; here it is not run"},
};
constexpr json::FieldDoc kRemoteDocs[] = {
    {"url", "URL of its agent card, or of the place below which the card is"},
    {"headers", "headers of every request to it"},
    {"tls", "how to check it, and who we are to it"},
};
constexpr json::FieldDoc kSpecDocs[] = {
    {"description", "what the agent does: on its card, and for agents that use it as a tool"},
    {"version", "version on its card"},
    {"iconUrl", "icon on its card"},
    {"documentationUrl", "documentation on its card"},
    {"provider", "who offers it"},
    {"skills", "what it can do, on its card"},
    {"keywords", "words that open a request for it at the front desk"},
    {"allowedNamespaces", "agents of which namespaces may use it as a tool; absent: its own"},
    {"declarative", "we run it: a model, tools and instructions"},
    {"byo", "a program of yours"},
    {"remote", "an agent elsewhere"},
};
constexpr json::FieldDoc kStatusDocs[] = {
    {"conditions",
     "Accepted: the spec can be used; Ready: it answers; UnsupportedFeatures: what is not done"},
    {"observedGeneration", "the generation that the status is about"},
    {"type", "declarative, byo or remote; builtin: an agent of the server's own"},
    {"url", "path of its A2A on this server"},
};

}  // namespace

std::span<const json::FieldDoc> field_docs(const AgentProviderSpec*) {
  return kProviderDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentSkillSpec*) {
  return kSkillDocs;
}
std::span<const json::FieldDoc> field_docs(const PromptDataSource*) {
  return kSourceDocs;
}
std::span<const json::FieldDoc> field_docs(const PromptTemplateUse*) {
  return kPromptDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerUse*) {
  return kToolServerUseDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentUse*) {
  return kAgentUseDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentTool*) {
  return kToolDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentMemory*) {
  return kMemoryDocs;
}
std::span<const json::FieldDoc> field_docs(const CompactionSummarizer*) {
  return kSummarizerDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentCompaction*) {
  return kCompactionDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentOutput*) {
  return kOutputDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentLimits*) {
  return kLimitsDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentBudget*) {
  return kBudgetDocs;
}
std::span<const json::FieldDoc> field_docs(const DeclarativeAgent*) {
  return kDeclarativeDocs;
}
std::span<const json::FieldDoc> field_docs(const ByoAgent*) {
  return kByoDocs;
}
std::span<const json::FieldDoc> field_docs(const RemoteAgent*) {
  return kRemoteDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentSpec*) {
  return kSpecDocs;
}
std::span<const json::FieldDoc> field_docs(const AgentStatus*) {
  return kStatusDocs;
}

}  // namespace flotilla::core
