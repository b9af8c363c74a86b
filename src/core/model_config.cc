#include "core/model_config.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>

#include "core/spec_checks_internal.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxStops = 16;
constexpr std::size_t kMaxFallbacks = 8;
constexpr Duration kLongestTimeout = std::chrono::hours(24);
constexpr std::array<std::string_view, 1> kNoHeaders{"last-event-id"};

using Provider = ModelProvider;
constexpr unsigned bit(Provider provider) {
  return 1U << static_cast<unsigned>(provider);
}
template <class... P>
constexpr unsigned of(P... providers) {
  return (bit(providers) | ...);
}
constexpr unsigned kOpenaiLike =
    of(Provider::openai, Provider::azure_openai, Provider::openai_compatible);
constexpr unsigned kGemini = of(Provider::gemini, Provider::gemini_vertex);
constexpr unsigned kAnthropic = of(Provider::anthropic, Provider::anthropic_vertex);
constexpr unsigned kVertex = of(Provider::gemini_vertex, Provider::anthropic_vertex);
constexpr unsigned kReal = ~bit(Provider::scripted);

/// Settings that only some providers have; elsewhere they would be ignored, so they are refused.
class Checker {
 public:
  explicit Checker(const ModelConfigSpec& spec) : spec_(spec) {}

  Result<> run() {
    check_model();
    check_place();
    check_key();
    check_blocks();
    if (spec_.parameters) check_parameters(*spec_.parameters);
    check_calls();
    if (spec_.price) check_price(*spec_.price);
    if (spec_.script) check_script(*spec_.script);
    return faults_.result();
  }

 private:
  [[nodiscard]] bool is(unsigned providers) const { return (bit(spec_.provider) & providers) != 0; }
  [[nodiscard]] std::string_view provider() const { return wire_name(spec_.provider); }

  void only(unsigned providers, bool given, std::string_view field) {
    if (given && !is(providers))
      faults_.add(fmt::format("/spec/{}", field),
                  fmt::format("is nothing that provider {} has", provider()));
  }
  void need(unsigned providers, bool given, std::string_view field) {
    if (!given && is(providers))
      faults_.add(fmt::format("/spec/{}", field),
                  fmt::format("is needed by provider {}", provider()));
  }

  void check_model() {
    if (spec_.model.empty() && !is(bit(Provider::scripted)))
      faults_.add("/spec/model", "is missing: the model's name as its provider has it");
    if (spec_.model.size() > 256 || has_control(spec_.model))
      faults_.add("/spec/model", "is longer than 256 bytes or holds control characters");
  }

  void check_place() {
    need(of(Provider::azure_openai, Provider::openai_compatible), spec_.baseUrl.has_value(),
         "baseUrl");
    only(kReal, spec_.baseUrl.has_value(), "baseUrl");
    if (spec_.baseUrl) check_url(*spec_.baseUrl, "/spec/baseUrl", faults_);
    only(kReal, !spec_.headers.empty(), "headers");
    check_headers(spec_.headers, "/spec/headers", kNoHeaders, faults_);
    only(kReal, spec_.tls.has_value(), "tls");
    if (spec_.tls) check_tls(*spec_.tls, spec_.baseUrl, "/spec/tls", faults_);
  }

  void check_key() {
    only(~(kVertex | bit(Provider::scripted)), spec_.apiKey.has_value(), "apiKey");
    only(~(kVertex | of(Provider::scripted, Provider::bedrock)), spec_.apiKeyPassthrough,
         "apiKeyPassthrough");
    if (spec_.apiKey) check_value_source(*spec_.apiKey, "/spec/apiKey", faults_);
    if (spec_.apiKey && spec_.apiKeyPassthrough)
      faults_.add("/spec/apiKeyPassthrough", "cannot be given together with apiKey");
    const bool keyless = !spec_.apiKey && !spec_.apiKeyPassthrough && spec_.headers.empty();
    if (keyless && is(bit(Provider::azure_openai)))
      faults_.add("/spec/apiKey", "is missing: azure-openai needs a key");
    if (keyless && !spec_.baseUrl &&
        is(of(Provider::openai, Provider::anthropic, Provider::gemini)))
      faults_.add(
          "/spec/apiKey",
          fmt::format("is missing: {} needs a key unless baseUrl is a place of yours", provider()));
  }

