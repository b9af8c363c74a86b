#include <fmt/format.h>

#include "compat/kagent/agent.h"
#include "compat/kagent/facade_internal.h"
#include "compat/kagent/model.h"
#include "core/agent_resource.h"
#include "core/model_config.h"
#include "core/tool_server.h"

// Our resources as kagent's documents, as far as it has words for them.
namespace flotilla::compat::kagent {

namespace {

std::optional<ValueSource> source_of(const std::optional<core::ValueSource>& given) {
  if (!given) return std::nullopt;
  ValueSource out;
  if (given->secretKeyRef) {
    out = {ValueSourceType::Secret, given->secretKeyRef->name, given->secretKeyRef->key};
  } else if (given->configMapKeyRef) {
    out = {ValueSourceType::ConfigMap, given->configMapKeyRef->name, given->configMapKeyRef->key};
  }
  return out;
}

Tool tool_of(const core::AgentTool& given, const std::string& name_space) {
  Tool out;
  if (given.toolServer) {
    out.type = ToolType::McpServer;
    auto& server = out.mcpServer.emplace();
    server.kind = "RemoteMCPServer";
    server.apiGroup = "kagent.dev";
    server.name = given.toolServer->name;
    server.namespace_ = given.toolServer->namespace_.value_or(name_space);
    server.toolNames = given.toolServer->tools;
    server.requireApproval = given.toolServer->requireApproval;
    server.allowedHeaders = given.toolServer->allowedHeaders;
  } else if (given.agent) {
    out.type = ToolType::Agent;
    auto& agent = out.agent.emplace();
    agent.kind = "Agent";
    agent.name = given.agent->name;
    agent.namespace_ = given.agent->namespace_.value_or(name_space);
    if (given.agent->isolateSessions) out.isolateSessions = true;
  }
  return out;
}

Declarative declarative_of(const core::AgentSpec& spec, const std::string& name_space) {
  const auto& given = *spec.declarative;
  Declarative out;
  out.systemMessage = given.systemMessage;
  out.systemMessageFrom = source_of(given.systemMessageFrom);
  out.modelConfig = given.model;
  out.stream = given.stream;
  for (const auto& tool : given.tools) out.tools.push_back(tool_of(tool, name_space));
  if (given.memory && given.memory->model) {
    auto& memory = out.memory.emplace();
    memory.modelConfig = *given.memory->model;
    memory.ttlDays = std::chrono::duration_cast<std::chrono::hours>(given.memory->ttl).count() / 24;
  }
  if (!spec.skills.empty()) {
    auto& config = out.a2aConfig.emplace();
    for (const auto& skill : spec.skills) {
      AgentSkill one;
      one.id = skill.id;
      one.name = skill.name;
      one.description = skill.description;
      one.tags = skill.tags;
      one.examples = skill.examples;
      config.skills.push_back(std::move(one));
    }
  }
  return out;
}

AgentSpec spec_of(const core::AgentSpec& given, const std::string& name_space) {
  AgentSpec out;
  out.description = given.description;
  out.version = given.version;
  out.iconUrl = given.iconUrl;
  out.documentationUrl = given.documentationUrl;
  out.type = AgentType::BYO;
  if (given.declarative) {
    out.type = AgentType::Declarative;
    out.declarative = declarative_of(given, name_space);
  } else if (given.byo) {
    auto& deployment = out.byo.emplace().deployment.emplace();
    deployment.image = given.byo->image;
    deployment.cmd = given.byo->command;
    deployment.args = given.byo->args;
  }
  return out;
}

json::Object document_of(const core::Resource& resource, std::string_view kind, json::Value spec) {
  auto ours = core::document_of(resource);
  json::Object out;
  out.append("apiVersion", "kagent.dev/v1alpha2");
  out.append("kind", kind);
  out.append("metadata", std::move(*ours.find("metadata")));
  out.append("spec", std::move(spec));
  out.append("status", resource.status);
  return out;
}

std::string_view provider_of(core::ModelProvider provider) {
  switch (provider) {
    case core::ModelProvider::azure_openai:
      return "AzureOpenAI";
    case core::ModelProvider::anthropic:
      return "Anthropic";
    case core::ModelProvider::gemini:
      return "Gemini";
    case core::ModelProvider::gemini_vertex:
      return "GeminiVertexAI";
    case core::ModelProvider::anthropic_vertex:
      return "AnthropicVertexAI";
    case core::ModelProvider::bedrock:
      return "Bedrock";
    case core::ModelProvider::ollama:
      return "Ollama";
    case core::ModelProvider::openai:
    case core::ModelProvider::openai_compatible:
    case core::ModelProvider::scripted:
      break;
  }
  return "OpenAI";
}

}  // namespace

json::Object agent_document(const core::Resource& resource) {
  auto given = core::spec_of<core::AgentSpec>(resource);
  json::Value spec = json::Object();
  if (given) spec = json::to_value(spec_of(*given, resource.ref.name_space));
  return document_of(resource, "Agent", std::move(spec));
}

json::Object model_config_document(const core::Resource& resource) {
  const auto given = core::spec_of<core::ModelConfigSpec>(resource);
  json::Object spec;
  if (given) {
    spec.append("model", given->model);
    spec.append("provider", provider_of(given->provider));
    if (given->apiKey && given->apiKey->secretKeyRef) {
      spec.append("apiKeySecret", given->apiKey->secretKeyRef->name);
      spec.append("apiKeySecretKey", given->apiKey->secretKeyRef->key);
    }
    if (given->apiKeyPassthrough) spec.append("apiKeyPassthrough", true);
  }
  return document_of(resource, "ModelConfig", std::move(spec));
}

json::Array discovered_tools(const core::Resource& resource) {
  json::Array out;
  const auto status = core::status_of<core::ToolServerStatus>(resource);
  if (!status) return out;
  for (const auto& tool : status->tools) {
    json::Object one;
    one.append("name", tool.original.value_or(tool.name));
    one.append("description", tool.description.value_or(""));
    out.emplace_back(std::move(one));
  }
  return out;
}

bool is_from_command(const core::Resource& resource) {
  return resource.spec.find("url") == nullptr;
}

}  // namespace flotilla::compat::kagent
