#include "compat/kagent/agent.h"

#include <fmt/format.h>

#include "compat/kagent/conversion_internal.h"
#include "core/agent_resource.h"

// Agent and SandboxAgent.
namespace flotilla::compat::kagent {

namespace {

constexpr std::string_view kDefaultModelConfig = "default-model-config";
constexpr std::string_view kAt = "/spec/declarative";

core::AgentSkillSpec skill_of(const AgentSkill& skill) {
  core::AgentSkillSpec out;
  out.id = skill.id;
  out.name = skill.name;
  out.description = skill.description;
  out.tags = skill.tags;
  out.examples = skill.examples;
  out.inputModes = skill.inputModes;
  out.outputModes = skill.outputModes;
  return out;
}

/// Absent where it is the document's own.
std::optional<std::string> foreign(const std::optional<std::string>& name_space,
                                   const Notes& notes) {
  if (!name_space || name_space->empty() || *name_space == notes.name_space) return std::nullopt;
  return name_space;
}

bool is_kind(const std::optional<std::string>& kind, std::string_view wanted) {
  return !kind || kind->empty() || *kind == wanted;
}

Result<core::AgentTool> tool_server_of(const Tool& tool, std::size_t index, Notes& notes) {
  const auto theirs = fmt::format("{}/tools/{}", kAt, index);
  const auto ours = fmt::format("{}/tools/{}/toolServer", kAt, index);
  const auto& server = *tool.mcpServer;
  const auto at = theirs + "/mcpServer";
  if (server.kind == "Service")
    notes.ignored(at + "/kind", "Services are not looked up: the ToolServer of that name is used");
  else if (!is_kind(server.kind, "RemoteMCPServer") && server.kind != "MCPServer" &&
           server.kind != "ToolServer")
    return fail(invalid(at + "/kind", "is not RemoteMCPServer, MCPServer or Service"));
  if (tool.isolateSessions) return fail(invalid(theirs + "/isolateSessions", "needs type Agent"));
  core::AgentTool out;
  auto& use = out.toolServer.emplace();
  use.name = server.name;
  use.namespace_ = foreign(server.namespace_, notes);
  use.tools = server.toolNames;
  use.requireApproval = server.requireApproval;
  use.allowedHeaders = server.allowedHeaders;
  notes.from(ours, at);
  notes.from(ours + "/tools", at + "/toolNames");
  use.headersFrom =
      headers_of(tool.headersFrom, ours + "/headersFrom", theirs + "/headersFrom", notes);
  return out;
}

Result<core::AgentTool> agent_tool_of(const Tool& tool, std::size_t index, Notes& notes) {
  const auto theirs = fmt::format("{}/tools/{}", kAt, index);
  const auto ours = fmt::format("{}/tools/{}/agent", kAt, index);
  const auto& agent = *tool.agent;
  if (!is_kind(agent.kind, "Agent") && agent.kind != "SandboxAgent")
    return fail(invalid(theirs + "/agent/kind", "is not Agent or SandboxAgent"));
  core::AgentTool out;
  auto& use = out.agent.emplace();
  use.name = agent.name;
  use.namespace_ = foreign(agent.namespace_, notes);
  use.isolateSessions = tool.isolateSessions.value_or(false);
  notes.from(ours, theirs + "/agent");
  notes.from(ours + "/isolateSessions", theirs + "/isolateSessions");
  use.headersFrom =
      headers_of(tool.headersFrom, ours + "/headersFrom", theirs + "/headersFrom", notes);
  return out;
}

Result<core::AgentTool> tool_of(const Tool& tool, std::size_t index, Notes& notes) {
  const auto at = fmt::format("{}/tools/{}", kAt, index);
  if (tool.mcpServer.has_value() == tool.agent.has_value())
    return fail(invalid(at, "exactly one of mcpServer and agent is needed"));
  if (tool.type && (*tool.type == ToolType::McpServer) != tool.mcpServer.has_value())
    return fail(invalid(at + "/type", tool.mcpServer ? "must be McpServer with mcpServer"
                                                     : "must be Agent with agent"));
  return tool.mcpServer ? tool_server_of(tool, index, notes) : agent_tool_of(tool, index, notes);
}

Result<std::optional<core::PromptTemplateUse>> prompt_of(const Declarative& given, Notes& notes) {
  if (!given.promptTemplate || given.promptTemplate->dataSources.empty())
    return std::optional<core::PromptTemplateUse>();
  core::PromptTemplateUse out;
  const auto& sources = given.promptTemplate->dataSources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!is_kind(sources[i].kind, "ConfigMap"))
      return fail(invalid(fmt::format("{}/promptTemplate/dataSources/{}/kind", kAt, i),
                          "is not ConfigMap"));
    core::PromptDataSource source;
    source.name = sources[i].name;
    source.alias = sources[i].alias;
    if (source.alias == "") source.alias.reset();
    out.dataSources.push_back(std::move(source));
  }
  std::ignore = notes;
  return std::optional(std::move(out));
}