  void check_blocks() {
    only(kOpenaiLike, spec_.apiFormat.has_value(), "apiFormat");
    only(bit(Provider::openai), spec_.openai.has_value(), "openai");
    only(bit(Provider::azure_openai), spec_.azure.has_value(), "azure");
    only(kVertex, spec_.vertex.has_value(), "vertex");
    only(bit(Provider::bedrock), spec_.bedrock.has_value(), "bedrock");
    only(bit(Provider::ollama), spec_.ollama.has_value(), "ollama");
    only(bit(Provider::scripted), spec_.script.has_value(), "script");
    only(kAnthropic | bit(Provider::bedrock), spec_.promptCaching.has_value(), "promptCaching");
    need(bit(Provider::azure_openai), spec_.azure.has_value(), "azure");
    need(kVertex, spec_.vertex.has_value(), "vertex");
    need(bit(Provider::bedrock), spec_.bedrock.has_value(), "bedrock");
    need(bit(Provider::scripted), spec_.script.has_value(), "script");
    if (spec_.azure) word(spec_.azure->apiVersion, "azure/apiVersion");
    if (spec_.azure && spec_.azure->deployment) word(*spec_.azure->deployment, "azure/deployment");
    if (spec_.vertex) check_vertex(*spec_.vertex);
    if (spec_.bedrock) check_bedrock(*spec_.bedrock);
  }

  /// It becomes part of a URL.
  void word(std::string_view text, std::string_view field) {
    if (text.empty() || !is_word(text, "-_.:", 128))
      faults_.add(fmt::format("/spec/{}", field), "is letters, digits, -, _, . and :");
  }

  void check_vertex(const VertexSettings& vertex) {
    word(vertex.project, "vertex/project");
    word(vertex.location, "vertex/location");
    if (vertex.credentials)
      check_value_source(*vertex.credentials, "/spec/vertex/credentials", faults_);
  }

  void check_bedrock(const BedrockSettings& bedrock) {
    word(bedrock.region, "bedrock/region");
    const auto source = [&](const std::optional<ValueSource>& one, std::string_view field) {
      if (one) check_value_source(*one, fmt::format("/spec/bedrock/{}", field), faults_);
    };
    source(bedrock.accessKeyId, "accessKeyId");
    source(bedrock.secretAccessKey, "secretAccessKey");
    source(bedrock.sessionToken, "sessionToken");
    if (bedrock.accessKeyId.has_value() != bedrock.secretAccessKey.has_value())
      faults_.add("/spec/bedrock/secretAccessKey",
                  "accessKeyId and secretAccessKey are needed together");
    if (bedrock.accessKeyId && spec_.apiKey)
      faults_.add("/spec/apiKey", "cannot be given together with bedrock.accessKeyId");
    if (bedrock.sessionToken && !bedrock.accessKeyId)
      faults_.add("/spec/bedrock/sessionToken", "needs accessKeyId");
    if (!bedrock.accessKeyId && !spec_.apiKey)
      faults_.add("/spec/bedrock/accessKeyId", "is missing: either this or spec.apiKey is needed");
    if (bedrock.guardrail &&
        (bedrock.guardrail->identifier.empty() || bedrock.guardrail->version.empty()))
      faults_.add("/spec/bedrock/guardrail", "needs identifier and version");
  }

