#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/agent_resource.h"
#include "core/resource_kind.h"
#include "json/json.h"

// What the kinds Agent, ModelConfig, Policy and PromptTemplate take and refuse.
namespace flotilla::core {
namespace {

Result<CheckedSpec> check(std::string_view kind, std::string_view yaml) {
  const auto value = json::parse_yaml(std::string(yaml));
  EXPECT_TRUE(value) << yaml;
  return kind_of(kind).check(*value, "default");
}

/// The fields that are at fault, joined; empty: none.
std::string faults(std::string_view kind, std::string_view yaml) {
  const auto checked = check(kind, yaml);
  if (checked) return "";
  std::string text;
  for (const auto& one : checked.error().violations())
    text += (text.empty() ? "" : " ") + one.field;
  return text.empty() ? std::string(checked.error().message()) : text;
}

std::string names_of(const std::vector<ResourceRef>& refs) {
  std::string text;
  for (const auto& ref : refs) text += (text.empty() ? "" : ", ") + ref.kind + " " + ref.name;
  return text;
}

TEST(AgentKind, defaults_are_filled_in) {
  const auto checked = check("Agent", "declarative: {systemMessage: Hello}");
  ASSERT_TRUE(checked) << checked.error().message();
  const auto spec = json::read<AgentSpec>(json::Value(checked->spec));
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->declarative->model, "default");
  EXPECT_TRUE(spec->declarative->stream);
  EXPECT_EQ(spec->declarative->limits.maxSteps, 50);
  EXPECT_EQ(names_of(checked->uses), "ModelConfig default");
  EXPECT_EQ(checked->admin_field, "");
}

TEST(AgentKind, names_what_it_uses_in_its_own_namespace) {
  const auto checked = check("Agent", R"(
declarative:
  model: big
  systemMessageFrom: {configMapKeyRef: {name: prompts, key: k}}
  promptTemplate: {dataSources: [{kind: PromptTemplate, name: parts}, {name: more}]}
  tools:
    - toolServer: {name: files, headersFrom: [{name: X-A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}
    - toolServer: {name: far, namespace: other}
    - agent: {name: helper}
  policies: [careful]
  memory: {model: embed}
  compaction: {summarizer: {model: small}}
)");
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_EQ(names_of(checked->uses),
            "ModelConfig big, ConfigMap prompts, PromptTemplate parts, ConfigMap more, "
            "ToolServer files, Secret s, Agent helper, Policy careful, ModelConfig embed, "
            "ModelConfig small");
}

TEST(AgentKind, a_program_needs_an_admin) {
  const auto checked = check("Agent", "byo: {command: python3, args: [agent.py]}");
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->admin_field, "/spec/byo/command");
  EXPECT_EQ(check("Agent", "byo: {image: x}")->admin_field, "");
}

TEST(AgentKind, faults_name_their_fields) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{}", "/spec"},
      {"{declarative: {}, byo: {command: x}}", "/spec"},
      {"declarative: {modell: x}", "/spec/declarative/modell"},
      {"declarative: {model: Not_A_Name}", "/spec/declarative/model"},
      {"declarative: {systemMessage: a, systemMessageFrom: {secretKeyRef: {name: a, key: b}}}",
       "/spec/declarative/systemMessageFrom"},
      {"declarative: {promptTemplate: {dataSources: [{name: a}]}}",
       "/spec/declarative/promptTemplate"},
      {"declarative: {systemMessage: x, promptTemplate: {dataSources: [{name: a}, {name: b, alias: "
       "a}]}}",
       "/spec/declarative/promptTemplate/dataSources/1/alias"},
      {"declarative: {tools: [{}]}", "/spec/declarative/tools/0"},
      {"declarative: {tools: [{toolServer: {name: a}, agent: {name: a}}]}",
       "/spec/declarative/tools/0"},
      {"declarative: {tools: [{toolServer: {name: a}}, {toolServer: {name: a, tools: [x]}}]}",
       "/spec/declarative/tools/1"},
      {"declarative: {tools: [{toolServer: {name: a, allowedHeaders: [Host]}}]}",
       "/spec/declarative/tools/0/toolServer/allowedHeaders/0"},
      {"declarative: {tools: [{agent: {}}]}", "/spec/declarative/tools/0/agent/name"},
      {"declarative: {limits: {maxSteps: 0}}", "/spec/declarative/limits/maxSteps"},
      {"declarative: {limits: {deadline: 25h}}", "/spec/declarative/limits/deadline"},
      {"declarative: {budget: {}}", "/spec/declarative/budget"},
      {"declarative: {budget: {run: {usd: -1}}}", "/spec/declarative/budget/run/usd"},
      {"declarative: {output: {schema: {type: nonsense}}}", "/spec/declarative/output/schema"},
      {"declarative: {memory: {ttl: 0s}}", "/spec/declarative/memory/ttl"},
      {"declarative: {compaction: {interval: 0}}", "/spec/declarative/compaction/interval"},
      {"byo: {}", "/spec/byo/command"},
      {"byo: {command: x, env: [{name: PORT, value: '1'}]}", "/spec/byo/env/0/name"},
      {"byo: {command: x, cwd: here}", "/spec/byo/cwd"},
      {"byo: {image: x, start: always}", "/spec/byo/start"},
      {"remote: {url: ftp://x}", "/spec/remote/url"},
      {"remote: {url: 'http://x', tls: {}}", "/spec/remote/tls"},
      {"remote: {url: 'http://x', headers: [{name: A2A-Version, value: '1'}]}",
       "/spec/remote/headers/0/name"},
      {"{remote: {url: 'http://x'}, skills: [{name: A b}, {name: a-B}]}", "/spec/skills/1/id"},
      {"{remote: {url: 'http://x'}, keywords: ['two words']}", "/spec/keywords/0"},
      {"{remote: {url: 'http://x'}, allowedNamespaces: {from: List}}",
       "/spec/allowedNamespaces/names"},
      {"{remote: {url: 'http://x'}, iconUrl: x}", "/spec/iconUrl"}};
  for (const auto& [yaml, fields] : cases) EXPECT_EQ(faults("Agent", yaml), fields) << yaml;
}

