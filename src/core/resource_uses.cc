#include <algorithm>
#include <utility>

#include "core/resource_uses_internal.h"

namespace flotilla::core {

namespace {

class Uses {
 public:
  explicit Uses(const std::string& name_space) : name_space_(name_space) {}

  void add(std::string_view kind, const std::string& name) {
    ResourceRef ref{std::string(kind), name_space_, name};
    if (std::ranges::find(found_, ref) == found_.end()) found_.push_back(std::move(ref));
  }
  void add(const std::optional<SecretKeyRef>& ref) {
    if (ref) add("Secret", ref->name);
  }
  void add(const std::optional<ValueSource>& source) {
    if (!source) return;
    add(source->secretKeyRef);
    if (source->configMapKeyRef) add("ConfigMap", source->configMapKeyRef->name);
  }
  void add(const std::vector<NamedValue>& values) {
    for (const auto& value : values) add(value.valueFrom);
  }
  void add(const std::optional<TlsSpec>& tls) {
    if (!tls) return;
    add(tls->caSecretRef);
    add(tls->clientCertSecretRef);
    add(tls->clientKeySecretRef);
  }
  [[nodiscard]] bool is_own(const std::optional<std::string>& name_space) const {
    return !name_space || *name_space == name_space_;
  }
  std::vector<ResourceRef> take() { return std::move(found_); }

 private:
  const std::string& name_space_;
  std::vector<ResourceRef> found_;
};

void add_declarative(Uses& uses, const DeclarativeAgent& agent) {
  uses.add("ModelConfig", agent.model);
  uses.add(agent.systemMessageFrom);
  if (agent.promptTemplate)
    for (const auto& source : agent.promptTemplate->dataSources)
      uses.add(wire_name(source.kind), source.name);
  for (const auto& tool : agent.tools) {
    if (tool.toolServer) {
      if (uses.is_own(tool.toolServer->namespace_)) uses.add("ToolServer", tool.toolServer->name);
      uses.add(tool.toolServer->headersFrom);
    }
    if (tool.agent) {
      if (uses.is_own(tool.agent->namespace_)) uses.add("Agent", tool.agent->name);
      uses.add(tool.agent->headersFrom);
    }
  }
  for (const auto& policy : agent.policies) uses.add("Policy", policy);
  if (agent.memory && agent.memory->model) uses.add("ModelConfig", *agent.memory->model);
  if (agent.compaction && agent.compaction->summarizer && agent.compaction->summarizer->model)
    uses.add("ModelConfig", *agent.compaction->summarizer->model);
}

}  // namespace

std::vector<ResourceRef> uses_of(const ToolServerSpec& spec, const std::string& name_space) {
  Uses uses(name_space);
  uses.add(spec.headers);
  uses.add(spec.env);
  uses.add(spec.tls);
  if (spec.oauth) uses.add(spec.oauth->clientSecretRef);
  return uses.take();
}

std::vector<ResourceRef> uses_of(const ModelConfigSpec& spec, const std::string& name_space) {
  Uses uses(name_space);
  uses.add(spec.apiKey);
  uses.add(spec.headers);
  uses.add(spec.tls);
  if (spec.vertex) uses.add(spec.vertex->credentials);
  if (spec.bedrock) {
    uses.add(spec.bedrock->accessKeyId);
    uses.add(spec.bedrock->secretAccessKey);
    uses.add(spec.bedrock->sessionToken);
  }
  for (const auto& fallback : spec.fallbacks) uses.add("ModelConfig", fallback);
  if (spec.script) uses.add(spec.script->from);
  return uses.take();
}

std::vector<ResourceRef> uses_of(const AgentSpec& spec, const std::string& name_space) {
  Uses uses(name_space);
  if (spec.declarative) add_declarative(uses, *spec.declarative);
  if (spec.byo) uses.add(spec.byo->env);
  if (spec.remote) {
    uses.add(spec.remote->headers);
    uses.add(spec.remote->tls);
  }
  return uses.take();
}

}  // namespace flotilla::core
