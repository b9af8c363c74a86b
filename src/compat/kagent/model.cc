#include "compat/kagent/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "compat/kagent/conversion_internal.h"
#include "core/model_config.h"

// ModelConfig.
namespace flotilla::compat::kagent {

namespace {

using core::ModelProvider;
using Numbers = std::optional<double>;

/// kagent writes numbers that are not whole as strings.
Result<> read_number(const std::optional<std::string>& text, const std::string& at, Numbers& out) {
  if (!text || text->empty()) return ok();
  double value = 0;
  const auto* end = text->data() + text->size();
  const auto [stop, failed] = std::from_chars(text->data(), end, value);
  if (failed != std::errc{} || stop != end || !std::isfinite(value))
    return fail(invalid(at, fmt::format("'{}' is not a number", text->substr(0, 64))));
  out = value;
  return ok();
}

struct Place {
  std::string_view provider;
  ModelProvider ours;
  std::string_view block;  // the member with its settings
};
constexpr std::array<Place, 8> kProviders{{
    {"OpenAI", ModelProvider::openai, "openAI"},
    {"Anthropic", ModelProvider::anthropic, "anthropic"},
    {"AzureOpenAI", ModelProvider::azure_openai, "azureOpenAI"},
    {"Ollama", ModelProvider::ollama, "ollama"},
    {"Gemini", ModelProvider::gemini, "gemini"},
    {"GeminiVertexAI", ModelProvider::gemini_vertex, "geminiVertexAI"},
    {"AnthropicVertexAI", ModelProvider::anthropic_vertex, "anthropicVertexAI"},
    {"Bedrock", ModelProvider::bedrock, "bedrock"},
}};

/// Fills in the parts of one provider.
class ModelReader {
 public:
  ModelReader(const ModelConfigSpec& given, Notes& notes) : given_(given), notes_(notes) {}

  Result<core::ModelConfigSpec> read() {
    TRY_VOID(read_provider());
    out_.model = given_.model;
    TRY_VOID(read_key());
    for (const auto& [name, value] : given_.defaultHeaders) {
      core::NamedValue header;
      header.name = name;
      header.value = value;
      out_.headers.push_back(std::move(header));
    }
    notes_.from("/spec/headers", "/spec/defaultHeaders");
    TRY(tls, tls_of(given_.tls, notes_));
    out_.tls = std::move(tls);
    TRY_VOID(read_blocks());
    if (has_parameters_) out_.parameters = std::move(parameters_);
    return std::move(out_);
  }

 private:
  Result<> read_provider() {
    const auto found = std::ranges::find(kProviders, given_.provider, &Place::provider);
    if (found == kProviders.end())
      return fail(invalid(
          "/spec/provider",
          fmt::format("'{}' is not supported; there are OpenAI, AzureOpenAI, Anthropic, Gemini, "
                      "GeminiVertexAI, AnthropicVertexAI, Bedrock and Ollama; what speaks OpenAI's "
                      "API is OpenAI with openAI.baseUrl",
                      given_.provider.substr(0, 64))));
    out_.provider = found->ours;
    block_ = fmt::format("/spec/{}", found->block);
    TRY_VOID(only("openAI", given_.openAI.has_value()));
    TRY_VOID(only("anthropic", given_.anthropic.has_value()));
    TRY_VOID(only("azureOpenAI", given_.azureOpenAI.has_value()));
    TRY_VOID(only("ollama", given_.ollama.has_value()));
    TRY_VOID(only("gemini", given_.gemini.has_value()));
    TRY_VOID(only("geminiVertexAI", given_.geminiVertexAI.has_value()));
    TRY_VOID(only("anthropicVertexAI", given_.anthropicVertexAI.has_value()));
    TRY_VOID(only("bedrock", given_.bedrock.has_value()));
    TRY_VOID(only("sapAICore", given_.sapAICore.has_value()));
    return only("foundry", given_.foundry.has_value());
  }

  Result<> only(std::string_view block, bool given) {
    const auto at = fmt::format("/spec/{}", block);
    if (!given || at == block_) return ok();
    return fail(invalid(at, fmt::format("is not for provider {}", given_.provider)));
  }

  static core::ValueSource secret(const std::string& name, std::string_view key) {
    core::ValueSource source;
    source.secretKeyRef = core::SecretKeyRef{name, std::string(key)};
    return source;
  }