Result<std::optional<core::AgentMemory>> memory_of(const Declarative& given, Notes& notes) {
  if (!given.memory) return std::optional<core::AgentMemory>();
  core::AgentMemory out;
  out.model = given.memory->modelConfig;
  notes.from("/spec/declarative/memory/model", "/spec/declarative/memory/modelConfig");
  notes.from("/spec/declarative/memory/ttl", "/spec/declarative/memory/ttlDays");
  const auto days = given.memory->ttlDays.value_or(0);
  if (days < 0 || days > 36500)
    return fail(invalid("/spec/declarative/memory/ttlDays", "must be 1 to 36500"));
  if (days > 0) out.ttl = std::chrono::hours(24 * days);
  return std::optional(std::move(out));
}

std::optional<core::AgentCompaction> compaction_of(const Declarative& given, Notes& notes) {
  if (!given.context || !given.context->compaction) return std::nullopt;
  constexpr std::string_view kOurs = "/spec/declarative/compaction";
  constexpr std::string_view kTheirs = "/spec/declarative/context/compaction";
  const auto from = [&](std::string_view ours, std::string_view theirs) {
    notes.from(fmt::format("{}{}", kOurs, ours), fmt::format("{}{}", kTheirs, theirs));
  };
  from("", "");
  from("/interval", "/compactionInterval");
  from("/overlap", "/overlapSize");
  from("/retain", "/eventRetentionSize");
  from("/summarizer/model", "/summarizer/modelConfig");
  from("/summarizer/prompt", "/summarizer/promptTemplate");
  const auto& compaction = *given.context->compaction;
  core::AgentCompaction out;
  if (compaction.compactionInterval) out.interval = *compaction.compactionInterval;
  if (compaction.overlapSize) out.overlap = *compaction.overlapSize;
  out.tokenThreshold = compaction.tokenThreshold;
  out.retain = compaction.eventRetentionSize;
  if (compaction.summarizer) {
    auto& summarizer = out.summarizer.emplace();
    summarizer.model = compaction.summarizer->modelConfig;
    summarizer.prompt = compaction.summarizer->promptTemplate;
  }
  return out;
}

void note_declarative(const Declarative& given, Notes& notes) {
  if (given.runtime)
    notes.ignored("/spec/declarative/runtime",
                  "agents run in the server itself, which does what both runtimes do");
  if (given.executeCodeBlocks == true)
    notes.ignored("/spec/declarative/executeCodeBlocks", "code in answers is not run");
  if (given.shareTools == true)
    notes.ignored("/spec/declarative/shareTools", "there are no tools that make share links");
  if (given.deployment) {
    notes.ignored_members(static_cast<const Pod&>(*given.deployment),
                          "/spec/declarative/deployment", kNoPods);
    notes.ignored_members(*given.deployment, "/spec/declarative/deployment", kNoPods);
  }
}

Result<core::DeclarativeAgent> declarative_of(const Declarative& given, Notes& notes) {
  core::DeclarativeAgent out;
  out.model = given.modelConfig.value_or("");
  if (out.model.empty()) out.model = kDefaultModelConfig;
  notes.from("/spec/declarative/model", "/spec/declarative/modelConfig");
  if (given.systemMessage && given.systemMessageFrom)
    return fail(invalid("/spec/declarative/systemMessageFrom",
                        "cannot be given together with systemMessage"));
  out.systemMessage = given.systemMessage;
  if (out.systemMessage == "") out.systemMessage.reset();
  if (given.systemMessageFrom) out.systemMessageFrom = source_of(*given.systemMessageFrom);
  TRY(prompt, prompt_of(given, notes));
  out.promptTemplate = std::move(prompt);
  out.stream = given.stream.value_or(false);
  for (std::size_t i = 0; i < given.tools.size(); ++i) {
    TRY(tool, tool_of(given.tools[i], i, notes));
    out.tools.push_back(std::move(tool));
  }
  TRY(memory, memory_of(given, notes));
  out.memory = std::move(memory);
  out.compaction = compaction_of(given, notes);
  note_declarative(given, notes);
  return out;
}