TEST(AgentKind, one_namespace_lets_others_in) {
  AllowedNamespaces allowed;
  EXPECT_TRUE(allows(std::nullopt, "a", "a"));
  EXPECT_FALSE(allows(std::nullopt, "a", "b"));
  EXPECT_FALSE(allows(allowed, "a", "b"));
  allowed.from = NamespacesFrom::list;
  allowed.names = {"b"};
  EXPECT_TRUE(allows(allowed, "a", "b"));
  EXPECT_FALSE(allows(allowed, "a", "c"));
  allowed.from = NamespacesFrom::all;
  EXPECT_TRUE(allows(allowed, "a", "c"));
}

TEST(ModelConfigKind, each_provider_has_what_it_needs) {
  const char* well[] = {
      "{provider: openai, model: m, apiKey: {secretKeyRef: {name: s, key: k}}}",
      "{provider: openai, model: m, apiKeyPassthrough: true}",
      "{provider: openai, model: m, baseUrl: 'http://127.0.0.1:1/v1'}",
      "{provider: openai-compatible, model: m, baseUrl: 'http://127.0.0.1:1/v1'}",
      "{provider: azure-openai, model: m, baseUrl: 'https://x', azure: {apiVersion: 2024-10-21}, "
      "apiKey: {secretKeyRef: {name: s, key: k}}}",
      "{provider: anthropic, model: m, apiKey: {secretKeyRef: {name: s, key: k}}, promptCaching: "
      "{ttl: 1h}}",
      "{provider: gemini-vertex, model: m, vertex: {project: p, location: global}}",
      "{provider: bedrock, model: m, bedrock: {region: eu-central-1, accessKeyId: {secretKeyRef: "
      "{name: s, key: i}}, secretAccessKey: {secretKeyRef: {name: s, key: k}}}}",
      "{provider: ollama, model: m, ollama: {options: {num_ctx: 4096}}}",
      "{provider: scripted, script: {text: 'hello'}}"};
  for (const auto* yaml : well) EXPECT_EQ(faults("ModelConfig", yaml), "") << yaml;
}

