#include "core/model_config.h"

// What explain and the JSON Schema say of each field.
namespace flotilla::core {

namespace {

constexpr json::FieldDoc kParametersDocs[] = {
    {"temperature", "0 to 2: how much chance there is in the answer"},
    {"topP", "only the likeliest tokens that have this share together"},
    {"topK", "only so many likeliest tokens"},
    {"maxOutputTokens", "longest answer"},
    {"stop", "texts at which the answer ends"},
    {"seed", "the same seed gives the same answer, as far as the provider can"},
    {"frequencyPenalty", "-2 to 2: against words that came often"},
    {"presencePenalty", "-2 to 2: against words that came at all"},
    {"reasoningEffort", "how much the model thinks before it answers"},
    {"extra", "members for the request's body as they are, for what has no field here"},
};
constexpr json::FieldDoc kOpenaiDocs[] = {
    {"organization", "sent as OpenAI-Organization"},
};
constexpr json::FieldDoc kAzureDocs[] = {
    {"deployment", "name of the deployment; absent: the model's"},
    {"apiVersion", "version of the API, such as 2024-10-21"},
};
constexpr json::FieldDoc kVertexDocs[] = {
    {"project", "id of the Google Cloud project"},
    {"location", "region, or global"},
    {"credentials", "JSON key of a service account; absent: the machine's metadata server"},
};
constexpr json::FieldDoc kGuardrailDocs[] = {
    {"identifier", "id or ARN of the guardrail"},
    {"version", "its version, or DRAFT"},
    {"trace", "whether answers tell what it did"},
};
constexpr json::FieldDoc kBedrockDocs[] = {
    {"region", "AWS region, such as eu-central-1"},
    {"accessKeyId", "AWS access key; absent: spec.apiKey is a Bedrock API key"},
    {"secretAccessKey", "its secret"},
    {"sessionToken", "its session token, if it is a temporary one"},
    {"guardrail", "guardrail to apply"},
    {"additionalModelRequestFields", "what only this model knows, as the Converse API has it"},
};
constexpr json::FieldDoc kOllamaDocs[] = {
    {"options", "options of its API, such as num_ctx"},
};
constexpr json::FieldDoc kCachingDocs[] = {
    {"enabled", "mark what stays the same of each prompt for the provider's cache"},
    {"ttl", "how long it is kept there: 5m or 1h"},
};
constexpr json::FieldDoc kPriceDocs[] = {
    {"input", "USD for a million tokens of input"},
    {"output", "USD for a million tokens of output"},
    {"cachedInput", "USD for a million tokens read from the cache; absent: as input"},
    {"cacheWrite", "USD for a million tokens written into the cache; absent: as input"},
};
constexpr json::FieldDoc kScriptDocs[] = {
    {"inline", "the script itself"},
    {"text", "the script as YAML or JSON text"},
    {"from", "where that text is"},
};
constexpr json::FieldDoc kSpecDocs[] = {
    {"provider", "whose API it is; openai-compatible needs only baseUrl"},
    {"model", "name of the model, as the provider has it"},
    {"description", "what it is used for"},
    {"baseUrl", "where the API is, if not at the provider's own place"},
    {"apiKey", "the key"},
    {"apiKeyPassthrough", "the bearer token of whoever talks to the agent is the key"},
    {"headers", "headers of every request"},
    {"tls", "how to check the server, and who we are to it"},
    {"parameters", "how to answer; what is absent is left to the provider"},
    {"apiFormat", "which of OpenAI's APIs; absent: chat-completions"},
    {"openai", "settings of provider openai"},
    {"azure", "settings of provider azure-openai"},
    {"vertex", "settings of gemini-vertex and anthropic-vertex"},
    {"bedrock", "settings of provider bedrock"},
    {"ollama", "settings of provider ollama"},
    {"timeout", "how long one attempt may take"},
    {"attempts", "how often a call is tried that the provider could not take"},
    {"maxConcurrent", "calls at once; further ones wait; absent: no bound"},
    {"fallbacks", "ModelConfigs of the same namespace to ask, in order, when this one fails"},
    {"promptCaching", "of anthropic, anthropic-vertex and bedrock; others cache by themselves"},
    {"price", "what tokens cost; budgets in money need it"},
    {"script", "what provider scripted answers"},
};
constexpr json::FieldDoc kStatusDocs[] = {
    {"conditions", "Accepted: the spec can be used, and what it refers to is there"},
    {"observedGeneration", "the generation that the status is about"},
};

}  // namespace

std::span<const json::FieldDoc> field_docs(const ModelParameters*) {
  return kParametersDocs;
}
std::span<const json::FieldDoc> field_docs(const OpenaiSettings*) {
  return kOpenaiDocs;
}
std::span<const json::FieldDoc> field_docs(const AzureSettings*) {
  return kAzureDocs;
}
std::span<const json::FieldDoc> field_docs(const VertexSettings*) {
  return kVertexDocs;
}
std::span<const json::FieldDoc> field_docs(const BedrockGuardrail*) {
  return kGuardrailDocs;
}
std::span<const json::FieldDoc> field_docs(const BedrockSettings*) {
  return kBedrockDocs;
}
std::span<const json::FieldDoc> field_docs(const OllamaSettings*) {
  return kOllamaDocs;
}
std::span<const json::FieldDoc> field_docs(const PromptCaching*) {
  return kCachingDocs;
}
std::span<const json::FieldDoc> field_docs(const ModelPrice*) {
  return kPriceDocs;
}
std::span<const json::FieldDoc> field_docs(const ModelScript*) {
  return kScriptDocs;
}
std::span<const json::FieldDoc> field_docs(const ModelConfigSpec*) {
  return kSpecDocs;
}
std::span<const json::FieldDoc> field_docs(const ModelConfigStatus*) {
  return kStatusDocs;
}

}  // namespace flotilla::core
