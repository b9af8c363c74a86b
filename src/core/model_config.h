#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/references.h"
#include "core/resource.h"

/// The ModelConfig kind: a language or embedding model and how it is reached. The structs are the
/// wire; agents/models makes an llm::Model of a resource.
namespace flotilla::core {

enum class ModelProvider : std::uint8_t {
  openai,
  azure_openai,
  anthropic,
  gemini,
  gemini_vertex,
  anthropic_vertex,
  bedrock,
  ollama,
  openai_compatible,
  scripted
};
BOOST_DESCRIBE_ENUM(ModelProvider, openai, azure_openai, anthropic, gemini, gemini_vertex,
                    anthropic_vertex, bedrock, ollama, openai_compatible, scripted)
constexpr std::string_view wire_name(ModelProvider provider) {
  constexpr std::array<std::string_view, 10> kNames{"openai",  "azure-openai",  "anthropic",
                                                    "gemini",  "gemini-vertex", "anthropic-vertex",
                                                    "bedrock", "ollama",        "openai-compatible",
                                                    "scripted"};
  return kNames[static_cast<std::size_t>(provider)];
}

enum class OpenaiFormat : std::uint8_t { chat_completions, responses };
BOOST_DESCRIBE_ENUM(OpenaiFormat, chat_completions, responses)
constexpr std::string_view wire_name(OpenaiFormat format) {
  return format == OpenaiFormat::chat_completions ? "chat-completions" : "responses";
}

enum class ReasoningEffort : std::uint8_t { none, minimal, low, medium, high, xhigh, max };
BOOST_DESCRIBE_ENUM(ReasoningEffort, none, minimal, low, medium, high, xhigh, max)

/// Absent members are left to the provider.
struct ModelParameters {
  std::optional<double> temperature;
  std::optional<double> topP;
  std::optional<std::int64_t> topK;
  std::optional<std::int64_t> maxOutputTokens;
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  std::optional<double> frequencyPenalty;
  std::optional<double> presencePenalty;
  std::optional<ReasoningEffort> reasoningEffort;
  /// Members for the request's body as they are, for what has no field here.
  std::optional<json::Object> extra;
};
BOOST_DESCRIBE_STRUCT(ModelParameters, (),
                      (temperature, topP, topK, maxOutputTokens, stop, seed, frequencyPenalty,
                       presencePenalty, reasoningEffort, extra))

struct OpenaiSettings {
  std::optional<std::string> organization;
};
BOOST_DESCRIBE_STRUCT(OpenaiSettings, (), (organization))

struct AzureSettings {
  std::optional<std::string> deployment;  // absent: the model's name
  std::string apiVersion;
};
BOOST_DESCRIBE_STRUCT(AzureSettings, (), (deployment, apiVersion))

struct VertexSettings {
  std::string project;
  std::string location;
  /// JSON key of a service account; absent: the metadata server of the machine.
  std::optional<ValueSource> credentials;
};
BOOST_DESCRIBE_STRUCT(VertexSettings, (), (project, location, credentials))

enum class GuardrailTrace : std::uint8_t { disabled, enabled, enabled_full };
BOOST_DESCRIBE_ENUM(GuardrailTrace, disabled, enabled, enabled_full)

struct BedrockGuardrail {
  std::string identifier;
  std::string version;
  std::optional<GuardrailTrace> trace;
};
BOOST_DESCRIBE_STRUCT(BedrockGuardrail, (), (identifier, version, trace))

/// Without keys here, `spec.apiKey` is a Bedrock API key (bearer).
struct BedrockSettings {
  std::string region;
  std::optional<ValueSource> accessKeyId;
  std::optional<ValueSource> secretAccessKey;
  std::optional<ValueSource> sessionToken;
  std::optional<BedrockGuardrail> guardrail;
  std::optional<json::Object> additionalModelRequestFields;
};
BOOST_DESCRIBE_STRUCT(BedrockSettings, (),
                      (region, accessKeyId, secretAccessKey, sessionToken, guardrail,
                       additionalModelRequestFields))

struct OllamaSettings {
  std::optional<json::Object> options;  // as its API has them
};
BOOST_DESCRIBE_STRUCT(OllamaSettings, (), (options))

enum class CacheTtl : std::uint8_t { five_minutes, one_hour };
BOOST_DESCRIBE_ENUM(CacheTtl, five_minutes, one_hour)
constexpr std::string_view wire_name(CacheTtl ttl) {
  return ttl == CacheTtl::five_minutes ? "5m" : "1h";
}

struct PromptCaching {
  bool enabled = true;
  CacheTtl ttl = CacheTtl::five_minutes;
};
BOOST_DESCRIBE_STRUCT(PromptCaching, (), (enabled, ttl))
constexpr bool has_defaults(const PromptCaching*) {
  return true;
}

/// USD for a million tokens.
struct ModelPrice {
  double input = 0;
  double output = 0;
  std::optional<double> cachedInput;  // absent: as input
  std::optional<double> cacheWrite;   // absent: as input
};
BOOST_DESCRIBE_STRUCT(ModelPrice, (), (input, output, cachedInput, cacheWrite))

/// Exactly one member: the script of provider `scripted` (src/llm/scripted.h).
struct ModelScript {
  std::optional<json::Object> inline_;
  std::optional<std::string> text;  // as YAML or JSON
  std::optional<ValueSource> from;  // YAML or JSON
};
BOOST_DESCRIBE_STRUCT(ModelScript, (), (inline_, text, from))

struct ModelConfigSpec {
  ModelProvider provider = ModelProvider::openai;
  std::string model;
  std::optional<std::string> description;
  std::optional<std::string> baseUrl;
  std::optional<ValueSource> apiKey;
  bool apiKeyPassthrough = false;  // the caller's bearer token is the key
  std::vector<NamedValue> headers;
  std::optional<TlsSpec> tls;
  std::optional<ModelParameters> parameters;
  std::optional<OpenaiFormat> apiFormat;  // of openai, azure-openai, openai-compatible
  std::optional<OpenaiSettings> openai;
  std::optional<AzureSettings> azure;
  std::optional<VertexSettings> vertex;
  std::optional<BedrockSettings> bedrock;
  std::optional<OllamaSettings> ollama;
  Duration timeout = std::chrono::minutes(10);  // of one attempt
  std::int64_t attempts = 3;                    // of one model, before a fallback
  std::optional<std::int64_t> maxConcurrent;
  std::vector<std::string> fallbacks;  // ModelConfigs of the same namespace, in order
  std::optional<PromptCaching> promptCaching;
  std::optional<ModelPrice> price;
  std::optional<ModelScript> script;  // of scripted
};
BOOST_DESCRIBE_STRUCT(ModelConfigSpec, (),
                      (provider, model, description, baseUrl, apiKey, apiKeyPassthrough, headers,
                       tls, parameters, apiFormat, openai, azure, vertex, bedrock, ollama, timeout,
                       attempts, maxConcurrent, fallbacks, promptCaching, price, script))
constexpr bool has_defaults(const ModelConfigSpec*) {
  return true;
}

/// Conditions: Accepted (the spec can be used, and what it refers to is there).
struct ModelConfigStatus {
  std::vector<Condition> conditions;
  std::int64_t observedGeneration = 0;
};
BOOST_DESCRIBE_STRUCT(ModelConfigStatus, (), (conditions, observedGeneration))
constexpr bool has_defaults(const ModelConfigStatus*) {
  return true;
}

/// What the types alone cannot say; all faults, each naming its field below /spec.
Result<> check_model_config(const ModelConfigSpec& spec);

std::span<const json::FieldDoc> field_docs(const ModelParameters*);
std::span<const json::FieldDoc> field_docs(const OpenaiSettings*);
std::span<const json::FieldDoc> field_docs(const AzureSettings*);
std::span<const json::FieldDoc> field_docs(const VertexSettings*);
std::span<const json::FieldDoc> field_docs(const BedrockGuardrail*);
std::span<const json::FieldDoc> field_docs(const BedrockSettings*);
std::span<const json::FieldDoc> field_docs(const OllamaSettings*);
std::span<const json::FieldDoc> field_docs(const PromptCaching*);
std::span<const json::FieldDoc> field_docs(const ModelPrice*);
std::span<const json::FieldDoc> field_docs(const ModelScript*);
std::span<const json::FieldDoc> field_docs(const ModelConfigSpec*);
std::span<const json::FieldDoc> field_docs(const ModelConfigStatus*);

}  // namespace flotilla::core
