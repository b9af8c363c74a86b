#include "llm/settings.h"

#include <fmt/format.h>

#include "llm/metrics.h"
#include "llm/providers_internal.h"
#include "llm/retry.h"

namespace flotilla::llm {
namespace {

RetryOptions retry_options(const ModelSettings& settings) {
  RetryOptions options;
  options.attempts = settings.attempts;
  options.timeout = settings.timeout;
  options.max_concurrent = settings.max_concurrent;
  return options;
}

Error no_embeddings(Provider provider) {
  return {Code::unimplemented,
          fmt::format("/spec/provider: {} has no embeddings", wire_name(provider))};
}

Result<ModelPtr> make_provider(ModelSettings settings, const ModelServices& services) {
  switch (settings.provider) {
    case Provider::anthropic:
    case Provider::anthropic_vertex:
      return make_anthropic(std::move(settings), services);
    case Provider::gemini:
    case Provider::gemini_vertex:
      return make_gemini(std::move(settings), services);
    case Provider::bedrock:
      return make_bedrock(std::move(settings), services);
    case Provider::openai:
    case Provider::azure_openai:
    case Provider::openai_compatible:
      if (settings.api_format == ApiFormat::responses)
        return make_openai_responses(std::move(settings), services);
      return make_openai_chat(std::move(settings), services);
    case Provider::ollama:
      return make_ollama(std::move(settings), services);
    case Provider::scripted:
      return make_scripted(std::move(settings), services);
  }
  return fail(Error(Code::internal, "a provider without a model"));
}

Result<EmbeddingModelPtr> make_embedding_provider(ModelSettings settings,
                                                  const ModelServices& services) {
  switch (settings.provider) {
    case Provider::gemini:
    case Provider::gemini_vertex:
      return make_gemini_embeddings(std::move(settings), services);
    case Provider::bedrock:
      return make_bedrock_embeddings(std::move(settings), services);
    case Provider::openai:
    case Provider::azure_openai:
    case Provider::openai_compatible:
      return make_openai_embeddings(std::move(settings), services);
    case Provider::ollama:
      return make_ollama_embeddings(std::move(settings), services);
    case Provider::scripted:
      return make_scripted_embeddings(std::move(settings), services);
    default:
      return fail(no_embeddings(settings.provider));
  }
}

}  // namespace

Result<std::shared_ptr<Model>> make_model(ModelSettings settings, const ModelServices& services) {
  const auto options = retry_options(settings);
  TRY(model, make_provider(std::move(settings), services));
  if (services.metrics != nullptr)
    model = make_metered(std::move(model), services.clock, *services.metrics);
  return make_retrying(std::move(model), options, services.clock, services.random);
}

Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(ModelSettings settings,
                                                             const ModelServices& services) {
  const auto options = retry_options(settings);
  std::string provider(wire_name(settings.provider));
  TRY(model, make_embedding_provider(std::move(settings), services));
  if (services.metrics != nullptr)
    model = make_metered(std::move(model), std::move(provider), services.clock, *services.metrics);
  return make_retrying(std::move(model), options, services.clock, services.random);
}

}  // namespace flotilla::llm
