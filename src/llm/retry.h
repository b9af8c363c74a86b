#pragma once

#include <memory>
#include <optional>

#include "async/clock.h"
#include "base/id.h"
#include "llm/model.h"

/// Around a model that makes one attempt: others for faults that may pass, with a bound on the time
/// of each and on how many are under way.
namespace flotilla::llm {

struct RetryOptions {
  int attempts = 3;
  Duration timeout = std::chrono::minutes(10);  // of one attempt
  std::size_t max_concurrent = 0;               // attempts at once, of all loops; 0: any number
};

/// Pauses grow from kFirstPause to kLongestPause, or are what the provider asks for. Who waits
/// holds no place among the concurrent ones. The clock and the random source outlive the model.
std::shared_ptr<Model> make_retrying(std::shared_ptr<Model> model, RetryOptions options,
                                     Clock& clock, Random& random);
std::shared_ptr<EmbeddingModel> make_retrying(std::shared_ptr<EmbeddingModel> model,
                                              RetryOptions options, Clock& clock, Random& random);

/// Whether the same model may answer the next attempt.
bool may_pass(const Error& error);
/// What the provider asks to wait; nullopt: nothing is said.
std::optional<Duration> wait_asked_by(const Error& error);

}  // namespace flotilla::llm
