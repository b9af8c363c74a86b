#include "agents/declarative/charged_embeddings.h"

#include <utility>

#include "async/clock.h"
#include "telemetry/genai.h"

namespace flotilla::agents {

ChargedEmbeddings::ChargedEmbeddings(std::shared_ptr<llm::EmbeddingModel> model, std::string config,
                                     core::Run& run, core::Usage::Account* account, Clock& clock)
    : model_(std::move(model)),
      config_(std::move(config)),
      run_(run),
      account_(account),
      clock_(clock) {}

Async<Result<llm::Embeddings>> ChargedEmbeddings::embed(const std::vector<std::string>& texts,
                                                        const llm::CallOptions& options) {
  auto span =
      telemetry::start_embeddings_span(run_.tracer(), run_.span().context(), model_->name());
  auto told = options;
  if (auto place = telemetry::traceparent(span.context()); !place.empty())
    told.headers.emplace_back("traceparent", std::move(place));
  const auto begin = clock_.steady_now();
  auto found = co_await model_->embed(texts, told);
  core::ModelCharge charge;
  charge.model = config_;
  charge.failed = !found;
  charge.latency = clock_.steady_now() - begin;
  if (found) {
    charge.tokens.input = found->usage.inputTokens;
    span.set("gen_ai.usage.input_tokens", found->usage.inputTokens);
  } else {
    span.fail(found.error());
  }
  if (account_ != nullptr) account_->charge(run_, charge);
  co_return found;
}

}  // namespace flotilla::agents