Result<core::ByoAgent> byo_of(const Byo& given, Notes& notes) {
  constexpr std::string_view kDeployment = "/spec/byo/deployment";
  if (!given.deployment)
    return fail(invalid(std::string(kDeployment), "is missing: it says what to run"));
  const auto& deployment = *given.deployment;
  core::ByoAgent out;
  out.command = deployment.cmd;
  out.args = deployment.args;
  out.cwd = deployment.workingDir;
  out.image = deployment.image;
  notes.from("/spec/byo", std::string(kDeployment));
  notes.from("/spec/byo/command", "/spec/byo/deployment/cmd");
  notes.from("/spec/byo/cwd", "/spec/byo/deployment/workingDir");
  if (out.command) {
    out.env = environment_of(deployment.env, "/spec/byo/env", "/spec/byo/deployment/env", notes);
    if (out.image)
      notes.ignored("/spec/byo/deployment/image", "cmd is run on this machine, not in the image");
  } else {
    // Nothing runs, which the agent's conditions say; so nothing of this has an effect.
    if (!deployment.args.empty())
      notes.ignored("/spec/byo/deployment/args", "there is no cmd that they belong to");
    if (deployment.workingDir)
      notes.ignored("/spec/byo/deployment/workingDir", "there is no cmd that it belongs to");
    if (!deployment.env.empty())
      notes.ignored("/spec/byo/deployment/env", "there is no cmd that it belongs to");
    out.args.clear();
    out.cwd.reset();
  }
  notes.ignored_members(static_cast<const Pod&>(deployment), kDeployment, kNoPods);
  return out;
}

Result<AgentType> type_of(const AgentSpec& given) {
  const auto type = given.type.value_or(given.byo && !given.declarative ? AgentType::BYO
                                                                        : AgentType::Declarative);
  if (type == AgentType::Declarative && !given.declarative)
    return fail(invalid("/spec/declarative", "is missing: the type is Declarative"));
  if (type == AgentType::BYO && !given.byo)
    return fail(invalid("/spec/byo", "is missing: the type is BYO"));
  return type;
}

core::AgentSpec card_of(const AgentSpec& given) {
  core::AgentSpec out;
  out.description = given.description;
  out.version = given.version;
  out.iconUrl = given.iconUrl;
  out.documentationUrl = given.documentationUrl;
  if (given.provider)
    out.provider = core::AgentProviderSpec{given.provider->organization, given.provider->url};
  return out;
}

}  // namespace

Result<json::Value> agent_of(const json::Value& value, bool sandboxed, Notes& notes) {
  TRY(given, json::read<AgentSpec>(value, {.strict = true, .at = "/spec"}));
  TRY(type, type_of(given));
  auto out = card_of(given);
  if (given.skills)
    notes.ignored_members(*given.skills, "/spec/skills",
                          "packages of instructions are not fetched; put the text into "
                          "systemMessage, or into a ConfigMap of promptTemplate");
  if (given.sandbox)
    notes.ignored("/spec/sandbox", "no code of the model's is run, so none needs a sandbox");
  if (!sandboxed && (given.platform || given.substrate))
    return fail(invalid(given.platform ? "/spec/platform" : "/spec/substrate",
                        "is a member of SandboxAgent only"));
  if (given.platform) notes.ignored("/spec/platform", kNoPods);
  if (given.substrate) notes.ignored("/spec/substrate", kNoPods);
  if (sandboxed)
    notes.ignored("/kind", "SandboxAgent: it runs like any Agent, without a sandbox of its own");
  out.allowedNamespaces = allowed_of(given.allowedNamespaces, notes);
  if (type == AgentType::Declarative) {
    TRY(declarative, declarative_of(*given.declarative, notes));
    out.declarative = std::move(declarative);
    if (given.byo) notes.ignored("/spec/byo", "the type is Declarative");
    if (given.declarative->a2aConfig) {
      notes.from("/spec/skills", "/spec/declarative/a2aConfig/skills");
      for (const auto& skill : given.declarative->a2aConfig->skills)
        out.skills.push_back(skill_of(skill));
    }
  } else {
    TRY(byo, byo_of(*given.byo, notes));
    out.byo = std::move(byo);
    if (given.declarative) notes.ignored("/spec/declarative", "the type is BYO");
  }
  return json::to_value(out);
}

}  // namespace flotilla::compat::kagent
