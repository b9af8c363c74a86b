#include <gtest/gtest.h>

#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/retry.h"

namespace flotilla::llm {
namespace {

TEST(AnswerBuilder, joins_the_pieces_of_blocks_in_their_order) {
  AnswerBuilder builder;
  ASSERT_TRUE(builder.begin_call(2, "c1", "find"));
  ASSERT_TRUE(builder.add_text(1, "Hel"));
  ASSERT_TRUE(builder.add_reasoning(0, "hm"));
  ASSERT_TRUE(builder.add_signature(0, "se"));
  ASSERT_TRUE(builder.add_arguments(2, R"({"a")"));
  ASSERT_TRUE(builder.add_text(1, "lo"));
  ASSERT_TRUE(builder.add_signature(0, "al"));
  ASSERT_TRUE(builder.add_arguments(2, ":1}"));
  ASSERT_TRUE(builder.begin_call(3, "c2", "list"));
  ASSERT_TRUE(builder.add_text(4, ""));
  EXPECT_TRUE(builder.has_calls());
  const auto deltas = builder.take_deltas();
  ASSERT_EQ(deltas.size(), 7U);
  EXPECT_EQ(deltas[0].kind, Delta::Kind::tool_call);
  EXPECT_EQ(deltas[0].text, "find");
  EXPECT_EQ(deltas[3].kind, Delta::Kind::tool_arguments);
  EXPECT_EQ(deltas[3].call_id, "c1");
  EXPECT_TRUE(builder.take_deltas().empty());
  const auto message = builder.take_message();
  ASSERT_EQ(message.parts.size(), 4U);
  EXPECT_EQ(message.parts[0].reasoning->text, "hm");
  EXPECT_EQ(message.parts[0].reasoning->signature, "seal");
  EXPECT_EQ(message.parts[1].text, "Hello");
  EXPECT_EQ(message.parts[2].toolCall->arguments, R"({"a":1})");
  EXPECT_EQ(message.parts[3].toolCall->arguments, "{}");
}

TEST(AnswerBuilder, refuses_blocks_that_change_their_kind) {
  AnswerBuilder builder;
  ASSERT_TRUE(builder.add_text(0, "a"));
  for (const auto& result : {builder.add_reasoning(0, "b"), builder.add_signature(0, "b"),
                             builder.begin_call(0, "id", "name"), builder.add_arguments(0, "{}"),
                             builder.add_arguments(1, "{}"), builder.begin_call(2, "id", ""),
                             builder.begin_call(3, "", "name")}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason(), reason::kInvalidModelAnswer);
  }
}

TEST(AnswerBuilder, bounds_bytes_and_parts) {
  AnswerBuilder small(10);
  ASSERT_TRUE(small.add_text(0, "0123456789"));
  const auto more = small.add_arguments(0, "");
  EXPECT_FALSE(more);
  const auto over = small.add_text(0, "x");
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().reason(), reason::kLimitExceeded);
  EXPECT_FALSE(may_pass(over.error()));
  AnswerBuilder many;
  for (std::size_t i = 0; i < kAnswerPartsMax; ++i) {
    ASSERT_TRUE(many.add_text(static_cast<std::int64_t>(i), "x"));
  }
  const auto part = many.add_text(-1, "x");
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code(), Code::resource_exhausted);
}

TEST(AnswerBuilder, seals_go_back_to_their_own_provider_only) {
  const std::optional<std::string> sealed = tag_signature("anthropic", "a:b");
  EXPECT_EQ(untag_signature("anthropic", sealed), "a:b");
  EXPECT_EQ(untag_signature("gemini", sealed), std::nullopt);
  EXPECT_EQ(untag_signature("anthro", sealed), std::nullopt);
  EXPECT_EQ(untag_signature("anthropic", std::nullopt), std::nullopt);
}

TEST(AnswerBuilder, arguments_are_an_object_whatever_the_model_wrote) {
  EXPECT_EQ(json::to_string(arguments_object(R"({"a":1.0})")), R"({"a":1.0})");
  EXPECT_EQ(json::to_string(arguments_object("")), "{}");
  EXPECT_EQ(json::to_string(arguments_object("{\"a\":")), R"({"INVALID_JSON":"{\"a\":"})");
  EXPECT_EQ(json::to_string(arguments_object("[1]")), R"({"INVALID_JSON":"[1]"})");
}

TEST(AnswerBuilder, call_ids_of_others_become_names_that_every_wire_takes) {
  EXPECT_EQ(portable_call_id("toolu_01-A"), "toolu_01-A");
  const auto made = portable_call_id("call|1");
  EXPECT_EQ(made, portable_call_id("call|1"));
  EXPECT_NE(made, portable_call_id("call|2"));
  EXPECT_EQ(made.size(), 37U);
  EXPECT_EQ(portable_call_id(std::string(65, 'a')).size(), 37U);
}

}  // namespace
}  // namespace flotilla::llm
