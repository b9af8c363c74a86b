#pragma once

#include <memory>

#include "llm/model.h"
#include "llm/settings.h"

/// The providers, each a Model of one attempt: no retry, no bound. A fault of the settings names
/// its field below /spec.
namespace flotilla::llm {

using ModelPtr = std::shared_ptr<Model>;  // shared: calls outlive a change of the configuration
using EmbeddingModelPtr = std::shared_ptr<EmbeddingModel>;

Result<ModelPtr> make_openai_chat(ModelSettings settings, const ModelServices& services);
Result<ModelPtr> make_openai_responses(ModelSettings settings, const ModelServices& services);
Result<ModelPtr> make_ollama(ModelSettings settings, const ModelServices& services);
Result<ModelPtr> make_anthropic(ModelSettings settings,
                                const ModelServices& services);                       // Vertex too
Result<ModelPtr> make_gemini(ModelSettings settings, const ModelServices& services);  // Vertex too
Result<ModelPtr> make_bedrock(ModelSettings settings, const ModelServices& services);
Result<ModelPtr> make_scripted(ModelSettings settings, const ModelServices& services);

Result<EmbeddingModelPtr> make_openai_embeddings(ModelSettings settings,
                                                 const ModelServices& services);
Result<EmbeddingModelPtr> make_ollama_embeddings(ModelSettings settings,
                                                 const ModelServices& services);
Result<EmbeddingModelPtr> make_gemini_embeddings(ModelSettings settings,  // Vertex too
                                                 const ModelServices& services);
Result<EmbeddingModelPtr> make_bedrock_embeddings(ModelSettings settings,
                                                  const ModelServices& services);
Result<EmbeddingModelPtr> make_scripted_embeddings(ModelSettings settings,
                                                   const ModelServices& services);

}  // namespace flotilla::llm
