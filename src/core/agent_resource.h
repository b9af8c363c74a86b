#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/policy.h"
#include "core/references.h"
#include "core/resource.h"

/// The Agent kind: an agent that is declared instead of built in. The structs are the wire;
/// agents/resource_agents.h makes agents of the resources.
namespace flotilla::core {

struct AgentProviderSpec {
  std::string organization;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(AgentProviderSpec, (), (organization, url))

/// A skill on the card (A2A 1.0 section 4.4.5).
struct AgentSkillSpec {
  std::optional<std::string> id;  // absent: made of the name
  std::string name;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> inputModes;
  std::vector<std::string> outputModes;
};
BOOST_DESCRIBE_STRUCT(AgentSkillSpec, (),
                      (id, name, description, tags, examples, inputModes, outputModes))

enum class PromptSourceKind : std::uint8_t { config_map, prompt_template };
BOOST_DESCRIBE_ENUM(PromptSourceKind, config_map, prompt_template)
constexpr std::string_view wire_name(PromptSourceKind kind) {
  return kind == PromptSourceKind::config_map ? "ConfigMap" : "PromptTemplate";
}

/// What `include "alias/key"` finds.
struct PromptDataSource {
  PromptSourceKind kind = PromptSourceKind::config_map;
  std::string name;
  std::optional<std::string> alias;  // absent: the name
};
BOOST_DESCRIBE_STRUCT(PromptDataSource, (), (kind, name, alias))
constexpr bool has_defaults(const PromptDataSource*) {
  return true;
}

/// With data sources the system message is a template; without, plain text.
struct PromptTemplateUse {
  std::vector<PromptDataSource> dataSources;
};
BOOST_DESCRIBE_STRUCT(PromptTemplateUse, (), (dataSources))

/// Tools of a ToolServer.
struct ToolServerUse {
  std::string name;
  std::optional<std::string> namespace_;  // absent: the agent's
  /// The server's names or ours, or globs; empty: all. A name that the server does not have is
  /// told by the agent's condition, and no error.
  std::vector<std::string> tools;
  std::vector<std::string> requireApproval;  // likewise
  std::vector<std::string> allowedHeaders;   // of the caller's request, passed on; in any case
  std::vector<NamedValue> headersFrom;       // sent instead of the ToolServer's of the same name
};
BOOST_DESCRIBE_STRUCT(ToolServerUse, (),
                      (name, namespace_, tools, requireApproval, allowedHeaders, headersFrom))

/// Another agent as a tool.
struct AgentUse {
  std::string name;
  std::optional<std::string> namespace_;  // absent: the agent's
  bool isolateSessions = false;           // each call has a session of its own
  bool requireApproval = false;
  std::vector<NamedValue> headersFrom;  // not passed on: condition UnsupportedFeatures
};
BOOST_DESCRIBE_STRUCT(AgentUse, (),
                      (name, namespace_, isolateSessions, requireApproval, headersFrom))
constexpr bool has_defaults(const AgentUse*) {
  return true;
}

/// Exactly one member.
struct AgentTool {
  std::optional<ToolServerUse> toolServer;
  std::optional<AgentUse> agent;
};
BOOST_DESCRIBE_STRUCT(AgentTool, (), (toolServer, agent))

struct AgentMemory {
  std::optional<std::string> model;  // ModelConfig of an embedding model; absent: by keywords
  Duration ttl = std::chrono::hours(24 * 15);
  bool prefetch = true;  // what fits the request is put before the model unasked
};
BOOST_DESCRIBE_STRUCT(AgentMemory, (), (model, ttl, prefetch))
constexpr bool has_defaults(const AgentMemory*) {
  return true;
}

struct CompactionSummarizer {
  std::optional<std::string> model;  // ModelConfig; absent: the agent's own
  std::optional<std::string> prompt;
};
BOOST_DESCRIBE_STRUCT(CompactionSummarizer, (), (model, prompt))

/// When older turns of a session are replaced by a summary, or left out without a summarizer.
struct AgentCompaction {
  std::int64_t interval = 5;                   // turns
  std::int64_t overlap = 2;                    // turns that a summary shares with the one before
  std::optional<std::int64_t> tokenThreshold;  // or as soon as the prompt has so many
  std::optional<std::int64_t> retain;          // newest messages that stay as they are
  std::optional<CompactionSummarizer> summarizer;
};
BOOST_DESCRIBE_STRUCT(AgentCompaction, (), (interval, overlap, tokenThreshold, retain, summarizer))
constexpr bool has_defaults(const AgentCompaction*) {
  return true;
}

/// The answer is one JSON value that fits the schema.
struct AgentOutput {
  json::Object schema;
};
BOOST_DESCRIBE_STRUCT(AgentOutput, (), (schema))

struct AgentLimits {
  std::int64_t maxSteps = 50;                    // model calls of a turn
  Duration deadline = std::chrono::minutes(30);  // of a turn, without the time it waits for people
  std::int64_t parallelTools = 8;
};
BOOST_DESCRIBE_STRUCT(AgentLimits, (), (maxSteps, deadline, parallelTools))
constexpr bool has_defaults(const AgentLimits*) {
  return true;
}

struct AgentBudget {
  std::optional<SpendLimit> run;  // of one task, with what it delegates
  std::optional<SpendLimit> day;  // of the agent, UTC
};
BOOST_DESCRIBE_STRUCT(AgentBudget, (), (run, day))

inline constexpr std::string_view kAgentKind = "Agent";
inline constexpr std::string_view kDefaultModel = "default";

struct DeclarativeAgent {
  std::string model{kDefaultModel};  // ModelConfig of the same namespace
  std::optional<std::string> systemMessage;
  std::optional<ValueSource> systemMessageFrom;
  std::optional<PromptTemplateUse> promptTemplate;
  bool stream = true;
  std::vector<AgentTool> tools;
  bool askUser = true;
  std::vector<std::string> policies;  // Policies of the same namespace
  std::optional<AgentMemory> memory;
  std::optional<AgentCompaction> compaction;
  std::optional<AgentOutput> output;
  AgentLimits limits;
  std::optional<AgentBudget> budget;
};
BOOST_DESCRIBE_STRUCT(DeclarativeAgent, (),
                      (model, systemMessage, systemMessageFrom, promptTemplate, stream, tools,
                       askUser, policies, memory, compaction, output, limits, budget))
constexpr bool has_defaults(const DeclarativeAgent*) {
  return true;
}

enum class ByoStart : std::uint8_t { on_demand, always };
BOOST_DESCRIBE_ENUM(ByoStart, on_demand, always)
constexpr std::string_view wire_name(ByoStart start) {
  return start == ByoStart::on_demand ? "on-demand" : "always";
}

/// A program that speaks A2A over HTTP on 127.0.0.1 at the port that it gets as PORT.
struct ByoAgent {
  std::optional<std::string> command;
  std::vector<std::string> args;
  std::vector<NamedValue> env;
  std::optional<std::string> cwd;
  ByoStart start = ByoStart::on_demand;
  Duration startTimeout = std::chrono::seconds(30);  // until its card can be read
  std::optional<std::string> image;                  // for Kubernetes; alone it runs nothing here
};
BOOST_DESCRIBE_STRUCT(ByoAgent, (), (command, args, env, cwd, start, startTimeout, image))
constexpr bool has_defaults(const ByoAgent*) {
  return true;
}

/// An agent elsewhere, by A2A.
struct RemoteAgent {
  std::string url;  // of its card, or the place below which `/.well-known/agent-card.json` is
  std::vector<NamedValue> headers;
  std::optional<TlsSpec> tls;
};
BOOST_DESCRIBE_STRUCT(RemoteAgent, (), (url, headers, tls))

struct AgentSpec {
  std::optional<std::string> description;
  std::optional<std::string> version;
  std::optional<std::string> iconUrl;
  std::optional<std::string> documentationUrl;
  std::optional<AgentProviderSpec> provider;
  std::vector<AgentSkillSpec> skills;
  std::vector<std::string> keywords;  // that open a request for it at the front desk
  std::optional<AllowedNamespaces> allowedNamespaces;
  std::optional<DeclarativeAgent> declarative;
  std::optional<ByoAgent> byo;
  std::optional<RemoteAgent> remote;
};
BOOST_DESCRIBE_STRUCT(AgentSpec, (),
                      (description, version, iconUrl, documentationUrl, provider, skills, keywords,
                       allowedNamespaces, declarative, byo, remote))

/// Conditions: Accepted (the spec can be used), Ready (it answers), UnsupportedFeatures (True: what
/// the spec asks for and is not done, each named).
struct AgentStatus {
  std::vector<Condition> conditions;
  std::int64_t observedGeneration = 0;
  std::string type;  // declarative, byo, remote; builtin: the server's own
  std::string url;   // path of its A2A
};
BOOST_DESCRIBE_STRUCT(AgentStatus, (), (conditions, observedGeneration, type, url))
constexpr bool has_defaults(const AgentStatus*) {
  return true;
}

/// Path of its A2A (docs/architecture.md section 4).
std::string agent_url(const ResourceRef& ref);
/// The place below which the card is, of RemoteAgent::url.
std::string card_base(std::string_view url);
/// The skill's id on the card.
std::string skill_id(const AgentSkillSpec& skill);
/// What the types alone cannot say; all faults, each naming its field below /spec.
Result<> check_agent(const AgentSpec& spec);

std::span<const json::FieldDoc> field_docs(const AgentProviderSpec*);
std::span<const json::FieldDoc> field_docs(const AgentSkillSpec*);
std::span<const json::FieldDoc> field_docs(const PromptDataSource*);
std::span<const json::FieldDoc> field_docs(const PromptTemplateUse*);
std::span<const json::FieldDoc> field_docs(const ToolServerUse*);
std::span<const json::FieldDoc> field_docs(const AgentUse*);
std::span<const json::FieldDoc> field_docs(const AgentTool*);
std::span<const json::FieldDoc> field_docs(const AgentMemory*);
std::span<const json::FieldDoc> field_docs(const CompactionSummarizer*);
std::span<const json::FieldDoc> field_docs(const AgentCompaction*);
std::span<const json::FieldDoc> field_docs(const AgentOutput*);
std::span<const json::FieldDoc> field_docs(const AgentLimits*);
std::span<const json::FieldDoc> field_docs(const AgentBudget*);
std::span<const json::FieldDoc> field_docs(const DeclarativeAgent*);
std::span<const json::FieldDoc> field_docs(const ByoAgent*);
std::span<const json::FieldDoc> field_docs(const RemoteAgent*);
std::span<const json::FieldDoc> field_docs(const AgentSpec*);
std::span<const json::FieldDoc> field_docs(const AgentStatus*);

}  // namespace flotilla::core
