#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/client_tls.h"
#include "http/egress.h"
#include "http/loop_clients.h"
#include "json/value.h"
#include "llm/model.h"

/// What a model is made of: a ModelConfig whose Secrets and ConfigMaps are looked up. The names of
/// enumerators are those of the ModelConfig kind.
namespace flotilla::telemetry {
class Registry;
}

namespace flotilla::llm {

enum class Provider : std::uint8_t {
  openai,
  azure_openai,
  openai_compatible,
  anthropic,
  anthropic_vertex,
  gemini,
  gemini_vertex,
  bedrock,
  ollama,
  scripted,
};
BOOST_DESCRIBE_ENUM(Provider, openai, azure_openai, openai_compatible, anthropic, anthropic_vertex,
                    gemini, gemini_vertex, bedrock, ollama, scripted)
constexpr std::string_view wire_name(Provider provider) {
  constexpr std::array<std::string_view, 10> kNames{
      "openai", "azure-openai",  "openai-compatible", "anthropic", "anthropic-vertex",
      "gemini", "gemini-vertex", "bedrock",           "ollama",    "scripted"};
  return kNames[static_cast<std::size_t>(provider)];
}

/// Which API of OpenAI; the others have one.
enum class ApiFormat : std::uint8_t { chat_completions, responses };
BOOST_DESCRIBE_ENUM(ApiFormat, chat_completions, responses)
constexpr std::string_view wire_name(ApiFormat format) {
  return format == ApiFormat::chat_completions ? "chat-completions" : "responses";
}

/// Absent ones are left to the provider. One that the provider's API does not have is refused by
/// make_model().
struct Parameters {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> top_k;
  std::optional<std::int64_t> max_output_tokens;
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  std::optional<double> frequency_penalty;
  std::optional<double> presence_penalty;
  /// none, minimal, low, medium, high, xhigh, max; as far as the provider knows them.
  std::optional<std::string> reasoning_effort;
  /// Members of the request's body, as the provider's API spells them; these win.
  json::Object extra;
};

struct AzureSettings {
  std::string deployment;   // empty: the model's name
  std::string api_version;  // empty: the v1 API, which has none
};

struct VertexSettings {
  std::string project;
  std::string location;
  Secret credentials;        // JSON of a service account; empty: the metadata server
  std::string metadata_url;  // of that server; empty: Google's
};

struct BedrockGuardrail {
  std::string identifier;
  std::string version;
  std::string trace;  // disabled, enabled, enabled_full; empty: not said
};

struct BedrockSettings {
  std::string region;
  Secret access_key_id;
  Secret secret_access_key;
  Secret session_token;  // may be empty
  std::optional<BedrockGuardrail> guardrail;
  json::Object additional_fields;  // additionalModelRequestFields
};

struct PromptCaching {
  bool enabled = false;
  Duration ttl = std::chrono::minutes(5);
};

struct ModelSettings {
  Provider provider = Provider::openai;
  std::string model;
  std::string base_url;  // empty: the provider's public one, where there is one
  Secret api_key;
  /// The caller's key (CallOptions::api_key) is used instead; without one the call is refused.
  bool api_key_passthrough = false;
  std::vector<std::pair<std::string, Secret>> headers;  // of every request
  http::ClientTlsPtr tls;                               // null: the system's roots
  http::UrlAuthor author = http::UrlAuthor::operator_;  // of base_url
  Parameters parameters;
  ApiFormat api_format = ApiFormat::chat_completions;
  AzureSettings azure;
  VertexSettings vertex;
  BedrockSettings bedrock;
  std::string openai_organization;  // empty: none
  json::Object ollama_options;
  PromptCaching caching;
  Duration timeout = std::chrono::minutes(10);  // of one attempt
  int attempts = 3;                             // of one call, for faults that may pass
  std::size_t max_concurrent = 0;               // calls at once, of all loops; 0: any number
  json::Value script;                           // of the scripted provider (scripted.h)
};

/// What models are made with; outlives them.
struct ModelServices {
  http::LoopClients& http;
  Clock& clock;
  Random& random;
  telemetry::Registry* metrics = nullptr;  // null: nothing is counted
};

/// The model with retries (retry.h) and its bound on concurrency around it. invalid_argument names
/// the field of the ModelConfig's spec (`/spec/…`) that cannot be used; unimplemented: the provider
/// lacks something.
Result<std::shared_ptr<Model>> make_model(ModelSettings settings, const ModelServices& services);
/// The same for embeddings. `parameters` and `api_format` mean nothing there.
Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(ModelSettings settings,
                                                             const ModelServices& services);

/// Asks the first, and the next one when it is not to be had: unreachable, overloaded,
/// rate-limited, its key refused, its answers broken, the conversation too long for it. A request
/// that it refuses as wrong is not asked again elsewhere. Not empty.
std::shared_ptr<Model> make_fallback(std::vector<std::shared_ptr<Model>> models);

}  // namespace flotilla::llm
