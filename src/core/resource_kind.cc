#include "core/resource_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/assert.h"
#include "base/suggest.h"
#include "core/faults_internal.h"
#include "core/limits.h"
#include "core/stored_values.h"
#include "core/tool_server.h"

namespace flotilla::core {

namespace {

template <class T>
json::Value schema(json::SchemaSet& set) {
  return json::schema_of<T>(set);
}

json::Object object_of(json::Value value) {
  return std::move(*value.if_object());
}

/// `a~b/c` as a token of a JSON pointer.
std::string escaped(std::string_view token) {
  std::string out;
  for (char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// ToolServer

void add_use(CheckedSpec& checked, const std::string& name_space, std::string_view kind,
             const std::string& name) {
  ResourceRef ref{std::string(kind), name_space, name};
  if (std::ranges::find(checked.uses, ref) == checked.uses.end())
    checked.uses.push_back(std::move(ref));
}

void add_uses(CheckedSpec& checked, const std::string& name_space, const ToolServerSpec& spec) {
  const auto secret = [&](const std::optional<SecretKeyRef>& ref) {
    if (ref) add_use(checked, name_space, "Secret", ref->name);
  };
  const auto source = [&](const NamedValue& entry) {
    if (!entry.valueFrom) return;
    secret(entry.valueFrom->secretKeyRef);
    if (const auto& ref = entry.valueFrom->configMapKeyRef)
      add_use(checked, name_space, "ConfigMap", ref->name);
  };
  for (const auto& header : spec.headers) source(header);
  for (const auto& variable : spec.env) source(variable);
  if (spec.tls) {
    secret(spec.tls->caSecretRef);
    secret(spec.tls->clientCertSecretRef);
    secret(spec.tls->clientKeySecretRef);
  }
  if (spec.oauth) secret(spec.oauth->clientSecretRef);
}

Result<CheckedSpec> check_tool_server_spec(const json::Value& value,
                                           const std::string& name_space) {
  const json::ReadOptions options{.strict = true, .at = "/spec"};
  TRY(spec, json::read<ToolServerSpec>(value, options));
  TRY_VOID(check_tool_server(spec));
  CheckedSpec checked;
  add_uses(checked, name_space, spec);
  if (spec.command) checked.admin_field = "/spec/command";
  checked.spec = object_of(json::to_value(spec));
  return checked;
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
      faults.add("/data/" + escaped(key), fault);
    checked.secrets[key] = std::nullopt;
    if (data) checked.secrets[key] = Secret(std::move(data->bytes));
  }
  for (auto& [key, text] : spec.stringData) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add("/stringData/" + escaped(key), fault);
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
      faults.add("/data/" + escaped(key), fault);
    bytes += text.size();
  }
  for (const auto& [key, data] : spec.binaryData) {
    if (auto fault = data_key_fault(key); !fault.empty())
      faults.add("/binaryData/" + escaped(key), fault);
    if (spec.data.contains(key)) faults.add("/binaryData/" + escaped(key), "is in data, too");
    bytes += data.bytes.size();
  }
  check_size(bytes, "/data", faults);
  TRY_VOID(faults.result());
  CheckedSpec checked;
  checked.spec = object_of(json::to_value(spec));
  return checked;
}

std::vector<ResourceKind> make_kinds() {
  std::vector<ResourceKind> kinds;
  ResourceKind tool_server;
  tool_server.kind = "ToolServer";
  tool_server.plural = "toolservers";
  tool_server.singular = "toolserver";
  tool_server.short_names = {"ts"};
  tool_server.summary = "an MCP server whose tools agents and clients may use";
  tool_server.check = check_tool_server_spec;
  tool_server.spec_schema = schema<ToolServerSpec>;
  tool_server.status_schema = schema<ToolServerStatus>;
  kinds.push_back(tool_server);

  ResourceKind secret;
  secret.kind = "Secret";
  secret.plural = "secrets";
  secret.singular = "secret";
  secret.summary = "values that are stored sealed and never shown";
  secret.at_root = true;
  secret.check = check_secret;
  secret.spec_schema = schema<SecretSpec>;
  secret.status_schema = schema<PlainStatus>;
  kinds.push_back(secret);

  ResourceKind config_map;
  config_map.kind = "ConfigMap";
  config_map.plural = "configmaps";
  config_map.singular = "configmap";
  config_map.short_names = {"cm"};
  config_map.summary = "values that are no secret, for others to refer to";
  config_map.at_root = true;
  config_map.check = check_config_map;
  config_map.spec_schema = schema<ConfigMapSpec>;
  config_map.status_schema = schema<PlainStatus>;
  kinds.push_back(config_map);
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
