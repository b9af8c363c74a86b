#include "core/resource_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/assert.h"
#include "base/suggest.h"
#include "core/limits.h"
#include "core/policy.h"
#include "core/prompt_template.h"
#include "core/resource_uses_internal.h"
#include "core/spec_checks_internal.h"
#include "core/stored_values.h"

namespace flotilla::core {

namespace {

template <class T>
json::Value schema(json::SchemaSet& set) {
  return json::schema_of<T>(set);
}

json::Object object_of(json::Value value) {
  return std::move(*value.if_object());
}

/// What runs a program here.
std::string admin_field(const ToolServerSpec& spec) {
  return spec.command ? "/spec/command" : "";
}
std::string admin_field(const AgentSpec& spec) {
  return spec.byo && spec.byo->command ? "/spec/byo/command" : "";
}

template <class Spec>
Result<CheckedSpec> checked_spec(const json::Value& value, const std::string& name_space,
                                 Result<> (*check)(const Spec&)) {
  const json::ReadOptions options{.strict = true, .at = "/spec"};
  TRY(spec, json::read<Spec>(value, options));
  TRY_VOID(check(spec));
  CheckedSpec checked;
  if constexpr (requires { uses_of(spec, name_space); }) checked.uses = uses_of(spec, name_space);
  if constexpr (requires { admin_field(spec); }) checked.admin_field = admin_field(spec);
  checked.spec = object_of(json::to_value(spec));
  return checked;
}

Result<CheckedSpec> check_tool_server_spec(const json::Value& value, const std::string& in) {
  return checked_spec<ToolServerSpec>(value, in, check_tool_server);
}
Result<CheckedSpec> check_agent_spec(const json::Value& value, const std::string& in) {
  return checked_spec<AgentSpec>(value, in, check_agent);
}
Result<CheckedSpec> check_model_config_spec(const json::Value& value, const std::string& in) {
  return checked_spec<ModelConfigSpec>(value, in, check_model_config);
}
Result<CheckedSpec> check_prompt_template_spec(const json::Value& value, const std::string& in) {
  return checked_spec<PromptTemplateSpec>(value, in, check_prompt_template);
}
Result<CheckedSpec> check_policy_spec(const json::Value& value, const std::string& in) {
  return checked_spec<PolicySpec>(value, in, check_policy);
}

// Secret and ConfigMap

void check_size(std::size_t bytes, std::string_view field, Faults& faults) {
  if (bytes > kMaxResourceBytes)
    faults.add(std::string(field),
               fmt::format("the values have more than {} KiB together", kMaxResourceBytes >> 10));
}

Result<CheckedSpec> check_secret(const json::Value& value, const std::string&) {
  const json::ReadOptions options{.strict = true};
  TRY(spec, json::read<SecretSpec>(value, options));
  CheckedSpec checked;
  Faults faults;
  std::size_t bytes = 0;
  json::Object keys;
  for (auto& [key, data] : spec.data) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add(pointer_to("/data", key), fault);
    checked.secrets[key] = std::nullopt;
    if (data) checked.secrets[key] = Secret(std::move(data->bytes));
  }
  for (auto& [key, text] : spec.stringData) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add(pointer_to("/stringData", key), fault);
    checked.secrets[key] = Secret(std::move(text));
  }
  for (const auto& [key, secret] : checked.secrets) {
    keys.append(key, json::Value());
    if (secret) bytes += secret->reveal().size();
  }
  check_size(bytes, "/data", faults);
  TRY_VOID(faults.result());
  checked.spec.set("type", spec.type.value_or("Opaque"));
  if (spec.immutable) checked.spec.set("immutable", *spec.immutable);
  checked.spec.set("data", std::move(keys));
  return checked;
}

Result<CheckedSpec> check_config_map(const json::Value& value, const std::string&) {
  const json::ReadOptions options{.strict = true};
  TRY(spec, json::read<ConfigMapSpec>(value, options));
  Faults faults;
  std::size_t bytes = 0;
  for (const auto& [key, text] : spec.data) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add(pointer_to("/data", key), fault);
    bytes += text.size();
  }
  for (const auto& [key, data] : spec.binaryData) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add(pointer_to("/binaryData", key), fault);
    if (spec.data.contains(key)) faults.add(pointer_to("/binaryData", key), "is in data, too");
    bytes += data.bytes.size();
  }
  check_size(bytes, "/data", faults);
  TRY_VOID(faults.result());
  CheckedSpec checked;
  checked.spec = object_of(json::to_value(spec));
  return checked;
}

