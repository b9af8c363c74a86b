#include "agents/conformance_instruction.h"

#include <gtest/gtest.h>

namespace flotilla::agents::conformance {
namespace {

std::string field(char number, std::string bytes) {
  std::string out{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())};
  return out + bytes;
}
std::string flag(char number) {
  return {static_cast<char>(number << 3), 1};
}

TEST(ConformanceInstruction, says_what_to_answer) {
  auto read = parse_instruction(field(2, field(1, "hello") + flag(2)));
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->answer);
  EXPECT_EQ(read->answer->text, "hello");
  EXPECT_TRUE(read->answer->hold);
}

TEST(ConformanceInstruction, says_whom_to_call_and_how) {
  const std::string nested = field(2, field(1, "x"));
  const std::string call = field(1, "jsonrpc") + field(2, "http://a.example") + field(3, nested) +
                           flag(4) + field(6, field(1, "h.example"));
  auto read = parse_instruction(field(3, field(1, field(1, call)) + field(1, nested)));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->steps.size(), 2U);
  const auto& made = *read->steps[0].call;
  EXPECT_EQ(made.transport, "jsonrpc");
  EXPECT_EQ(made.url, "http://a.example");
  EXPECT_EQ(made.nested, nested);
  EXPECT_TRUE(made.streaming);
  EXPECT_EQ(made.behaviour, CallBehaviour::push);
  EXPECT_EQ(made.webhook, "h.example");
}

TEST(ConformanceInstruction, broken_and_endless_ones_are_refused) {
  EXPECT_FALSE(parse_instruction(""));
  EXPECT_FALSE(parse_instruction("\x12\x7f"));
  EXPECT_FALSE(parse_instruction("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(
      parse_instruction("\x0d"
                        "1234"));  // a type that it does not use
  std::string deep = field(2, field(1, "x"));
  for (int i = 0; i < 20; ++i) deep = field(3, field(1, deep));
  EXPECT_TRUE(parse_instruction(deep));
  for (int i = 0; i < 13; ++i) deep = field(3, field(1, deep));
  EXPECT_FALSE(parse_instruction(deep));
}

TEST(ConformanceInstruction, is_found_in_a_protobuf_part) {
  a2a::Message message;
  message.parts.push_back(a2a::text_part("x"));
  EXPECT_FALSE(find_instruction(message));
  message.parts.push_back(instruction_part("abc"));
  EXPECT_EQ(find_instruction(message), "abc");
}

}  // namespace
}  // namespace flotilla::agents::conformance
