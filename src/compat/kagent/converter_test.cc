#include "compat/kagent/converter.h"

#include <gtest/gtest.h>

#include "core/agent_resource.h"
#include "core/model_config.h"
#include "core/resource_kind.h"
#include "core/tool_server.h"
#include "json/json.h"

namespace flotilla::compat::kagent {
namespace {

const Converter kConverter;

Result<core::Manifest> parse(std::string_view yaml) {
  auto value = json::parse_yaml(yaml);
  EXPECT_TRUE(value) << (value ? "" : value.error().message());
  core::ManifestContext context;
  context.converter = &kConverter;
  return core::parse_manifest(*value, context);
}

/// The manifest, whose spec passes our own checks.
core::Manifest accepted(std::string_view yaml) {
  auto manifest = parse(yaml);
  EXPECT_TRUE(manifest) << (manifest ? "" : manifest.error().message());
  if (!manifest) return {};
  const auto checked = core::kind_of(manifest->ref.kind).check(manifest->spec, "default");
  EXPECT_TRUE(checked) << (checked ? "" : checked.error().message());
  return std::move(*manifest);
}

template <class Spec>
Spec spec_in(const core::Manifest& manifest) {
  auto spec = json::read<Spec>(manifest.spec);
  EXPECT_TRUE(spec) << (spec ? "" : spec.error().message());
  return spec ? std::move(*spec) : Spec{};
}

std::string unsupported(const core::Manifest& manifest) {
  const auto found = manifest.annotations.find(std::string(core::kUnsupportedAnnotation));
  return found == manifest.annotations.end() ? "" : found->second;
}

/// Field and text of the first fault, of reading or of our own checks.
std::string fault(std::string_view yaml) {
  auto manifest = parse(yaml);
  if (!manifest) return manifest.error().message();
  const auto checked = core::kind_of(manifest->ref.kind).check(manifest->spec, "default");
  if (checked) return "none";
  return core::in_original(checked.error(), manifest->origins).message();
}

const std::string kAgent =
    "apiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata: {name: helper, namespace: default}\n";
const std::string kModel =
    "apiVersion: kagent.dev/v1alpha2\nkind: ModelConfig\nmetadata: {name: m}\nspec:\n";

TEST(KagentAgent, declarative_is_taken_field_by_field) {
  const auto manifest = accepted(kAgent + R"(spec:
  type: Declarative
  description: Helps
  version: 1.2.3
  provider: {organization: Example, url: "https://example.org"}
  allowedNamespaces: {from: All}
  declarative:
    modelConfig: gpt
    systemMessage: 'You help. {{include "p/rules"}}'
    promptTemplate: {dataSources: [{kind: ConfigMap, name: prompts, alias: p}]}
    stream: true
    tools:
      - type: McpServer
        mcpServer:
          kind: RemoteMCPServer
          apiGroup: kagent.dev
          name: tools
          namespace: default
          toolNames: [read, write]
          requireApproval: [write]
          allowedHeaders: [X-Team]
        headersFrom: [{name: X-Key, valueFrom: {type: Secret, name: s, key: k}}]
      - type: Agent
        agent: {name: other, namespace: elsewhere}
        isolateSessions: true
    a2aConfig: {skills: [{id: help, name: Help, tags: [a], examples: [please]}]}
    memory: {modelConfig: embed, ttlDays: 3}
    context: {compaction: {compactionInterval: 7, overlapSize: 1, summarizer: {modelConfig: small}}}
)");
  EXPECT_EQ(unsupported(manifest), "");
  EXPECT_EQ(manifest.ref.kind, "Agent");
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.description, "Helps");
  EXPECT_EQ(spec.version, "1.2.3");
  EXPECT_EQ(spec.provider->organization, "Example");
  EXPECT_EQ(spec.allowedNamespaces->from, core::NamespacesFrom::all);
  EXPECT_EQ(spec.skills.at(0).id, "help");
  const auto& declarative = *spec.declarative;
  EXPECT_EQ(declarative.model, "gpt");
  EXPECT_EQ(declarative.promptTemplate->dataSources.at(0).alias, "p");
  EXPECT_TRUE(declarative.stream);
  const auto& server = *declarative.tools.at(0).toolServer;
  EXPECT_EQ(server.name, "tools");
  EXPECT_FALSE(server.namespace_);
  EXPECT_EQ(server.tools, (std::vector<std::string>{"read", "write"}));
  EXPECT_EQ(server.requireApproval, std::vector<std::string>{"write"});
  EXPECT_EQ(server.allowedHeaders, std::vector<std::string>{"X-Team"});
  EXPECT_EQ(server.headersFrom.at(0).valueFrom->secretKeyRef->key, "k");
  const auto& agent = *declarative.tools.at(1).agent;
  EXPECT_EQ(agent.namespace_, "elsewhere");
  EXPECT_TRUE(agent.isolateSessions);
  EXPECT_EQ(declarative.memory->ttl, std::chrono::hours(72));
  EXPECT_EQ(declarative.compaction->interval, 7);
  EXPECT_EQ(declarative.compaction->summarizer->model, "small");
}

TEST(KagentAgent, what_it_leaves_out_is_as_in_kagent) {
  const auto manifest = accepted(kAgent + "spec: {declarative: {systemMessage: Hello}}\n");
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.declarative->model, "default-model-config");
  EXPECT_FALSE(spec.declarative->stream);
  EXPECT_TRUE(spec.declarative->askUser);
}

