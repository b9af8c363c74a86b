#include "llm/metrics.h"

#include <algorithm>

#include "async/clock.h"

namespace flotilla::llm {

namespace {

constexpr const char* kRequests = "flotilla_llm_requests_total";
constexpr const char* kRequestsHelp = "Attempts to ask a provider of models, by outcome";

telemetry::Counter& token_counter(telemetry::Registry& registry, const std::string& provider,
                                  const char* direction) {
  return registry.counter("flotilla_llm_tokens_total", "Tokens as providers count them",
                          {{"provider", provider}, {"direction", direction}});
}

/// Models take long: 10 ms to 10 minutes.
std::vector<double> model_latency_bounds() {
  return {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};
}

class MeteredModel final : public Model {
 public:
  MeteredModel(std::shared_ptr<Model> model, Clock& clock, telemetry::Registry& registry)
      : model_(std::move(model)), clock_(clock), metrics_(registry, model_->provider()) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    const auto begin = clock_.steady_now();
    auto answer = co_await model_->generate(request, sink, options);
    const auto took = clock_.steady_now() - begin;
    if (answer)
      metrics_.count(took, answer->usage, nullptr);
    else
      metrics_.count(took, {}, &answer.error());
    co_return answer;
  }
  [[nodiscard]] const std::string& provider() const override { return model_->provider(); }
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  std::shared_ptr<Model> model_;
  Clock& clock_;
  Metrics metrics_;
};

class MeteredEmbeddings final : public EmbeddingModel {
 public:
  MeteredEmbeddings(std::shared_ptr<EmbeddingModel> model, std::string provider, Clock& clock,
                    telemetry::Registry& registry)
      : model_(std::move(model)), clock_(clock), metrics_(registry, std::move(provider)) {}

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    const auto begin = clock_.steady_now();
    auto found = co_await model_->embed(texts, options);
    const auto took = clock_.steady_now() - begin;
    if (found)
      metrics_.count(took, found->usage, nullptr);
    else
      metrics_.count(took, {}, &found.error());
    co_return found;
  }
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  std::shared_ptr<EmbeddingModel> model_;
  Clock& clock_;
  Metrics metrics_;
};

}  // namespace

Metrics::Metrics(telemetry::Registry& in, std::string of)
    : registry(in),
      provider(std::move(of)),
      answered(
          registry.counter(kRequests, kRequestsHelp, {{"provider", provider}, {"outcome", "ok"}})),
      seconds(registry.histogram("flotilla_llm_request_seconds",
                                 "From the request to the whole answer or the failure",
                                 model_latency_bounds(), {{"provider", provider}})),
      input_tokens(token_counter(registry, provider, "input")),
      output_tokens(token_counter(registry, provider, "output")) {}

void Metrics::count(Duration took, const Usage& usage, const Error* failed) {
  seconds.observe(took);
  if (failed == nullptr) {
    answered.add();
    input_tokens.add(static_cast<std::uint64_t>(std::max<std::int64_t>(usage.inputTokens, 0)));
    output_tokens.add(static_cast<std::uint64_t>(std::max<std::int64_t>(usage.outputTokens, 0)));
    return;
  }
  registry
      .counter(kRequests, kRequestsHelp,
               {{"provider", provider}, {"outcome", std::string(to_string(failed->code()))}})
      .add();
}

std::shared_ptr<Model> make_metered(std::shared_ptr<Model> model, Clock& clock,
                                    telemetry::Registry& registry) {
  return std::make_shared<MeteredModel>(std::move(model), clock, registry);
}

std::shared_ptr<EmbeddingModel> make_metered(std::shared_ptr<EmbeddingModel> model,
                                             std::string provider, Clock& clock,
                                             telemetry::Registry& registry) {
  return std::make_shared<MeteredEmbeddings>(std::move(model), std::move(provider), clock,
                                             registry);
}

}  // namespace flotilla::llm
