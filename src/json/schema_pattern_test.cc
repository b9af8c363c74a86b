#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "json/schema.h"

namespace flotilla::json {
namespace {

Result<std::shared_ptr<const Schema>> compile(std::string_view pattern) {
  return Schema::compile(Value(Object({{"pattern", Value(pattern)}})));
}

bool matches(std::string_view pattern, std::string_view text) {
  const auto schema = compile(pattern);
  EXPECT_TRUE(schema) << pattern << ": " << (schema ? "" : schema.error().message());
  return schema && (*schema)->valid(Value(text));
}

std::string refused(std::string_view pattern) {
  const auto schema = compile(pattern);
  if (schema) return "compiled";
  EXPECT_EQ(schema.error().violations().at(0).field, "/pattern");
  return schema.error().violations().at(0).description;
}

TEST(SchemaPattern, is_searched_for_anywhere) {
  EXPECT_TRUE(matches("b", "abc"));
  EXPECT_FALSE(matches("^b$", "abc"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("^a$", "a\n"));  // `$` is the end, not before a last newline
  EXPECT_FALSE(matches("^b", "a\nb"));
}

TEST(SchemaPattern, classes_are_those_of_ecma_262) {
  EXPECT_FALSE(matches(R"(^\d$)", "٣"));
  EXPECT_FALSE(matches(R"(^\w$)", "é"));
  for (const std::string_view space : {"\t", "\v", "\f", " ", "\u00a0", "\ufeff", "\n", "\r",
                                       "\u2028", "\u2029", "\u2003", "\u3000"}) {
    EXPECT_TRUE(matches(R"(^\s$)", space));
    EXPECT_FALSE(matches(R"(^\S$)", space));
    EXPECT_TRUE(matches(R"(^[\s]$)", space));
    EXPECT_FALSE(matches(R"(^[^\s]$)", space));
    EXPECT_FALSE(matches(R"(^[\S]$)", space));
  }
  EXPECT_TRUE(matches(R"(^\S$)", "é"));
  EXPECT_FALSE(matches("^.$", "\n"));
  EXPECT_FALSE(matches("^.$", "\u2028"));
  EXPECT_TRUE(matches("^.$", "😀"));
  EXPECT_TRUE(matches("^[^a]$", "\n"));
}

TEST(SchemaPattern, escapes_are_those_of_ecma_262) {
  EXPECT_TRUE(
      matches(R"(^\u0041\x42\cJ\u{1F600}\uD83D\uDE00\0$)", std::string_view("AB\n😀😀\0", 12)));
  EXPECT_TRUE(matches(R"(^\/\-\.\_\@$)", "/-._@"));
  EXPECT_TRUE(matches(R"(^[\b\-\]\\]+$)", "\b-]\\"));
  EXPECT_TRUE(matches(R"(^\p{Lu}\p{Letter}\p{gc=Nd}\P{L}\p{Script=Greek}\p{digit}$)", "Äb7.α8"));
  EXPECT_TRUE(matches(R"(^[\p{ASCII}]+$)", "ab"));
  EXPECT_FALSE(matches(R"(^\p{ASCII}+$)", "ä"));
  EXPECT_TRUE(matches(R"(^(?<year>\d{4})-(?:0[1-9]|1[0-2])$)", "2026-07"));
  EXPECT_TRUE(matches(R"(\bcat\b)", "a cat."));
}

TEST(SchemaPattern, classes_take_what_re2_would_read_otherwise) {
  EXPECT_TRUE(matches("^[[:alpha:]]$", "[]"));
  EXPECT_TRUE(matches("^[[]$", "["));
  EXPECT_TRUE(matches("^[^]$", "\n"));
  EXPECT_FALSE(matches("[]", "a"));
  EXPECT_TRUE(matches(R"(^[\w-.]+$)", "a-."));
  EXPECT_TRUE(matches("^[a-]+$", "a-"));
  EXPECT_TRUE(matches("^[+--]+$", "+,-"));
}

TEST(SchemaPattern, what_cannot_be_linear_is_refused) {
  EXPECT_EQ(refused("^(?=a)"),
            "the regular expression has a look-ahead, which matching in linear time cannot do");
  EXPECT_EQ(refused("(?!a)").substr(0, 38), "the regular expression has a look-ahea");
  EXPECT_EQ(refused("(?<=a)b"),
            "the regular expression has a look-behind, which matching in linear time cannot do");
  EXPECT_EQ(refused(R"((a)\1)"),
            "the regular expression has a back reference, which matching in linear time cannot do");
  EXPECT_EQ(refused(R"((?<n>a)\k<n>)").substr(0, 42), "the regular expression has a back referenc");
}

TEST(SchemaPattern, what_is_no_expression_is_refused) {
  for (const std::string_view pattern : {"(",
                                         ")",
                                         "(a",
                                         "a)",
                                         "[",
                                         "[a",
                                         "*",
                                         "+a",
                                         "^*",
                                         "a**",
                                         "a{2}{3}",
                                         "a{",
                                         "a{x}",
                                         "a{,3}",
                                         "a{3",
                                         "\\",
                                         R"(\a)",
                                         R"(\Z)",
                                         R"(\A)",
                                         R"(\c1)",
                                         R"(\x4)",
                                         R"(\u12)",
                                         R"(\u{110000})",
                                         R"(\uD800)",
                                         R"(\u{})",
                                         R"(\00)",
                                         R"(\8)",
                                         R"(\p)",
                                         R"(\p{)",
                                         R"(\p{Nope})",
                                         R"(\pL)",
                                         R"(\p{Greek})",
                                         R"([\p{L)",
                                         "(?i)a",
                                         "(?P<n>a)",
                                         "(?<>a)",
                                         "(?<n",
                                         "[b-a]",
                                         "a{3,2}",
                                         R"([\q])",
                                         "(?"}) {
    EXPECT_EQ(refused(pattern).substr(0, 22), "the regular expression") << pattern;
  }
  EXPECT_NE(refused("a{1001}"), "compiled");
}

TEST(SchemaPattern, matching_takes_linear_time) {
  const std::string text(200'000, 'a');
  EXPECT_FALSE(matches("^(a+)+$", text + "b"));
  EXPECT_FALSE(matches("^(a|aa)+$", text + "b"));
  EXPECT_FALSE(matches("(x+x+)+y", std::string(100'000, 'x')));
}

}  // namespace
}  // namespace flotilla::json
