#pragma once

#include "compat/kagent/common.h"

/// kagent's ModelConfig of `kagent.dev/v1alpha2`, 0.9 and 0.10.
namespace flotilla::compat::kagent {

struct OpenAi {
  std::optional<std::string> baseUrl;
  std::optional<std::string> organization;
  std::optional<std::string> temperature;
  std::optional<std::int64_t> maxTokens;
  std::optional<std::int64_t> maxCompletionTokens;
  std::optional<std::string> topP;
  std::optional<std::string> frequencyPenalty;
  std::optional<std::string> presencePenalty;
  std::optional<std::int64_t> seed;
  std::optional<std::int64_t> n;
  std::optional<std::int64_t> timeout;
  std::optional<std::string> reasoningEffort;
  std::optional<std::string> apiFormat;
  std::optional<json::Value> tokenExchange;
};
BOOST_DESCRIBE_STRUCT(OpenAi, (),
                      (baseUrl, organization, temperature, maxTokens, maxCompletionTokens, topP,
                       frequencyPenalty, presencePenalty, seed, n, timeout, reasoningEffort,
                       apiFormat, tokenExchange))

struct Anthropic {
  std::optional<std::string> baseUrl;
  std::optional<std::int64_t> maxTokens;
  std::optional<std::string> temperature;
  std::optional<std::string> topP;
  std::optional<std::int64_t> topK;
};
BOOST_DESCRIBE_STRUCT(Anthropic, (), (baseUrl, maxTokens, temperature, topP, topK))

struct AzureOpenAi {
  std::string azureEndpoint;
  std::string apiVersion;
  std::optional<std::string> azureDeployment;
  std::optional<std::string> azureAdToken;
  std::optional<std::string> temperature;
  std::optional<std::int64_t> maxTokens;
  std::optional<std::string> topP;
};
BOOST_DESCRIBE_STRUCT(AzureOpenAi, (),
                      (azureEndpoint, apiVersion, azureDeployment, azureAdToken, temperature,
                       maxTokens, topP))

struct Ollama {
  std::optional<std::string> host;
  std::map<std::string, std::string> options;
};
BOOST_DESCRIBE_STRUCT(Ollama, (), (host, options))

struct Gemini {
  std::optional<std::int64_t> maxOutputTokens;
};
BOOST_DESCRIBE_STRUCT(Gemini, (), (maxOutputTokens))

struct Vertex {
  std::string projectID;
  std::string location;
  std::optional<std::string> temperature;
  std::optional<std::string> topP;
  std::optional<std::string> topK;
  std::vector<std::string> stopSequences;
};
BOOST_DESCRIBE_STRUCT(Vertex, (), (projectID, location, temperature, topP, topK, stopSequences))

struct GeminiVertex : Vertex {
  std::optional<std::int64_t> maxOutputTokens;
  std::optional<std::int64_t> candidateCount;
  std::optional<std::string> responseMimeType;
};
BOOST_DESCRIBE_STRUCT(GeminiVertex, (Vertex), (maxOutputTokens, candidateCount, responseMimeType))

struct AnthropicVertex : Vertex {
  std::optional<std::int64_t> maxTokens;
};
BOOST_DESCRIBE_STRUCT(AnthropicVertex, (Vertex), (maxTokens))

struct Guardrail {
  std::string identifier;
  std::string version;
  std::optional<std::string> trace;
};
BOOST_DESCRIBE_STRUCT(Guardrail, (), (identifier, version, trace))

struct Bedrock {
  std::string region;
  std::optional<json::Object> additionalModelRequestFields;
  std::optional<bool> promptCaching;
  std::optional<std::string> cacheTTL;
  std::optional<Guardrail> guardrail;
  std::optional<std::int64_t> readTimeout;
  std::optional<std::int64_t> connectTimeout;
};
BOOST_DESCRIBE_STRUCT(Bedrock, (),
                      (region, additionalModelRequestFields, promptCaching, cacheTTL, guardrail,
                       readTimeout, connectTimeout))

struct ModelConfigSpec {
  std::string model;
  std::optional<std::string> apiKeySecret;
  std::optional<std::string> apiKeySecretKey;
  bool apiKeyPassthrough = false;
  std::map<std::string, std::string> defaultHeaders;
  std::string provider = "OpenAI";
  std::optional<OpenAi> openAI;
  std::optional<Anthropic> anthropic;
  std::optional<AzureOpenAi> azureOpenAI;
  std::optional<Ollama> ollama;
  std::optional<Gemini> gemini;
  std::optional<GeminiVertex> geminiVertexAI;
  std::optional<AnthropicVertex> anthropicVertexAI;
  std::optional<Bedrock> bedrock;
  std::optional<json::Value> sapAICore;
  std::optional<json::Value> foundry;
  std::optional<TlsConfig> tls;
};
BOOST_DESCRIBE_STRUCT(ModelConfigSpec, (),
                      (model, apiKeySecret, apiKeySecretKey, apiKeyPassthrough, defaultHeaders,
                       provider, openAI, anthropic, azureOpenAI, ollama, gemini, geminiVertexAI,
                       anthropicVertexAI, bedrock, sapAICore, foundry, tls))
constexpr bool has_defaults(const ModelConfigSpec*) {
  return true;
}

}  // namespace flotilla::compat::kagent
