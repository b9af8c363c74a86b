#include "llm/metrics.h"

#include "async/clock.h"
#include "async/testing.h"

namespace flotilla::llm {
namespace {

/// Answers, or fails, after a second of the manual clock.
struct FakeModel final : Model {
  explicit FakeModel(ManualClock& on) : clock(on) {}
  Async<Result<Answer>> generate(const Request&, DeltaSink*, const CallOptions&) override {
    clock.advance(std::chrono::seconds(1));
    if (refuses) co_return fail(Error(Code::resource_exhausted, "too many requests"));
    Answer answer;
    answer.usage.inputTokens = 10;
    answer.usage.outputTokens = 3;
    co_return answer;
  }
  [[nodiscard]] const std::string& provider() const override { return word; }
  [[nodiscard]] const std::string& name() const override { return word; }
  ManualClock& clock;
  bool refuses = false;
  std::string word = "fake";
};

ASYNC_TEST(LlmMetrics, attempts_outcomes_tokens_and_time_are_counted) {
  ManualClock clock;
  telemetry::Registry registry;
  auto fake = std::make_shared<FakeModel>(clock);
  const auto model = make_metered(fake, clock, registry);
  const Request request;
  const CallOptions options;
  const auto first = co_await model->generate(request, nullptr, options);
  EXPECT_TRUE(first);
  fake->refuses = true;
  const auto second = co_await model->generate(request, nullptr, options);
  EXPECT_FALSE(second);
  const std::string text = registry.render();
  for (const auto* line :
       {"flotilla_llm_requests_total{outcome=\"ok\",provider=\"fake\"} 1",
        "flotilla_llm_requests_total{outcome=\"resource_exhausted\",provider=\"fake\"} 1",
        "flotilla_llm_tokens_total{direction=\"input\",provider=\"fake\"} 10",
        "flotilla_llm_tokens_total{direction=\"output\",provider=\"fake\"} 3",
        "flotilla_llm_request_seconds_sum{provider=\"fake\"} 2"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

}  // namespace
}  // namespace flotilla::llm