template <class Spec, class Status>
ResourceKind kind_with(std::string_view kind, std::string_view plural, std::string_view singular,
                       std::string_view short_name, decltype(ResourceKind::check) check) {
  ResourceKind made;
  made.kind = kind;
  made.plural = plural;
  made.singular = singular;
  if (!short_name.empty()) made.short_names = {short_name};
  made.check = check;
  made.spec_schema = schema<Spec>;
  made.status_schema = schema<Status>;
  return made;
}

std::vector<ResourceKind> make_kinds() {
  std::vector<ResourceKind> kinds;
  kinds.push_back(
      kind_with<AgentSpec, AgentStatus>("Agent", "agents", "agent", "ag", check_agent_spec));
  kinds.back().summary =
      "an agent: a model with tools and instructions, a program, or one elsewhere";
  kinds.push_back(kind_with<ModelConfigSpec, ModelConfigStatus>(
      "ModelConfig", "modelconfigs", "modelconfig", "mc", check_model_config_spec));
  kinds.back().summary = "a language or embedding model and how it is reached";
  kinds.push_back(kind_with<ToolServerSpec, ToolServerStatus>(
      "ToolServer", "toolservers", "toolserver", "ts", check_tool_server_spec));
  kinds.back().summary = "an MCP server whose tools agents and clients may use";
  kinds.push_back(kind_with<PromptTemplateSpec, PlainStatus>(
      "PromptTemplate", "prompttemplates", "prompttemplate", "pt", check_prompt_template_spec));
  kinds.back().summary = "texts that the instructions of agents include";
  kinds.push_back(
      kind_with<PolicySpec, PlainStatus>("Policy", "policies", "policy", "", check_policy_spec));
  kinds.back().summary = "which tool calls wait for a person, and what may be spent";
  kinds.push_back(
      kind_with<SecretSpec, PlainStatus>("Secret", "secrets", "secret", "", check_secret));
  kinds.back().summary = "values that are stored sealed and never shown";
  kinds.back().at_root = true;
  kinds.push_back(kind_with<ConfigMapSpec, PlainStatus>("ConfigMap", "configmaps", "configmap",
                                                        "cm", check_config_map));
  kinds.back().summary = "values that are no secret, for others to refer to";
  kinds.back().at_root = true;
  return kinds;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::span<const ResourceKind> resource_kinds() {
  static const std::vector<ResourceKind> kinds = make_kinds();
  return kinds;
}

const ResourceKind* find_kind(std::string_view name) {
  for (const auto& kind : resource_kinds()) {
    if (same_word(kind.kind, name) || same_word(kind.plural, name) ||
        same_word(kind.singular, name))
      return &kind;
    for (const auto& word : kind.short_names)
      if (same_word(word, name)) return &kind;
  }
  return nullptr;
}

const ResourceKind& kind_of(std::string_view name) {
  const auto kinds = resource_kinds();
  const auto found = std::ranges::find(kinds, name, &ResourceKind::kind);
  FLOTILLA_ASSERT(found != kinds.end(), "kinds are checked where they come in");
  return *found;
}

Error unknown_kind(std::string_view name, std::string field) {
  std::vector<std::string_view> names;
  for (const auto& kind : resource_kinds()) names.push_back(kind.kind);
  std::string text = fmt::format("there is no kind '{}'", name.substr(0, 64));
  if (const auto near = nearest(name, names)) {
    text += fmt::format(", did you mean {}?", *near);
  } else {
    text += "; there are";
    for (std::size_t i = 0; i < names.size(); ++i)
      text += fmt::format("{} {}", i == 0 ? "" : i + 1 == names.size() ? " and" : ",", names[i]);
  }
  return invalid(std::move(field), std::move(text));
}

}  // namespace flotilla::core