TEST(KagentAgent, fields_without_effect_are_named) {
  const auto manifest = accepted(kAgent + R"(spec:
  skills: {refs: [ghcr.io/x/y], gitRefs: [{url: "https://x"}]}
  sandbox: {network: {allowedDomains: [a.example]}}
  allowedNamespaces: {from: Selector, selector: {matchLabels: {team: a}}}
  declarative:
    runtime: go
    systemMessage: Hello
    executeCodeBlocks: true
    shareTools: true
    tools: [{type: McpServer, mcpServer: {kind: Service, apiGroup: "", name: svc, toolNames: [a]}}]
    deployment: {replicas: 2, env: [{name: A, value: b}], tolerations: [], imageRegistry: x}
)");
  const auto text = unsupported(manifest);
  for (const char* field :
       {"/spec/skills/refs: ", "/spec/skills/gitRefs: ", "/spec/sandbox: ",
        "/spec/allowedNamespaces/selector: ", "/spec/declarative/runtime: ",
        "/spec/declarative/executeCodeBlocks: ", "/spec/declarative/shareTools: ",
        "/spec/declarative/tools/0/mcpServer/kind: ", "/spec/declarative/deployment/replicas: ",
        "/spec/declarative/deployment/env: ", "/spec/declarative/deployment/tolerations: ",
        "/spec/declarative/deployment/imageRegistry: "})
    EXPECT_TRUE(text.contains(field)) << field << " in\n" << text;
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.allowedNamespaces->from, core::NamespacesFrom::same);
}

TEST(KagentAgent, a_selector_of_names_is_a_list) {
  const auto manifest = accepted(kAgent + R"(spec:
  allowedNamespaces:
    from: Selector
    selector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [a, b]}]}
  declarative: {systemMessage: Hello}
)");
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.allowedNamespaces->from, core::NamespacesFrom::list);
  EXPECT_EQ(spec.allowedNamespaces->names, (std::vector<std::string>{"a", "b"}));
}

TEST(KagentAgent, byo_runs_its_command_here) {
  const auto manifest = accepted(kAgent + R"(spec:
  type: BYO
  byo:
    deployment:
      image: ghcr.io/x/agent:1
      cmd: my-agent
      args: [--verbose]
      workingDir: /srv
      env:
        - {name: KEY, valueFrom: {secretKeyRef: {name: s, key: k}}}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
)");
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.byo->command, "my-agent");
  EXPECT_EQ(spec.byo->args, std::vector<std::string>{"--verbose"});
  EXPECT_EQ(spec.byo->cwd, "/srv");
  ASSERT_EQ(spec.byo->env.size(), 1U);
  EXPECT_EQ(spec.byo->env[0].valueFrom->secretKeyRef->name, "s");
  const auto text = unsupported(manifest);
  EXPECT_TRUE(text.contains("/spec/byo/deployment/image: ")) << text;
  EXPECT_TRUE(text.contains("/spec/byo/deployment/env/1: ")) << text;
}

