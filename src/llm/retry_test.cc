#include "llm/retry.h"

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <functional>

#include "async/task_group.h"
#include "async/testing.h"
#include "llm/answer_builder_internal.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/limits.h"
#include "llm/provider_http_internal.h"
#include "llm/settings.h"

namespace flotilla::llm {
namespace {

using testing::CountingRandom;
using testing::Listener;

Error busy(std::optional<Duration> wait = std::nullopt) {
  ModelSettings settings;
  settings.model = "m";
  ProviderFault fault;
  fault.status = 429;
  fault.retry_after = wait;
  return to_error(settings, fault);
}

/// Says a piece, then fails or answers as it is told; holds every call while `held`.
class FakeModel final : public Model {
 public:
  explicit FakeModel(Clock& clock) : clock_(clock) {}
  std::vector<Error> failures;  // of the first calls
  Duration takes{};
  int calls = 0;
  int now = 0;
  int most = 0;

  Async<Result<Answer>> generate(const Request& /*request*/, DeltaSink* sink,
                                 const CallOptions& /*options*/) override {
    const auto call = static_cast<std::size_t>(calls++);
    const auto counted = std::make_shared<Count>(*this);
    if (sink != nullptr) {
      Delta delta{.kind = Delta::Kind::text, .text = std::to_string(call), .call_id = {}};
      CO_TRY_VOID(co_await sink->receive(std::move(delta)));
    }
    if (takes > Duration::zero()) co_await clock_.sleep_for(takes);
    if (call < failures.size()) co_return fail(failures[call]);
    Answer answer;
    answer.message = text_message(MessageRole::assistant, std::to_string(call));
    co_return answer;
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  struct Count {
    explicit Count(FakeModel& of) : model(of) { model.most = std::max(model.most, ++model.now); }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { --model.now; }
    FakeModel& model;
  };
  Clock& clock_;
  std::string provider_ = "fake";
  std::string name_ = "m";
};

struct World {
  explicit World(Executor loop) : group(std::move(loop)) {}
  ManualClock clock;
  CountingRandom random;
  std::shared_ptr<FakeModel> fake = std::make_shared<FakeModel>(clock);
  Request request;
  CallOptions options;
  Listener listener;
  std::vector<Result<Answer>> answers;
  TaskGroup group;