  Result<> read_key() {
    notes_.from("/spec/apiKey", "/spec/apiKeySecret");
    notes_.from("/spec/apiKey/secretKeyRef/key", "/spec/apiKeySecretKey");
    out_.apiKeyPassthrough = given_.apiKeyPassthrough;
    const auto name = given_.apiKeySecret.value_or("");
    const auto key = given_.apiKeySecretKey.value_or("");
    if (name.empty()) {
      if (!key.empty()) return fail(invalid("/spec/apiKeySecretKey", "needs apiKeySecret"));
      return ok();
    }
    if (given_.apiKeyPassthrough)
      return fail(invalid("/spec/apiKeyPassthrough", "cannot be given together with apiKeySecret"));
    if (out_.provider == ModelProvider::bedrock) return ok();  // see read_bedrock
    if (key.empty()) return fail(invalid("/spec/apiKeySecretKey", "is missing"));
    if (out_.provider == ModelProvider::gemini_vertex ||
        out_.provider == ModelProvider::anthropic_vertex) {
      credentials_ = secret(name, key);
      notes_.from("/spec/vertex/credentials", "/spec/apiKeySecret");
    } else {
      out_.apiKey = secret(name, key);
    }
    return ok();
  }

  Result<> read_blocks() {
    if (given_.openAI) TRY_VOID(read_openai(*given_.openAI));
    if (given_.anthropic) TRY_VOID(read_anthropic(*given_.anthropic));
    if (given_.azureOpenAI) TRY_VOID(read_azure(*given_.azureOpenAI));
    if (given_.ollama) TRY_VOID(read_ollama(*given_.ollama));
    if (given_.gemini) output(given_.gemini->maxOutputTokens, "maxOutputTokens");
    if (given_.geminiVertexAI) TRY_VOID(read_gemini_vertex(*given_.geminiVertexAI));
    if (given_.anthropicVertexAI) {
      TRY_VOID(read_vertex(*given_.anthropicVertexAI));
      output(given_.anthropicVertexAI->maxTokens, "maxTokens");
    }
    if (given_.bedrock) TRY_VOID(read_bedrock(*given_.bedrock));
    return check_needed();
  }

  Result<> check_needed() {
    const bool missing =
        (out_.provider == ModelProvider::azure_openai && !given_.azureOpenAI) ||
        (out_.provider == ModelProvider::gemini_vertex && !given_.geminiVertexAI) ||
        (out_.provider == ModelProvider::anthropic_vertex && !given_.anthropicVertexAI) ||
        (out_.provider == ModelProvider::bedrock && !given_.bedrock);
    if (!missing) return ok();
    return fail(invalid(block_, fmt::format("is missing: provider {} needs it", given_.provider)));
  }

  // Parameters that several providers have.

  core::ModelParameters& parameters() {
    has_parameters_ = true;
    return parameters_;
  }
  void from(std::string_view ours, std::string_view theirs) {
    notes_.from(fmt::format("/spec/{}", ours), fmt::format("{}/{}", block_, theirs));
  }
  /// 0 is Go's way of not saying anything.
  void output(const std::optional<std::int64_t>& tokens, std::string_view member) {
    if (tokens.value_or(0) == 0) return;
    parameters().maxOutputTokens = tokens;
    from("parameters/maxOutputTokens", member);
  }
  Result<> number(const std::optional<std::string>& text, std::string_view member,
                  Numbers core::ModelParameters::* target) {
    Numbers value;
    TRY_VOID(read_number(text, fmt::format("{}/{}", block_, member), value));
    if (!value) return ok();
    parameters().*target = value;
    from(fmt::format("parameters/{}", member), member);
    return ok();
  }
  void base_url(const std::optional<std::string>& url, std::string_view member) {
    if (!url || url->empty()) return;
    out_.baseUrl = *url;
    from("baseUrl", member);
  }
  /// Zero is Go's way of not saying anything, too.
  Result<> timeout(const std::optional<std::int64_t>& seconds, std::string_view member) {
    if (seconds.value_or(0) == 0) return ok();
    if (*seconds < 0 || *seconds > 86400)
      return fail(invalid(fmt::format("{}/{}", block_, member), "must be 1 to 86400 seconds"));
    out_.timeout = std::chrono::seconds(*seconds);
    return ok();
  }

  // Providers