  void check_parameters(const ModelParameters& given) {
    only(kReal, true, "parameters");
    const unsigned no_top_k = kOpenaiLike | bit(Provider::bedrock);
    const unsigned seeded = kOpenaiLike | kGemini | bit(Provider::ollama);
    only(~no_top_k, given.topK.has_value(), "parameters/topK");
    only(seeded, given.seed.has_value(), "parameters/seed");
    only(seeded, given.frequencyPenalty.has_value(), "parameters/frequencyPenalty");
    only(seeded, given.presencePenalty.has_value(), "parameters/presencePenalty");
    only(~bit(Provider::bedrock), given.reasoningEffort.has_value(), "parameters/reasoningEffort");
    if (spec_.apiFormat == OpenaiFormat::responses)
      for (const auto& [has, field] :
           {std::pair(!given.stop.empty(), "stop"), std::pair(given.seed.has_value(), "seed"),
            std::pair(given.frequencyPenalty.has_value(), "frequencyPenalty"),
            std::pair(given.presencePenalty.has_value(), "presencePenalty")})
        if (has)
          faults_.add(fmt::format("/spec/parameters/{}", field),
                      "is nothing that the API responses has; use chat-completions");
    range(given.temperature, 0, 2, "temperature");
    range(given.topP, 0, 1, "topP");
    range(given.frequencyPenalty, -2, 2, "frequencyPenalty");
    range(given.presencePenalty, -2, 2, "presencePenalty");
    at_least_one(given.topK, "parameters/topK");
    at_least_one(given.maxOutputTokens, "parameters/maxOutputTokens");
    if (given.stop.size() > kMaxStops)
      faults_.add("/spec/parameters/stop", fmt::format("has more than {}", kMaxStops));
    for (std::size_t i = 0; i < given.stop.size(); ++i)
      if (given.stop[i].empty())
        faults_.add(fmt::format("/spec/parameters/stop/{}", i), "is empty");
  }

  void range(const std::optional<double>& value, double low, double high, std::string_view field) {
    if (value && !(*value >= low && *value <= high))
      faults_.add(fmt::format("/spec/parameters/{}", field),
                  fmt::format("must be {} to {}", low, high));
  }
  void at_least_one(const std::optional<std::int64_t>& value, std::string_view field) {
    if (value && *value < 1) faults_.add(fmt::format("/spec/{}", field), "must be at least 1");
  }

  void check_calls() {
    if (spec_.timeout <= Duration::zero() || spec_.timeout > kLongestTimeout)
      faults_.add("/spec/timeout", "must be more than 0s and at most 24h");
    if (spec_.attempts < 1 || spec_.attempts > 10) faults_.add("/spec/attempts", "must be 1 to 10");
    at_least_one(spec_.maxConcurrent, "maxConcurrent");
    if (spec_.fallbacks.size() > kMaxFallbacks)
      faults_.add("/spec/fallbacks", fmt::format("has more than {}", kMaxFallbacks));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < spec_.fallbacks.size(); ++i) {
      const auto at = fmt::format("/spec/fallbacks/{}", i);
      check_name(spec_.fallbacks[i], at, faults_);
      if (!seen.insert(spec_.fallbacks[i]).second) faults_.add(at, "is there twice");
    }
  }

  void check_price(const ModelPrice& price) {
    const auto amount = [&](double value, std::string_view field) {
      if (!std::isfinite(value) || value < 0)
        faults_.add(fmt::format("/spec/price/{}", field), "must be 0 or more");
    };
    amount(price.input, "input");
    amount(price.output, "output");
    amount(price.cachedInput.value_or(0), "cachedInput");
    amount(price.cacheWrite.value_or(0), "cacheWrite");
  }

  void check_script(const ModelScript& script) {
    const int given = (script.inline_ ? 1 : 0) + (script.text ? 1 : 0) + (script.from ? 1 : 0);
    if (given != 1) faults_.add("/spec/script", "exactly one of inline, text and from is needed");
    if (script.from) check_value_source(*script.from, "/spec/script/from", faults_);
  }

  const ModelConfigSpec& spec_;
  Faults faults_;
};

}  // namespace

Result<> check_model_config(const ModelConfigSpec& spec) {
  return Checker(spec).run();
}

}  // namespace flotilla::core
