#include "llm/cassette.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "async/testing.h"
#include "json/map.h"

namespace flotilla::llm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Says how often it was asked, in two pieces; fails when it is told to.
class CountingModel final : public Model {
 public:
  Async<Result<Answer>> generate(const Request& /*request*/, DeltaSink* sink,
                                 const CallOptions& /*options*/) override {
    ++asked;
    if (fault) co_return fail(*fault);
    Answer answer;
    answer.message = text_message(MessageRole::assistant, "answer " + std::to_string(asked));
    answer.usage.outputTokens = asked;
    for (const char* piece : {"answer ", "n"}) {
      Delta delta;
      delta.text = piece;
      if (sink == nullptr) break;
      CO_TRY_VOID(co_await sink->receive(std::move(delta)));
    }
    co_return answer;
  }
  [[nodiscard]] const std::string& provider() const override { return name_; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  int asked = 0;
  std::optional<Error> fault;

 private:
  std::string name_ = "counting";
};

struct Heard final : DeltaSink {
  Async<Result<>> receive(Delta delta) override {
    pieces.push_back(delta.text);
    co_return ok();
  }
  Async<Result<>> restart() override {
    pieces.clear();
    co_return ok();
  }
  std::vector<std::string> pieces;
};

struct Tape {
  Tape() {
    path = std::filesystem::temp_directory_path() /
           ("flotilla-cassette-" + make_uuid_v7(Time{}, system_random()).to_string());
  }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape() { std::filesystem::remove(path); }
  [[nodiscard]] std::unique_ptr<Cassette> open(Cassette::Mode mode) const {
    auto opened = Cassette::open(path, mode);
    EXPECT_TRUE(opened) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
  }
  std::string path;
};

Request asks(std::string text) {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, std::move(text)));
  return request;
}

ASYNC_TEST(Cassette, gives_again_what_was_said_piece_by_piece_and_asks_nobody) {
  Tape tape;
  const CallOptions options;
  auto model = std::make_shared<CountingModel>();
  {
    auto cassette = tape.open(Cassette::Mode::record);
    auto recorded = cassette->recorded(model, "counting");
    const auto request = asks("hello");
    Heard heard;
    auto first = co_await recorded->generate(request, &heard, options);
    auto second = co_await recorded->generate(request, nullptr, options);
    CO_ASSERT_OK(first);
    CO_ASSERT_OK(second);
    model->fault = Error(Code::invalid_argument, reason::kModelContextExceeded, "too long");
    const auto longer = asks("longer");
    auto third = co_await recorded->generate(longer, nullptr, options);
    CO_ASSERT_FALSE(third);
  }
  const auto cassette = tape.open(Cassette::Mode::replay);
  CO_ASSERT_TRUE(cassette);
  auto replayed = cassette->replayed("counting");
  const auto request = asks("hello");
  Heard heard;
  auto first = co_await replayed->generate(request, &heard, options);
  CO_ASSERT_OK(first);
  EXPECT_EQ(text_of(first->message), "answer 1");
  EXPECT_EQ(first->usage.outputTokens, 1);
  EXPECT_THAT(heard.pieces, ElementsAre("answer ", "n"));
  auto second = co_await replayed->generate(request, &heard, options);
  CO_ASSERT_OK(second);
  EXPECT_EQ(text_of(second->message), "answer 2");
  const auto longer = asks("longer");
  auto third = co_await replayed->generate(longer, nullptr, options);
  CO_ASSERT_FALSE(third);
  EXPECT_EQ(third.error().reason(), reason::kModelContextExceeded);
  EXPECT_EQ(model->asked, 3);
}

ASYNC_TEST(Cassette, says_what_it_does_not_have) {
  Tape tape;
  const CallOptions options;
  {
    auto cassette = tape.open(Cassette::Mode::record);
    auto recorded = cassette->recorded(std::make_shared<CountingModel>(), "counting");
    const auto request = asks("hello");
    CO_ASSERT_OK(co_await recorded->generate(request, nullptr, options));
  }
  const auto cassette = tape.open(Cassette::Mode::replay);
  auto replayed = cassette->replayed("counting");
  const auto other = asks("hullo");
  auto unknown = co_await replayed->generate(other, nullptr, options);
  CO_ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("record it anew"));
  const auto request = asks("hello");
  CO_ASSERT_OK(co_await replayed->generate(request, nullptr, options));
  auto too_often = co_await replayed->generate(request, nullptr, options);
  CO_ASSERT_FALSE(too_often);
  EXPECT_THAT(too_often.error().message(), HasSubstr("1 times"));
}

TEST(Cassette, a_broken_line_is_named) {
  Tape tape;
  std::ofstream(tape.path) << R"({"kind":"model","key":"","request":{},"answer":{}})" << "\n{\n";
  auto opened = Cassette::open(tape.path, Cassette::Mode::replay);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("line 2"));
  auto none = Cassette::open("/nowhere/at/all", Cassette::Mode::replay);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace flotilla::llm