  Result<> read_openai(const OpenAi& given) {
    base_url(given.baseUrl, "baseUrl");
    if (given.organization && !given.organization->empty())
      out_.openai = core::OpenaiSettings{given.organization};
    TRY_VOID(number(given.temperature, "temperature", &core::ModelParameters::temperature));
    TRY_VOID(number(given.topP, "topP", &core::ModelParameters::topP));
    TRY_VOID(number(given.frequencyPenalty, "frequencyPenalty",
                    &core::ModelParameters::frequencyPenalty));
    TRY_VOID(
        number(given.presencePenalty, "presencePenalty", &core::ModelParameters::presencePenalty));
    if (given.maxTokens && given.maxCompletionTokens)
      return fail(
          invalid("/spec/openAI/maxCompletionTokens", "cannot be given together with maxTokens"));
    output(given.maxTokens, "maxTokens");
    output(given.maxCompletionTokens, "maxCompletionTokens");
    if (given.seed) parameters().seed = given.seed;
    if (given.n.value_or(1) != 1)
      notes_.ignored("/spec/openAI/n", "one answer is asked for: of several only one was used");
    TRY_VOID(timeout(given.timeout, "timeout"));
    if (given.tokenExchange)
      notes_.ignored("/spec/openAI/tokenExchange",
                     "tokens are not exchanged; give an API key, or apiKeyPassthrough");
    return read_openai_words(given);
  }

  Result<> read_openai_words(const OpenAi& given) {
    if (given.apiFormat) {
      if (*given.apiFormat != "chatCompletions" && *given.apiFormat != "responses")
        return fail(invalid("/spec/openAI/apiFormat", "is not chatCompletions or responses"));
      const bool responses = *given.apiFormat == "responses";
      out_.apiFormat =
          responses ? core::OpenaiFormat::responses : core::OpenaiFormat::chat_completions;
      if (responses) leave_out_of_responses();
    }
    if (!given.reasoningEffort) return ok();
    auto effort = json::read<core::ReasoningEffort>(json::Value(*given.reasoningEffort),
                                                    {.at = "/spec/openAI/reasoningEffort"});
    if (!effort) return fail(effort.error());
    parameters().reasoningEffort = *effort;
    return ok();
  }

  void leave_out_of_responses() {
    constexpr std::string_view kWhy = "the API responses has no such parameter";
    if (std::exchange(parameters_.seed, std::nullopt)) notes_.ignored("/spec/openAI/seed", kWhy);
    if (std::exchange(parameters_.frequencyPenalty, std::nullopt))
      notes_.ignored("/spec/openAI/frequencyPenalty", kWhy);
    if (std::exchange(parameters_.presencePenalty, std::nullopt))
      notes_.ignored("/spec/openAI/presencePenalty", kWhy);
  }

  Result<> read_anthropic(const Anthropic& given) {
    base_url(given.baseUrl, "baseUrl");
    TRY_VOID(number(given.temperature, "temperature", &core::ModelParameters::temperature));
    TRY_VOID(number(given.topP, "topP", &core::ModelParameters::topP));
    if (given.topK.value_or(0) != 0) parameters().topK = given.topK;
    output(given.maxTokens, "maxTokens");
    return ok();
  }

  Result<> read_azure(const AzureOpenAi& given) {
    base_url(given.azureEndpoint, "azureEndpoint");
    auto& azure = out_.azure.emplace();
    azure.apiVersion = given.apiVersion;
    azure.deployment = given.azureDeployment;
    if (azure.deployment == "") azure.deployment.reset();
    from("azure/apiVersion", "apiVersion");
    from("azure/deployment", "azureDeployment");
    TRY_VOID(number(given.temperature, "temperature", &core::ModelParameters::temperature));
    TRY_VOID(number(given.topP, "topP", &core::ModelParameters::topP));
    output(given.maxTokens, "maxTokens");
    if (given.azureAdToken)
      notes_.ignored("/spec/azureOpenAI/azureAdToken",
                     "a token in the resource can be read by everybody; put the API key into a "
                     "Secret and name it with apiKeySecret, or use apiKeyPassthrough");
    return ok();
  }

  Result<> read_ollama(const Ollama& given) {
    auto host = given.host.value_or("");
    if (!host.empty() && !host.contains("://")) host = "http://" + host;
    base_url(host, "host");
    if (given.options.empty()) return ok();
    json::Object options;
    for (const auto& [name, text] : given.options) {
      // Numbers and booleans are written as strings.
      auto value = json::parse(text);
      const bool scalar = value && (value->if_number() != nullptr || value->if_bool() != nullptr);
      options.append(name, scalar ? *value : json::Value(text));
    }
    out_.ollama = core::OllamaSettings{std::move(options)};
    return ok();
  }

