#include <fmt/format.h>

#include <utility>

#include "agents/model_settings_internal.h"
#include "gateway/tls.h"
#include "json/json.h"

namespace flotilla::agents {
namespace {

llm::Provider provider_of(core::ModelProvider provider) {
  switch (provider) {
    case core::ModelProvider::openai:
      return llm::Provider::openai;
    case core::ModelProvider::azure_openai:
      return llm::Provider::azure_openai;
    case core::ModelProvider::anthropic:
      return llm::Provider::anthropic;
    case core::ModelProvider::gemini:
      return llm::Provider::gemini;
    case core::ModelProvider::gemini_vertex:
      return llm::Provider::gemini_vertex;
    case core::ModelProvider::anthropic_vertex:
      return llm::Provider::anthropic_vertex;
    case core::ModelProvider::bedrock:
      return llm::Provider::bedrock;
    case core::ModelProvider::ollama:
      return llm::Provider::ollama;
    case core::ModelProvider::openai_compatible:
      return llm::Provider::openai_compatible;
    case core::ModelProvider::scripted:
      return llm::Provider::scripted;
  }
  return llm::Provider::openai;
}

std::string effort_of(core::ReasoningEffort effort) {
  std::string text;
  json::write(effort, text);
  return text.substr(1, text.size() - 2);
}

llm::Parameters parameters_of(const core::ModelParameters& given) {
  llm::Parameters parameters;
  parameters.temperature = given.temperature;
  parameters.top_p = given.topP;
  parameters.top_k = given.topK;
  parameters.max_output_tokens = given.maxOutputTokens;
  parameters.stop = given.stop;
  parameters.seed = given.seed;
  parameters.frequency_penalty = given.frequencyPenalty;
  parameters.presence_penalty = given.presencePenalty;
  if (given.reasoningEffort) parameters.reasoning_effort = effort_of(*given.reasoningEffort);
  parameters.extra = given.extra.value_or(json::Object());
  return parameters;
}

/// Looks values up; of one call.
class Lookup {
 public:
  Lookup(core::Resources& resources, std::string name_space, std::set<core::ResourceRef>& uses)
      : resources_(resources), name_space_(std::move(name_space)), uses_(uses) {}

  Async<Result<Secret>> secret(core::SecretKeyRef ref, std::string field) {
    uses_.insert({std::string(core::kSecretKind), name_space_, ref.name});
    auto value = co_await resources_.secret_value(name_space_, ref.name, ref.key);
    co_return named(std::move(value), field);
  }
  Async<Result<Secret>> value(core::ValueSource source, std::string field) {
    if (source.secretKeyRef) co_return co_await secret(*source.secretKeyRef, field);
    const auto& ref = *source.configMapKeyRef;
    uses_.insert({std::string(core::kConfigMapKind), name_space_, ref.name});
    auto found = co_await resources_.config_value(name_space_, ref.name, ref.key);
    CO_TRY(text, named(std::move(found), field));
    co_return Secret(std::move(text));
  }
  Async<Result<Secret>> value(std::optional<core::ValueSource> source, std::string field) {
    if (!source) co_return Secret();
    co_return co_await value(std::move(*source), std::move(field));
  }
  Async<Result<http::ClientTlsPtr>> tls(core::TlsSpec spec) {
    for (const auto& ref : {spec.caSecretRef, spec.clientCertSecretRef, spec.clientKeySecretRef})
      if (ref) uses_.insert({std::string(core::kSecretKind), name_space_, ref->name});
    CO_TRY(found, co_await gateway::look_up_tls(resources_, name_space_, std::move(spec)));
    co_return std::move(found.peer);
  }

 private:
  template <class T>
  static Result<T> named(Result<T> value, const std::string& field) {
    if (value) return value;
    const auto& error = value.error();
    return fail(Error(error.code(), error.reason(), field + ": " + error.message())
                    .with_field(field, error.message()));
  }

