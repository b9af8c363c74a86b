#pragma once

#include <memory>
#include <string>

#include "llm/model.h"
#include "telemetry/metrics.h"

namespace flotilla {
class Clock;
}

namespace flotilla::llm {

/// Requests to one provider. The objects belong to the registry, which outlives it.
struct Metrics {
  Metrics(telemetry::Registry& registry, std::string provider);
  /// One attempt: `failed` is null for an answer.
  void count(Duration took, const Usage& usage, const Error* failed);

  telemetry::Registry& registry;
  std::string provider;
  telemetry::Counter& answered;
  telemetry::Histogram& seconds;
  telemetry::Counter& input_tokens;
  telemetry::Counter& output_tokens;
};

/// The model with its attempts counted: each that reaches the provider, so below retries.
std::shared_ptr<Model> make_metered(std::shared_ptr<Model> model, Clock& clock,
                                    telemetry::Registry& registry);
std::shared_ptr<EmbeddingModel> make_metered(std::shared_ptr<EmbeddingModel> model,
                                             std::string provider, Clock& clock,
                                             telemetry::Registry& registry);

}  // namespace flotilla::llm