  Result<> read_vertex(const Vertex& given) {
    auto& vertex = out_.vertex.emplace();
    vertex.project = given.projectID;
    vertex.location = given.location;
    vertex.credentials = credentials_;
    from("vertex/project", "projectID");
    from("vertex/location", "location");
    TRY_VOID(number(given.temperature, "temperature", &core::ModelParameters::temperature));
    TRY_VOID(number(given.topP, "topP", &core::ModelParameters::topP));
    Numbers top_k;
    TRY_VOID(read_number(given.topK, block_ + "/topK", top_k));
    if (top_k) parameters().topK = static_cast<std::int64_t>(std::clamp(*top_k, 0.0, 1e6));
    if (!given.stopSequences.empty()) parameters().stop = given.stopSequences;
    return ok();
  }

  Result<> read_gemini_vertex(const GeminiVertex& given) {
    TRY_VOID(read_vertex(given));
    output(given.maxOutputTokens, "maxOutputTokens");
    if (given.candidateCount.value_or(1) > 1)
      notes_.ignored("/spec/geminiVertexAI/candidateCount",
                     "one answer is asked for: of several only one was used");
    if (given.responseMimeType && !given.responseMimeType->empty())
      notes_.ignored("/spec/geminiVertexAI/responseMimeType",
                     "what an agent answers with is its own matter: spec.declarative.output");
    return ok();
  }

  Result<> read_bedrock(const Bedrock& given) {
    auto& bedrock = out_.bedrock.emplace();
    bedrock.region = given.region;
    bedrock.additionalModelRequestFields = given.additionalModelRequestFields;
    read_bedrock_keys(bedrock);
    if (given.promptCaching == true) {
      auto& caching = out_.promptCaching.emplace();
      const auto ttl = given.cacheTTL.value_or("5m");
      if (ttl != "5m" && ttl != "1h")
        return fail(invalid("/spec/bedrock/cacheTTL", "is not 5m or 1h"));
      caching.ttl = ttl == "1h" ? core::CacheTtl::one_hour : core::CacheTtl::five_minutes;
    }
    TRY_VOID(timeout(given.readTimeout, "readTimeout"));
    if (given.connectTimeout)
      notes_.ignored("/spec/bedrock/connectTimeout",
                     "connecting has a limit of its own, within readTimeout");
    if (!given.guardrail) return ok();
    auto& guardrail = bedrock.guardrail.emplace();
    guardrail.identifier = given.guardrail->identifier;
    guardrail.version = given.guardrail->version;
    if (!given.guardrail->trace) return ok();
    auto trace = json::read<core::GuardrailTrace>(json::Value(*given.guardrail->trace),
                                                  {.at = "/spec/bedrock/guardrail/trace"});
    if (!trace) return fail(trace.error());
    guardrail.trace = *trace;
    return ok();
  }

  /// kagent looks which keys the Secret has. A document alone cannot: with a key it is Bedrock's
  /// API key, without one the two of IAM.
  void read_bedrock_keys(core::BedrockSettings& bedrock) {
    const auto name = given_.apiKeySecret.value_or("");
    notes_.from("/spec/bedrock/accessKeyId", "/spec/apiKeySecret");
    notes_.from("/spec/bedrock/secretAccessKey", "/spec/apiKeySecret");
    if (name.empty()) return;
    const auto key = given_.apiKeySecretKey.value_or("");
    if (!key.empty() && !key.starts_with("AWS_ACCESS") && !key.starts_with("AWS_SECRET")) {
      out_.apiKey = secret(name, key);
      return;
    }
    bedrock.accessKeyId = secret(name, "AWS_ACCESS_KEY_ID");
    bedrock.secretAccessKey = secret(name, "AWS_SECRET_ACCESS_KEY");
    notes_.ignored("/spec/apiKeySecret",
                   "of the Secret AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are used; its "
                   "AWS_SESSION_TOKEN, if any, is not: name AWS_BEARER_TOKEN_BEDROCK with "
                   "apiKeySecretKey, or write a ModelConfig of flotilla.dev/v1");
  }

  const ModelConfigSpec& given_;
  Notes& notes_;
  core::ModelConfigSpec out_;
  core::ModelParameters parameters_;
  bool has_parameters_ = false;
  std::optional<core::ValueSource> credentials_;
  std::string block_;
};

}  // namespace

Result<json::Value> model_config_of(const json::Value& value, Notes& notes) {
  TRY(given, json::read<ModelConfigSpec>(value, {.strict = true, .at = "/spec"}));
  ModelReader reader(given, notes);
  TRY(out, reader.read());
  return json::to_value(out);
}

}  // namespace flotilla::compat::kagent