  core::Resources& resources_;
  std::string name_space_;
  std::set<core::ResourceRef>& uses_;
};

Async<Result<json::Value>> script_of(Lookup& lookup, core::ModelScript script) {
  if (script.inline_) co_return json::Value(*script.inline_);
  std::string text = script.text.value_or("");
  std::string field = "/spec/script/text";
  if (script.from) {
    field = "/spec/script/from";
    CO_TRY(found, co_await lookup.value(*script.from, field));
    text = found.reveal();
  }
  auto parsed = json::parse_yaml(text);
  if (!parsed) co_return fail(invalid(field, "is no YAML: " + parsed.error().message()));
  co_return parsed;
}

Async<Result<>> add_credentials(Lookup& lookup, const core::ModelConfigSpec& spec,
                                llm::ModelSettings& settings) {
  CO_TRY(key, co_await lookup.value(spec.apiKey, "/spec/apiKey"));
  settings.api_key = std::move(key);
  settings.api_key_passthrough = spec.apiKeyPassthrough;
  for (std::size_t i = 0; i < spec.headers.size(); ++i) {
    const auto& header = spec.headers[i];
    Secret value(header.value.value_or(""));
    if (header.valueFrom) {
      CO_TRY(found, co_await lookup.value(*header.valueFrom, fmt::format("/spec/headers/{}", i)));
      value = std::move(found);
    }
    settings.headers.emplace_back(header.name, std::move(value));
  }
  if (!spec.tls) co_return ok();
  CO_TRY(tls, co_await lookup.tls(*spec.tls));
  settings.tls = std::move(tls);
  co_return ok();
}

Async<Result<>> add_clouds(Lookup& lookup, const core::ModelConfigSpec& spec,
                           llm::ModelSettings& settings) {
  if (spec.vertex) {
    settings.vertex.project = spec.vertex->project;
    settings.vertex.location = spec.vertex->location;
    CO_TRY(found, co_await lookup.value(spec.vertex->credentials, "/spec/vertex/credentials"));
    settings.vertex.credentials = std::move(found);
  }
  if (!spec.bedrock) co_return ok();
  const auto& bedrock = *spec.bedrock;
  settings.bedrock.region = bedrock.region;
  CO_TRY(id, co_await lookup.value(bedrock.accessKeyId, "/spec/bedrock/accessKeyId"));
  CO_TRY(secret, co_await lookup.value(bedrock.secretAccessKey, "/spec/bedrock/secretAccessKey"));
  CO_TRY(token, co_await lookup.value(bedrock.sessionToken, "/spec/bedrock/sessionToken"));
  settings.bedrock.access_key_id = std::move(id);
  settings.bedrock.secret_access_key = std::move(secret);
  settings.bedrock.session_token = std::move(token);
  settings.bedrock.additional_fields =
      bedrock.additionalModelRequestFields.value_or(json::Object());
  if (!bedrock.guardrail) co_return ok();
  auto& guardrail = settings.bedrock.guardrail.emplace();
  guardrail.identifier = bedrock.guardrail->identifier;
  guardrail.version = bedrock.guardrail->version;
  if (bedrock.guardrail->trace) {
    std::string trace;
    json::write(*bedrock.guardrail->trace, trace);
    guardrail.trace = trace.substr(1, trace.size() - 2);
  }
  co_return ok();
}

void add_plain(const core::Resource& resource, const core::ModelConfigSpec& spec,
               llm::ModelSettings& settings) {
  settings.provider = provider_of(spec.provider);
  settings.model = spec.model.empty() ? resource.ref.name : spec.model;
  settings.base_url = spec.baseUrl.value_or("");
  settings.author = resource.by_admin ? http::UrlAuthor::operator_ : http::UrlAuthor::caller;
  if (spec.parameters) settings.parameters = parameters_of(*spec.parameters);
  if (spec.apiFormat == core::OpenaiFormat::responses)
    settings.api_format = llm::ApiFormat::responses;
  if (spec.openai) settings.openai_organization = spec.openai->organization.value_or("");
  if (spec.azure) {
    settings.azure.deployment = spec.azure->deployment.value_or("");
    settings.azure.api_version = spec.azure->apiVersion;
  }
  if (spec.ollama) settings.ollama_options = spec.ollama->options.value_or(json::Object());
  settings.timeout = spec.timeout;
  settings.attempts = static_cast<int>(spec.attempts);
  settings.max_concurrent = static_cast<std::size_t>(spec.maxConcurrent.value_or(0));
  if (!spec.promptCaching) return;
  settings.caching.enabled = spec.promptCaching->enabled;
  if (spec.promptCaching->ttl == core::CacheTtl::one_hour)
    settings.caching.ttl = std::chrono::hours(1);
}

}  // namespace

Async<Result<llm::ModelSettings>> settings_of(core::Resources& resources,
                                              const core::Resource& resource,
                                              const core::ModelConfigSpec& spec,
                                              std::set<core::ResourceRef>& uses) {
  Lookup lookup(resources, resource.ref.name_space, uses);
  llm::ModelSettings settings;
  add_plain(resource, spec, settings);
  CO_TRY_VOID(co_await add_credentials(lookup, spec, settings));
  CO_TRY_VOID(co_await add_clouds(lookup, spec, settings));
  if (spec.script) {
    CO_TRY(script, co_await script_of(lookup, *spec.script));
    settings.script = std::move(script);
  }
  co_return settings;
}

}  // namespace flotilla::agents
