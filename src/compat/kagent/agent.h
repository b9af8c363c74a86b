#pragma once

#include "compat/kagent/common.h"

/// kagent's Agent and SandboxAgent of `kagent.dev/v1alpha2`, 0.9 and 0.10.
namespace flotilla::compat::kagent {

struct Provider {
  std::string organization;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(Provider, (), (organization, url))

struct Skills {
  std::optional<json::Value> insecureSkipVerify;
  std::optional<json::Value> refs;
  std::optional<json::Value> imagePullSecrets;
  std::optional<json::Value> gitAuthSecretRef;
  std::optional<json::Value> gitRefs;
  std::optional<json::Value> s3Refs;
  std::optional<json::Value> initContainer;
};
BOOST_DESCRIBE_STRUCT(Skills, (),
                      (insecureSkipVerify, refs, imagePullSecrets, gitAuthSecretRef, gitRefs,
                       s3Refs, initContainer))

/// What makes up a pod; there are none here.
struct Pod {
  std::optional<json::Value> replicas;
  std::optional<json::Value> imagePullSecrets;
  std::optional<json::Value> volumes;
  std::optional<json::Value> volumeMounts;
  std::optional<json::Value> labels;
  std::optional<json::Value> annotations;
  std::optional<json::Value> deploymentAnnotations;
  std::optional<json::Value> envFrom;
  std::optional<json::Value> imagePullPolicy;
  std::optional<json::Value> resources;
  std::optional<json::Value> tolerations;
  std::optional<json::Value> affinity;
  std::optional<json::Value> nodeSelector;
  std::optional<json::Value> securityContext;
  std::optional<json::Value> podSecurityContext;
  std::optional<json::Value> serviceAccountName;
  std::optional<json::Value> serviceAccountConfig;
  std::optional<json::Value> extraContainers;
};
BOOST_DESCRIBE_STRUCT(Pod, (),
                      (replicas, imagePullSecrets, volumes, volumeMounts, labels, annotations,
                       deploymentAnnotations, envFrom, imagePullPolicy, resources, tolerations,
                       affinity, nodeSelector, securityContext, podSecurityContext,
                       serviceAccountName, serviceAccountConfig, extraContainers))

struct DeclarativeDeployment : Pod {
  std::optional<json::Value> imageRegistry;
  std::optional<json::Value> env;
};
BOOST_DESCRIBE_STRUCT(DeclarativeDeployment, (Pod), (imageRegistry, env))

struct ByoDeployment : Pod {
  std::optional<std::string> image;
  std::optional<std::string> cmd;
  std::vector<std::string> args;
  std::optional<std::string> workingDir;
  std::vector<EnvVar> env;
};
BOOST_DESCRIBE_STRUCT(ByoDeployment, (Pod), (image, cmd, args, workingDir, env))

enum class Runtime : std::uint8_t { python, go };
BOOST_DESCRIBE_ENUM(Runtime, python, go)

struct PromptSource {
  std::optional<std::string> kind;
  std::optional<std::string> apiGroup;
  std::string name;
  std::optional<std::string> alias;
};
BOOST_DESCRIBE_STRUCT(PromptSource, (), (kind, apiGroup, name, alias))

struct PromptTemplate {
  std::vector<PromptSource> dataSources;
};
BOOST_DESCRIBE_STRUCT(PromptTemplate, (), (dataSources))

struct McpServerTool : TypedReference {
  std::vector<std::string> toolNames;
  std::vector<std::string> requireApproval;
  std::vector<std::string> allowedHeaders;
};
BOOST_DESCRIBE_STRUCT(McpServerTool, (TypedReference), (toolNames, requireApproval, allowedHeaders))

enum class ToolType : std::uint8_t { McpServer, Agent };
BOOST_DESCRIBE_ENUM(ToolType, McpServer, Agent)

struct Tool {
  std::optional<ToolType> type;
  std::optional<McpServerTool> mcpServer;
  std::optional<TypedReference> agent;
  std::optional<bool> isolateSessions;
  std::vector<ValueRef> headersFrom;
};
BOOST_DESCRIBE_STRUCT(Tool, (), (type, mcpServer, agent, isolateSessions, headersFrom))

struct AgentSkill {
  std::optional<std::string> id;
  std::string name;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> inputModes;
  std::vector<std::string> outputModes;
};
BOOST_DESCRIBE_STRUCT(AgentSkill, (),
                      (id, name, description, tags, examples, inputModes, outputModes))

struct A2aConfig {
  std::vector<AgentSkill> skills;
};
BOOST_DESCRIBE_STRUCT(A2aConfig, (), (skills))

struct Memory {
  std::string modelConfig;
  std::optional<std::int64_t> ttlDays;
};
BOOST_DESCRIBE_STRUCT(Memory, (), (modelConfig, ttlDays))

struct Summarizer {
  std::optional<std::string> modelConfig;
  std::optional<std::string> promptTemplate;
};
BOOST_DESCRIBE_STRUCT(Summarizer, (), (modelConfig, promptTemplate))

struct Compaction {
  std::optional<std::int64_t> compactionInterval;
  std::optional<std::int64_t> overlapSize;
  std::optional<Summarizer> summarizer;
  std::optional<std::int64_t> tokenThreshold;
  std::optional<std::int64_t> eventRetentionSize;
};
BOOST_DESCRIBE_STRUCT(Compaction, (),
                      (compactionInterval, overlapSize, summarizer, tokenThreshold,
                       eventRetentionSize))

struct ContextConfig {
  std::optional<Compaction> compaction;
};
BOOST_DESCRIBE_STRUCT(ContextConfig, (), (compaction))

struct Declarative {
  std::optional<Runtime> runtime;
  std::optional<std::string> systemMessage;
  std::optional<ValueSource> systemMessageFrom;
  std::optional<PromptTemplate> promptTemplate;
  std::optional<std::string> modelConfig;
  std::optional<bool> stream;
  std::vector<Tool> tools;
  std::optional<A2aConfig> a2aConfig;
  std::optional<DeclarativeDeployment> deployment;
  std::optional<bool> executeCodeBlocks;
  std::optional<Memory> memory;
  std::optional<bool> shareTools;
  std::optional<ContextConfig> context;
};
BOOST_DESCRIBE_STRUCT(Declarative, (),
                      (runtime, systemMessage, systemMessageFrom, promptTemplate, modelConfig,
                       stream, tools, a2aConfig, deployment, executeCodeBlocks, memory, shareTools,
                       context))

struct Byo {
  std::optional<ByoDeployment> deployment;
};
BOOST_DESCRIBE_STRUCT(Byo, (), (deployment))

enum class AgentType : std::uint8_t { Declarative, BYO };
BOOST_DESCRIBE_ENUM(AgentType, Declarative, BYO)

struct AgentSpec {
  std::optional<AgentType> type;
  std::optional<Byo> byo;
  std::optional<Declarative> declarative;
  std::optional<std::string> description;
  std::optional<std::string> iconUrl;
  std::optional<std::string> documentationUrl;
  std::optional<std::string> version;
  std::optional<Provider> provider;
  std::optional<Skills> skills;
  std::optional<json::Value> sandbox;
  std::optional<AllowedNamespaces> allowedNamespaces;
  // Of SandboxAgent only.
  std::optional<json::Value> platform;
  std::optional<json::Value> substrate;
};
BOOST_DESCRIBE_STRUCT(AgentSpec, (),
                      (type, byo, declarative, description, iconUrl, documentationUrl, version,
                       provider, skills, sandbox, allowedNamespaces, platform, substrate))

}  // namespace flotilla::compat::kagent
