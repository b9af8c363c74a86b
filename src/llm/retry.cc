#include "llm/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "async/cancel.h"
#include "base/log.h"
#include "llm/limiter_internal.h"
#include "llm/limits.h"
#include "llm/provider_http_internal.h"
#include "llm/restart_internal.h"

namespace flotilla::llm {
namespace {

constexpr Log kLog("llm");

std::optional<std::string_view> metadata_of(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.metadata())
    if (key == name) return value;
  return std::nullopt;
}

/// How often, how long and how many at once. The caller of each coroutine awaits at once.
class Attempts {
 public:
  Attempts(std::string title, RetryOptions options, Clock& clock, Random& random)
      : title_(std::move(title)),
        options_(options),
        clock_(clock),
        random_(random),
        limiter_(options.max_concurrent) {}

  [[nodiscard]] Clock& clock() { return clock_; }

  /// A place for one attempt before the deadline.
  Async<Result<Limiter::Place>> enter(SteadyTime deadline) {
    if (options_.max_concurrent == 0) co_return Limiter::Place();
    auto place = co_await with_deadline(limiter_.enter(), deadline, clock_);
    if (place) co_return std::move(*place);
    co_return fail(Error(Code::deadline_exceeded,
                         title_ + ": no place became free among the calls at once (" +
                             std::to_string(options_.max_concurrent) + ", maxConcurrent)"));
  }

  [[nodiscard]] SteadyTime end_of_attempt(SteadyTime deadline) const {
    const auto now = clock_.steady_now();
    if (options_.timeout > SteadyTime::max() - now) return deadline;
    return std::min(deadline, now + options_.timeout);
  }

  [[nodiscard]] Error late(SteadyTime deadline) const {
    if (clock_.steady_now() >= deadline)
      return {Code::deadline_exceeded, title_ + " did not answer before the deadline"};
    return {Code::deadline_exceeded, fmt::format("{} did not answer within {} (timeout)", title_,
                                                 format_duration(options_.timeout))};
  }

  /// Waits before attempt `done` + 1; false when there is none to come.
  Async<bool> pause(int done, const Error& error, SteadyTime deadline) {
    if (done >= options_.attempts || !may_pass(error)) co_return false;
    const auto asked = wait_asked_by(error);
    if (asked && *asked > kLongestRetryAfter) co_return false;
    const Duration wait = std::max(asked.value_or(Duration::zero()), backoff(done));
    if (deadline - clock_.steady_now() <= wait) co_return false;
    kLog.info("a model is asked again",
              {{"model", title_}, {"attempt", done + 1}, {"error", error}});
    co_await clock_.sleep_for(wait);
    co_return true;
  }

 private:
  /// A random half, so that those who failed together do not come together again.
  Duration backoff(int done) {
    auto longest = kFirstPause;
    for (int i = 1; i < done && longest < kLongestPause; ++i) longest *= 2;
    longest = std::min(longest, kLongestPause);
    std::uint32_t random = 0;
    random_.fill(&random, sizeof random);
    const auto half = longest.count() / 2;
    return Duration(half + half * static_cast<std::int64_t>(random >> 16U) / 65536);
  }

  std::string title_;
  RetryOptions options_;
  Clock& clock_;
  Random& random_;
  Limiter limiter_;
};

class RetryingModel final : public Model {
 public:
  RetryingModel(std::shared_ptr<Model> model, RetryOptions options, Clock& clock, Random& random)
      : model_(std::move(model)),
        attempts_(fmt::format("{} {}", model_->provider(), model_->name()), options, clock,
                  random) {}

  Async<Result<Answer>> generate(const Request& request, DeltaSink* sink,
                                 const CallOptions& options) override {
    std::optional<AttemptSink> own;
    if (sink != nullptr) sink = &own.emplace(*sink);
    for (int done = 1;; ++done) {
      auto answer = co_await attempt(request, sink, options);
      if (answer) co_return answer;
      if (own && own->failure()) co_return fail(*own->failure());
      const bool again = co_await attempts_.pause(done, answer.error(), options.deadline);
      if (!again) co_return answer;
      if (own) CO_TRY_VOID(co_await own->begin());
    }
  }
  [[nodiscard]] const std::string& provider() const override { return model_->provider(); }
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  Async<Result<Answer>> attempt(const Request& request, DeltaSink* sink,
                                const CallOptions& options) {
    CO_TRY(place, co_await attempts_.enter(options.deadline));
    auto work = model_->generate(request, sink, options);
    const auto end = attempts_.end_of_attempt(options.deadline);
    auto answer = co_await with_deadline(std::move(work), end, attempts_.clock());
    if (answer) co_return std::move(*answer);
    co_return fail(attempts_.late(options.deadline));
  }

  std::shared_ptr<Model> model_;
  Attempts attempts_;
};

class RetryingEmbeddings final : public EmbeddingModel {
 public:
  RetryingEmbeddings(std::shared_ptr<EmbeddingModel> model, RetryOptions options, Clock& clock,
                     Random& random)
      : model_(std::move(model)), attempts_(model_->name(), options, clock, random) {}

  Async<Result<Embeddings>> embed(const std::vector<std::string>& texts,
                                  const CallOptions& options) override {
    for (int done = 1;; ++done) {
      auto made = co_await attempt(texts, options);
      if (made) co_return made;
      const bool again = co_await attempts_.pause(done, made.error(), options.deadline);
      if (!again) co_return made;
    }
  }
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  Async<Result<Embeddings>> attempt(const std::vector<std::string>& texts,
                                    const CallOptions& options) {
    CO_TRY(place, co_await attempts_.enter(options.deadline));
    auto work = model_->embed(texts, options);
    const auto end = attempts_.end_of_attempt(options.deadline);
    auto made = co_await with_deadline(std::move(work), end, attempts_.clock());
    if (made) co_return std::move(*made);
    co_return fail(attempts_.late(options.deadline));
  }

  std::shared_ptr<EmbeddingModel> model_;
  Attempts attempts_;
};

}  // namespace

bool may_pass(const Error& error) {
  if (metadata_of(error, kRetryMetadata) == "never") return false;
  switch (error.code()) {
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
      return true;
    case Code::internal:
      return error.reason() == reason::kInvalidModelAnswer;
    default:
      return false;
  }
}

std::optional<Duration> wait_asked_by(const Error& error) {
  const auto text = metadata_of(error, kRetryAfterMetadata);
  if (!text) return std::nullopt;
  std::int64_t milliseconds = 0;
  std::from_chars(text->data(), text->data() + text->size(), milliseconds);
  return std::chrono::milliseconds(milliseconds);
}

std::shared_ptr<Model> make_retrying(std::shared_ptr<Model> model, RetryOptions options,
                                     Clock& clock, Random& random) {
  return std::make_shared<RetryingModel>(std::move(model), options, clock, random);
}

std::shared_ptr<EmbeddingModel> make_retrying(std::shared_ptr<EmbeddingModel> model,
                                              RetryOptions options, Clock& clock, Random& random) {
  return std::make_shared<RetryingEmbeddings>(std::move(model), options, clock, random);
}

}  // namespace flotilla::llm