  std::shared_ptr<Model> model(RetryOptions how = {}) {
    return make_retrying(fake, how, clock, random);
  }
  void ask(std::shared_ptr<Model> model) { group.spawn(run(std::move(model))); }
  Async<> run(std::shared_ptr<Model> model) {
    auto answer = co_await model->generate(request, &listener, options);
    answers.push_back(std::move(answer));
  }
  /// Lets time pass until all have answered, at most so much; how much it was.
  Async<Duration> pass(Duration most, Duration step) {
    Duration passed{};
    for (; group.size() > 0 && passed < most; passed += step) {
      co_await flotilla::testing::settle();
      if (group.size() > 0) clock.advance(step);
    }
    co_await flotilla::testing::settle();
    co_return passed;
  }
};

#define RETRY_TEST(name)                                    \
  static Async<> name##_in(World& world);                   \
  ASYNC_TEST(Retry, name) {                                 \
    World world(co_await boost::asio::this_coro::executor); \
    co_await name##_in(world);                              \
    world.group.cancel();                                   \
    co_await world.group.join();                            \
  }                                                         \
  static Async<> name##_in(World& world)

RETRY_TEST(a_fault_that_may_pass_is_tried_again_from_the_start) {
  world.fake->failures = {Error(Code::unavailable, "down"), Error(Code::unavailable, "down")};
  world.ask(world.model());
  const auto passed = co_await world.pass(std::chrono::seconds(10), std::chrono::milliseconds(50));
  CO_ASSERT_EQ(world.answers.size(), 1U);
  CO_ASSERT_OK(world.answers[0]);
  EXPECT_EQ(text_of(world.answers[0]->message), "2");
  EXPECT_EQ(world.listener.text(), "2");
  EXPECT_EQ(world.listener.restarts, 2);
  EXPECT_GE(passed, std::chrono::milliseconds(750));
  EXPECT_LE(passed, std::chrono::milliseconds(1600));
}

RETRY_TEST(a_429_storm_ends_after_the_attempts) {
  world.fake->failures.assign(100, busy());
  RetryOptions how;
  how.attempts = 4;
  world.ask(world.model(how));
  std::ignore = co_await world.pass(std::chrono::minutes(1), std::chrono::milliseconds(100));
  CO_ASSERT_EQ(world.answers.size(), 1U);
  CO_ASSERT_FALSE(world.answers[0]);
  EXPECT_EQ(world.answers[0].error().code(), Code::resource_exhausted);
  EXPECT_EQ(world.fake->calls, 4);
}

RETRY_TEST(what_the_provider_asks_to_wait_is_waited) {
  world.fake->failures = {busy(std::chrono::seconds(20))};
  world.ask(world.model());
  const auto passed = co_await world.pass(std::chrono::minutes(1), std::chrono::seconds(1));
  CO_ASSERT_EQ(world.answers.size(), 1U);
  CO_ASSERT_OK(world.answers[0]);
  EXPECT_GE(passed, std::chrono::seconds(20));
  EXPECT_LE(passed, std::chrono::seconds(21));
}

RETRY_TEST(nobody_waits_for_longer_than_the_bound_or_the_deadline) {
  world.fake->failures.assign(2, busy(kLongestRetryAfter + std::chrono::seconds(1)));
  world.ask(world.model());
  co_await flotilla::testing::settle();
  CO_ASSERT_EQ(world.answers.size(), 1U);
  EXPECT_EQ(world.fake->calls, 1);
  world.fake->failures.assign(2, busy(std::chrono::seconds(20)));
  world.options.deadline = world.clock.steady_now() + std::chrono::seconds(10);
  world.ask(world.model());
  co_await flotilla::testing::settle();
  CO_ASSERT_EQ(world.answers.size(), 2U);
  EXPECT_EQ(world.answers[1].error().code(), Code::resource_exhausted);
  EXPECT_EQ(world.fake->calls, 2);
}

RETRY_TEST(what_no_other_attempt_mends_is_said_at_once) {
  ModelSettings settings;
  ProviderFault spent;
  spent.status = 429;
  spent.type = "insufficient_quota";
  const std::vector<Error> finals{Error(Code::invalid_argument, "x"),
                                  Error(Code::unauthenticated, "x"), answer_too_large("x"),
                                  to_error(settings, spent)};
  for (const auto& error : finals) {
    world.fake->failures = {error};
    world.fake->calls = 0;
    world.ask(world.model());
    co_await flotilla::testing::settle();
    EXPECT_EQ(world.fake->calls, 1) << error.message();
    EXPECT_EQ(world.group.size(), 0U);
  }
}

RETRY_TEST(an_attempt_that_hangs_is_given_up_and_so_is_the_call_at_its_deadline) {
  world.fake->takes = std::chrono::hours(1);
  RetryOptions how;
  how.attempts = 2;
  how.timeout = std::chrono::seconds(10);
  world.ask(world.model(how));
  const auto passed = co_await world.pass(std::chrono::minutes(5), std::chrono::milliseconds(500));
  CO_ASSERT_EQ(world.answers.size(), 1U);
  EXPECT_EQ(world.answers[0].error().code(), Code::deadline_exceeded);
  EXPECT_EQ(world.fake->calls, 2);
  EXPECT_GE(passed, std::chrono::seconds(20));
  world.options.deadline = world.clock.steady_now() + std::chrono::seconds(3);
  world.ask(world.model(how));
  const auto then = co_await world.pass(std::chrono::minutes(1), std::chrono::milliseconds(500));
  CO_ASSERT_EQ(world.answers.size(), 2U);
  EXPECT_EQ(world.fake->calls, 3);
  EXPECT_LE(then, std::chrono::seconds(4));
}

RETRY_TEST(so_many_at_once_and_no_more) {
  world.fake->takes = std::chrono::seconds(1);
  RetryOptions how;
  how.max_concurrent = 2;
  const auto model = world.model(how);
  for (int i = 0; i < 5; ++i) world.ask(model);
  const auto passed = co_await world.pass(std::chrono::minutes(1), std::chrono::milliseconds(250));
  EXPECT_EQ(world.answers.size(), 5U);
  EXPECT_EQ(world.fake->most, 2);
  EXPECT_GE(passed, std::chrono::seconds(3));
  EXPECT_LT(passed, std::chrono::seconds(4));
}

RETRY_TEST(who_gives_up_waiting_leaves_the_place_to_the_next) {
  world.fake->takes = std::chrono::seconds(10);
  RetryOptions how;
  how.max_concurrent = 1;
  const auto model = world.model(how);
  world.ask(model);
  world.options.deadline = world.clock.steady_now() + std::chrono::seconds(2);
  const auto impatient = world.options;
  world.ask(model);
  co_await flotilla::testing::settle();
  world.clock.advance(std::chrono::seconds(2));
  co_await flotilla::testing::settle();
  CO_ASSERT_EQ(world.answers.size(), 1U);
  EXPECT_TRUE(world.answers[0].error().message().contains("maxConcurrent"));
  world.options.deadline = SteadyTime::max();
  world.ask(model);
  std::ignore = co_await world.pass(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(world.answers.size(), 3U);
  EXPECT_EQ(world.fake->calls, 2);
  EXPECT_TRUE(world.answers[2]);
}

RETRY_TEST(a_cancelled_call_frees_its_place) {
  world.fake->takes = std::chrono::seconds(10);
  RetryOptions how;
  how.max_concurrent = 1;
  const auto model = world.model(how);
  const auto held = world.group.spawn(world.run(model));
  const auto waiting = world.group.spawn(world.run(model));
  co_await flotilla::testing::settle();
  world.group.cancel(waiting);
  world.group.cancel(held);
  co_await flotilla::testing::settle();
  EXPECT_EQ(world.group.size(), 0U);
  world.ask(model);
  std::ignore = co_await world.pass(std::chrono::minutes(1), std::chrono::seconds(1));
  CO_ASSERT_EQ(world.answers.size(), 1U);
  EXPECT_TRUE(world.answers[0]);
}

/// Refuses the n-th piece.
class Refusing final : public DeltaSink {
 public:
  Async<Result<>> receive(Delta /*delta*/) override {
    co_return fail(Error(Code::unavailable, "the reader is gone"));
  }
  Async<Result<>> restart() override { co_return ok(); }
};

RETRY_TEST(a_listener_that_fails_is_no_reason_to_ask_again) {
  const auto model = world.model();
  Refusing sink;
  const auto answer = co_await model->generate(world.request, &sink, world.options);
  CO_ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "the reader is gone");
  EXPECT_EQ(world.fake->calls, 1);
}

RETRY_TEST(another_model_answers_when_the_first_is_not_to_be_had) {
  const std::vector<Error> causes{
      busy(), Error(Code::unavailable, "x"), Error(Code::unauthenticated, "x"),
      Error(Code::invalid_argument, reason::kModelContextExceeded, "x")};
  for (const auto& cause : causes) {
    auto second = std::make_shared<FakeModel>(world.clock);
    world.fake->failures = {cause};
    world.fake->calls = 0;
    const auto chain = make_fallback({world.fake, second});
    Listener listener;
    const auto answer = co_await chain->generate(world.request, &listener, world.options);
    CO_ASSERT_OK(answer);
    EXPECT_EQ(second->calls, 1);
    EXPECT_EQ(listener.restarts, 1);
    EXPECT_EQ(listener.text(), "0");
  }
}

RETRY_TEST(a_wrong_request_is_wrong_everywhere) {
  auto second = std::make_shared<FakeModel>(world.clock);
  world.fake->failures = {Error(Code::invalid_argument, "no such parameter")};
  const auto chain = make_fallback({world.fake, second});
  const auto answer = co_await chain->generate(world.request, nullptr, world.options);
  EXPECT_FALSE(answer);
  EXPECT_EQ(second->calls, 0);
}

TEST(ProviderFault, statuses_and_names_have_their_classes) {
  struct Case {
    int status;
    std::string body;
    Code code;
    std::string_view reason;
  };
  const std::vector<Case> cases{
      {400, R"({"error":{"message":"bad","type":"invalid_request_error","code":null}})",
       Code::invalid_argument, reason::kInvalidArgument},
      {400, R"({"error":{"message":"This model's maximum context length is 8192 tokens."}})",
       Code::invalid_argument, reason::kModelContextExceeded},
      {400, R"({"error":{"code":"context_length_exceeded","message":"x"}})", Code::invalid_argument,
       reason::kModelContextExceeded},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens"}})",
       Code::invalid_argument, reason::kModelContextExceeded},
      {401, R"({"error":{"message":"Incorrect API key"}})", Code::unauthenticated,
       reason::kUnauthenticated},
      {403, "forbidden", Code::permission_denied, reason::kPermissionDenied},
      {404, R"({"error":"model 'x' not found"})", Code::not_found, reason::kNotFound},
      {408, "", Code::unavailable, reason::kUnavailable},
      {413, "", Code::invalid_argument, reason::kInvalidArgument},
      {429, R"({"error":{"message":"slow down"}})", Code::resource_exhausted,
       default_reason(Code::resource_exhausted)},
      {500, R"([{"error":{"code":500,"message":"x","status":"INTERNAL"}}])", Code::unavailable,
       reason::kUnavailable},
      {529, R"({"error":{"type":"overloaded_error"}})", Code::unavailable, reason::kUnavailable},
      {301, "", Code::unavailable, reason::kUnavailable},
      {0, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       Code::unavailable, reason::kUnavailable},
      {0, R"({"error":{"code":"rate_limit_exceeded","message":"x"}})", Code::resource_exhausted,
       default_reason(Code::resource_exhausted)},
      {0, R"({"error":{"type":"server_error","message":"x"}})", Code::unavailable,
       reason::kUnavailable},
      {0, R"({"message":"Input is too long","__type":"ValidationException"})",
       Code::invalid_argument, reason::kModelContextExceeded},
  };
  ModelSettings settings;
  settings.model = "m";
  for (const auto& one : cases) {
    const auto error = to_error(settings, read_fault(one.status, one.body));
    EXPECT_EQ(error.code(), one.code) << one.status << " " << one.body;
    EXPECT_EQ(error.reason(), one.reason) << one.status << " " << one.body;
    EXPECT_TRUE(error.message().contains("openai m")) << error.message();
  }
}

TEST(ProviderFault, what_is_quoted_is_short_and_well_formed) {
  ModelSettings settings;
  const auto error = to_error(settings, read_fault(500, "a\xff\n" + std::string(100'000, 'x')));
  EXPECT_LT(error.message().size(), 700U);
  EXPECT_TRUE(error.message().contains("a\xEF\xBF\xBD x")) << error.message();
}

TEST(WellFormed, broken_bytes_become_replacements) {
  EXPECT_EQ(well_formed("plain"), "plain");
  EXPECT_EQ(well_formed("a\xc3"), "a\xEF\xBF\xBD");
  EXPECT_EQ(well_formed("\xff\xfe z\xe2\x82"),
            "\xEF\xBF\xBD\xEF\xBF\xBD z\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace flotilla::llm
