#include "llm/settings.h"

#include <fmt/format.h>

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
    case Provider::scripted:
      return make_scripted(std::move(settings), services);
    default:
      break;
  }
  return fail(Error(Code::unimplemented, fmt::format("/spec/provider: {} is not there yet",
                                                     wire_name(settings.provider))));
}

Result<EmbeddingModelPtr> make_embedding_provider(ModelSettings settings,
                                                  const ModelServices& services) {
  switch (settings.provider) {
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
  return make_retrying(std::move(model), options, services.clock, services.random);
}

Result<std::shared_ptr<EmbeddingModel>> make_embedding_model(ModelSettings settings,
                                                             const ModelServices& services) {
  const auto options = retry_options(settings);
  TRY(model, make_embedding_provider(std::move(settings), services));
  return make_retrying(std::move(model), options, services.clock, services.random);
}

}  // namespace flotilla::llm