TEST(KagentAgent, byo_image_alone_is_kept) {
  const auto manifest =
      accepted(kAgent + "spec: {type: BYO, byo: {deployment: {image: 'x/y:1'}}}\n");
  const auto spec = spec_in<core::AgentSpec>(manifest);
  EXPECT_EQ(spec.byo->image, "x/y:1");
  EXPECT_FALSE(spec.byo->command);
}

TEST(KagentAgent, faults_name_what_was_written) {
  EXPECT_TRUE(fault(kAgent + "spec: {declarativ: {}}\n").starts_with("/spec/declarativ"));
  EXPECT_TRUE(fault(kAgent + "spec: {type: BYO}\n").starts_with("/spec/byo: is missing"));
  EXPECT_TRUE(fault(kAgent + "spec: {declarative: {tools: [{type: Agent}]}}\n")
                  .starts_with("/spec/declarative/tools/0: exactly one"));
  EXPECT_TRUE(fault(kAgent + "spec: {declarative: {systemMessage: x, modelConfig: 'Not A Name'}}\n")
                  .starts_with("/spec/declarative/modelConfig"));
  EXPECT_TRUE(fault("apiVersion: kagent.dev/v1alpha1\nkind: Agent\nmetadata: {name: a}\nspec: {}\n")
                  .contains("it is kagent.dev/v1alpha2"));
  EXPECT_TRUE(fault("apiVersion: kagent.dev/v1alpha2\nkind: AgentHarness\nmetadata: {name: a}\n")
                  .starts_with("/kind: AgentHarness of kagent.dev/v1alpha2 is not supported"));
  EXPECT_TRUE(fault(kAgent + "spec: {declarative: {}}\nextra: 1\n").starts_with("/extra"));
}

TEST(KagentAgent, what_kubernetes_wrote_is_left_out) {
  const auto manifest = accepted(R"(apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata:
  name: a
  uid: 5f0e
  resourceVersion: "12345"
  generation: 4
  managedFields: [{manager: kubectl}]
  annotations: {flotilla.dev/unsupported-features: stale, note: stays}
  finalizers: [x]
spec: {declarative: {systemMessage: Hello}}
status: {conditions: [{type: Ready, status: "True"}]}
)");
  EXPECT_FALSE(manifest.version);
  EXPECT_FALSE(manifest.uid);
  EXPECT_EQ(manifest.annotations.at("note"), "stays");
  EXPECT_TRUE(unsupported(manifest).starts_with("/metadata/finalizers: "));
}

TEST(KagentModel, openai) {
  const auto manifest = accepted(kModel + R"(
  provider: OpenAI
  model: gpt-x
  apiKeySecret: keys
  apiKeySecretKey: OPENAI
  defaultHeaders: {X-Org: a}
  openAI:
    baseUrl: https://llm.example.org/v1
    organization: org
    temperature: "0.5"
    maxTokens: 100
    topP: "0.9"
    seed: 7
    n: 2
    timeout: 60
    reasoningEffort: low
    apiFormat: responses
)");
  const auto spec = spec_in<core::ModelConfigSpec>(manifest);
  EXPECT_EQ(spec.provider, core::ModelProvider::openai);
  EXPECT_EQ(spec.apiKey->secretKeyRef->key, "OPENAI");
  EXPECT_EQ(spec.baseUrl, "https://llm.example.org/v1");
  EXPECT_EQ(spec.openai->organization, "org");
  EXPECT_EQ(spec.parameters->temperature, 0.5);
  EXPECT_EQ(spec.parameters->maxOutputTokens, 100);
  EXPECT_EQ(spec.parameters->reasoningEffort, core::ReasoningEffort::low);
  EXPECT_EQ(spec.apiFormat, core::OpenaiFormat::responses);
  EXPECT_EQ(spec.timeout, std::chrono::seconds(60));
  EXPECT_EQ(spec.headers.at(0).name, "X-Org");
  const auto text = unsupported(manifest);
  EXPECT_TRUE(text.contains("/spec/openAI/n: ")) << text;
  EXPECT_TRUE(text.contains("/spec/openAI/seed: ")) << text;
  EXPECT_FALSE(spec.parameters->seed);
}

