#include "agents/declarative/trace_content.h"

#include <gtest/gtest.h>

#include "async/clock.h"
#include "base/id.h"
#include "base/utf8.h"
#include "json/json.h"

namespace flotilla::agents {
namespace {

struct Kept final : telemetry::SpanSink {
  void add(telemetry::SpanRecord span) override { last = std::move(span); }
  telemetry::SpanRecord last;
};

struct TraceContent : ::testing::Test {
  std::string captured(bool allowed, const llm::Request& request, std::string_view key) {
    telemetry::Tracer tracer(clock, system_random(), &kept, {}, allowed);
    auto span = tracer.start("chat", telemetry::SpanKind::client);
    trace_question(tracer, span, request);
    llm::Answer answer;
    answer.message = llm::text_message(llm::MessageRole::assistant, "fine");
    trace_answer(tracer, span, answer);
    trace_arguments(tracer, span, R"({"city":"Bergen"})");
    llm::ToolResult result;
    result.text = "rain";
    trace_result(tracer, span, result);
    span.end();
    for (const auto& [name, value] : kept.last.attributes)
      if (name == key) return std::get<std::string>(value);
    return "(none)";
  }
  ManualClock clock;
  Kept kept;
};

llm::Request weather() {
  llm::Request request;
  request.system = "Be kind.";
  request.messages.push_back(llm::text_message(llm::MessageRole::user, "How is the weather?"));
  llm::Message call;
  call.role = llm::MessageRole::assistant;
  call.parts.emplace_back();
  call.parts.back().toolCall = llm::ToolCall{"c1", "weather", R"({"city":"Bergen"})", {}};
  request.messages.push_back(call);
  return request;
}

TEST_F(TraceContent, nothing_is_told_unless_the_operator_asks) {
  captured(false, weather(), "");
  EXPECT_TRUE(kept.last.attributes.empty());
}

TEST_F(TraceContent, follows_the_conventions) {
  EXPECT_EQ(captured(true, weather(), "gen_ai.input.messages"),
            R"([{"role":"user","parts":[{"type":"text","content":"How is the weather?"}]},)"
            R"({"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"weather",)"
            R"("arguments":"{\"city\":\"Bergen\"}"}]}])");
  EXPECT_EQ(captured(true, weather(), "gen_ai.system_instructions"),
            R"([{"type":"text","content":"Be kind."}])");
  EXPECT_EQ(captured(true, weather(), "gen_ai.output.messages"),
            R"([{"role":"assistant","parts":[{"type":"text","content":"fine"}],)"
            R"("finish_reason":"stop"}])");
  EXPECT_EQ(captured(true, weather(), "gen_ai.tool.call.arguments"), R"({"city":"Bergen"})");
  EXPECT_EQ(captured(true, weather(), "gen_ai.tool.call.result"), "rain");
}

TEST_F(TraceContent, is_bounded_and_stays_whole) {
  llm::Request request;
  for (int i = 0; i < 100; ++i) {
    std::string text = std::to_string(i) + " ";
    while (text.size() < 20'000) text += "ü";
    request.messages.push_back(llm::text_message(llm::MessageRole::user, text));
  }
  const auto told = captured(true, request, "gen_ai.input.messages");
  EXPECT_LE(told.size(), kMaxTracedContent);
  EXPECT_TRUE(is_utf8(told));
  const auto parsed = json::parse(told);
  ASSERT_TRUE(parsed);
  ASSERT_NE(parsed->if_array(), nullptr);
  EXPECT_EQ(parsed->if_array()->size(), 3U);
  EXPECT_NE(told.find("\"99 "), std::string::npos);  // the newest
}

}  // namespace
}  // namespace flotilla::agents