TEST(ModelConfigKind, nothing_is_ignored_in_silence) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{}", "/spec/model /spec/apiKey"},
      {"{provider: openai-compatible, model: m}", "/spec/baseUrl"},
      {"{provider: azure-openai, model: m, baseUrl: 'http://x'}", "/spec/apiKey /spec/azure"},
      {"{provider: bedrock, model: m, bedrock: {region: x}}", "/spec/bedrock/accessKeyId"},
      {"{provider: scripted}", "/spec/script"},
      {"{provider: scripted, script: {}}", "/spec/script"},
      {"{provider: scripted, script: {text: x}, parameters: {temperature: 1}}", "/spec/parameters"},
      {"{provider: ollama, model: m, azure: {apiVersion: x}}", "/spec/azure"},
      {"{provider: ollama, model: m, promptCaching: {}}", "/spec/promptCaching"},
      {"{provider: ollama, model: m, apiFormat: responses}", "/spec/apiFormat"},
      {"{provider: openai, model: m, baseUrl: 'http://x', parameters: {topK: 1}}",
       "/spec/parameters/topK"},
      {"{provider: openai, model: m, baseUrl: 'http://x', apiFormat: responses, parameters: {seed: "
       "1}}",
       "/spec/parameters/seed"},
      {"{provider: ollama, model: m, parameters: {temperature: 3}}",
       "/spec/parameters/temperature"},
      {"{provider: ollama, model: m, attempts: 0, timeout: 0s}", "/spec/timeout /spec/attempts"},
      {"{provider: ollama, model: m, price: {input: -1, output: 1}}", "/spec/price/input"},
      {"{provider: ollama, model: m, fallbacks: [a, a]}", "/spec/fallbacks/1"},
      {"{provider: openai, model: m, apiKeyPassthrough: true, apiKey: {secretKeyRef: {name: s, "
       "key: k}}}",
       "/spec/apiKeyPassthrough"}};
  for (const auto& [yaml, fields] : cases) EXPECT_EQ(faults("ModelConfig", yaml), fields) << yaml;
}

TEST(ModelConfigKind, extra_parameters_stay_together) {
  const auto checked =
      check("ModelConfig", "{provider: ollama, model: m, parameters: {extra: {think: true}}}");
  ASSERT_TRUE(checked);
  EXPECT_EQ(json::to_string(*checked->spec.find("parameters")), R"({"extra":{"think":true}})");
}

TEST(PolicyKind, rules_are_checked) {
  EXPECT_EQ(faults("Policy", R"(
approvals:
  - tools: ['delete_*']
    arguments: {type: object, properties: {path: {pattern: '^/etc'}}}
    approvers: {roles: [admin], principals: [ann]}
    expires: 1h
budget: {day: {usd: 10}}
)"),
            "");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"approvals: [{}]", "/spec/approvals/0/tools"},
      {"approvals: [{tools: [x], approvers: {}}]", "/spec/approvals/0/approvers"},
      {"approvals: [{tools: [x], approvers: {roles: [viewer]}}]",
       "/spec/approvals/0/approvers/roles/0"},
      {"approvals: [{tools: [x], arguments: {type: 1}}]", "/spec/approvals/0/arguments"},
      {"approvals: [{tools: [x], expires: 0s}]", "/spec/approvals/0/expires"},
      {"budget: {day: {}}", "/spec/budget/day"},
      {"budget: {}", "/spec/budget/day"}};
  for (const auto& [yaml, fields] : cases) EXPECT_EQ(faults("Policy", yaml), fields) << yaml;
}

TEST(PromptTemplateKind, keys_are_those_of_a_config_map) {
  EXPECT_EQ(faults("PromptTemplate", "parts: {a.b-c: text}"), "");
  EXPECT_EQ(faults("PromptTemplate", "parts: {'a/b': text}"), "/spec/parts/a~1b");
}

}  // namespace
}  // namespace flotilla::core