TEST(KagentModel, the_other_providers) {
  auto spec = spec_in<core::ModelConfigSpec>(accepted(kModel + R"(
  provider: AzureOpenAI
  model: gpt-x
  apiKeySecret: keys
  apiKeySecretKey: k
  azureOpenAI: {azureEndpoint: "https://x.openai.azure.com", apiVersion: 2024-10-21, azureDeployment: d}
)"));
  EXPECT_EQ(spec.provider, core::ModelProvider::azure_openai);
  EXPECT_EQ(spec.azure->deployment, "d");
  EXPECT_EQ(spec.baseUrl, "https://x.openai.azure.com");
  spec = spec_in<core::ModelConfigSpec>(accepted(kModel + R"(
  provider: Ollama
  model: llama
  ollama: {host: "localhost:11434", options: {num_ctx: "8192", mirostat_tau: "5.5", note: text}}
)"));
  EXPECT_EQ(spec.baseUrl, "http://localhost:11434");
  EXPECT_EQ(spec.ollama->options->find("num_ctx")->if_number()->text, "8192");
  EXPECT_EQ(*spec.ollama->options->find("note")->if_string(), "text");
  spec = spec_in<core::ModelConfigSpec>(accepted(kModel + R"(
  provider: GeminiVertexAI
  model: gemini
  apiKeySecret: keys
  apiKeySecretKey: sa.json
  geminiVertexAI: {projectID: p, location: eu, topK: "40", maxOutputTokens: 10}
)"));
  EXPECT_EQ(spec.vertex->credentials->secretKeyRef->key, "sa.json");
  EXPECT_EQ(spec.parameters->topK, 40);
  EXPECT_FALSE(spec.apiKey);
  spec = spec_in<core::ModelConfigSpec>(accepted(kModel + R"(
  provider: Bedrock
  model: claude
  apiKeySecret: keys
  bedrock: {region: eu-west-1, promptCaching: true, cacheTTL: 1h, guardrail: {identifier: g, version: "1", trace: enabled}}
)"));
  EXPECT_EQ(spec.bedrock->accessKeyId->secretKeyRef->key, "AWS_ACCESS_KEY_ID");
  EXPECT_EQ(spec.bedrock->guardrail->trace, core::GuardrailTrace::enabled);
  EXPECT_EQ(spec.promptCaching->ttl, core::CacheTtl::one_hour);
}

TEST(KagentModel, faults_name_what_was_written) {
  EXPECT_TRUE(fault(kModel + "  {provider: SAPAICore, model: x}\n").starts_with("/spec/provider"));
  EXPECT_TRUE(fault(kModel + "  {model: x, anthropic: {}}\n").starts_with("/spec/anthropic"));
  EXPECT_TRUE(
      fault(kModel + "  {model: x, apiKeySecret: s}\n").starts_with("/spec/apiKeySecretKey"));
  EXPECT_TRUE(fault(kModel + "  {model: x, openAI: {temperature: hot}}\n")
                  .starts_with("/spec/openAI/temperature: 'hot' is not a number"));
  EXPECT_TRUE(fault(kModel + "  {model: x, provider: Bedrock}\n").starts_with("/spec/bedrock"));
  EXPECT_TRUE(fault(kModel + "  {model: x, openAI: {baseUrl: nowhere}}\n")
                  .starts_with("/spec/openAI/baseUrl"));
}

TEST(KagentToolServer, remote) {
  const auto manifest = accepted(R"(apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: {name: tools, labels: {kagent.dev/discovery: disabled}}
spec:
  description: Tools
  url: https://tools.example.org/mcp
  protocol: SSE
  headersFrom: [{name: X-Key, value: v}]
  timeout: 1m30s
  sseReadTimeout: 5m
  terminateOnClose: false
  tls: {caCertSecretRef: ca, caCertSecretKey: ca.crt, disableSystemCAs: true}
)");
  EXPECT_EQ(manifest.ref.kind, "ToolServer");
  const auto spec = spec_in<core::ToolServerSpec>(manifest);
  EXPECT_EQ(spec.description, "Tools");
  EXPECT_EQ(spec.transport, core::ToolTransport::sse);
  EXPECT_EQ(spec.timeout, std::chrono::seconds(90));
  EXPECT_EQ(spec.tls->caSecretRef->key, "ca.crt");
  const auto text = unsupported(manifest);
  EXPECT_TRUE(text.contains("/spec/sseReadTimeout: ")) << text;
  EXPECT_TRUE(text.contains("/spec/terminateOnClose: ")) << text;
  EXPECT_TRUE(text.contains("/metadata/labels/kagent.dev~1discovery: ")) << text;
}

const std::string kMcpServer =
    "apiVersion: kagent.dev/v1alpha1\nkind: MCPServer\nmetadata: {name: s}\n";

TEST(KagentToolServer, stdio_is_a_child_process) {
  const auto manifest = accepted(kMcpServer + R"(spec:
  transportType: stdio
  stdioTransport: {}
  deployment:
    image: node:24
    cmd: npx
    args: [-y, some-server]
    env: {A: b}
    secretRefs: [{name: s}]
)");
  const auto spec = spec_in<core::ToolServerSpec>(manifest);
  EXPECT_EQ(spec.command, "npx");
  EXPECT_EQ(spec.args.size(), 2U);
  EXPECT_EQ(spec.env.at(0).value, "b");
  const auto text = unsupported(manifest);
  EXPECT_TRUE(text.contains("/spec/deployment/image: ")) << text;
  EXPECT_TRUE(text.contains("/spec/deployment/secretRefs: ")) << text;
}

TEST(KagentToolServer, image_alone_is_kept) {
  for (const char* transport : {"stdio", "http"}) {
    const auto manifest = accepted(kMcpServer + "spec: {transportType: " + transport +
                                   ", deployment: {image: x/y}}\n");
    const auto spec = spec_in<core::ToolServerSpec>(manifest);
    EXPECT_EQ(spec.image, "x/y");
    EXPECT_FALSE(spec.command);
  }
  EXPECT_TRUE(fault(kMcpServer + "spec: {deployment: {}}\n").starts_with("/spec/deployment/cmd"));
}

TEST(KagentToolServer, the_old_kind) {
  const auto manifest = accepted(R"(apiVersion: kagent.dev/v1alpha1
kind: ToolServer
metadata: {name: s}
spec: {description: d, config: {stdio: {command: uvx, args: [x], readTimeoutSeconds: 5}}}
)");
  const auto spec = spec_in<core::ToolServerSpec>(manifest);
  EXPECT_EQ(spec.command, "uvx");
  EXPECT_EQ(spec.timeout, std::chrono::seconds(5));
}

TEST(KagentConverter, leaves_other_documents_alone) {
  const auto own = json::parse_yaml("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n");
  const auto converted = kConverter.convert(*own);
  ASSERT_TRUE(converted);
  EXPECT_FALSE(*converted);
  EXPECT_EQ(kConverter.kind_of("kagent.dev/v1alpha1", "MCPServer"), "ToolServer");
  EXPECT_FALSE(kConverter.kind_of("flotilla.dev/v1", "Agent"));
}

}  // namespace
}  // namespace flotilla::compat::kagent
