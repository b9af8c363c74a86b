#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace flotilla::json {
namespace {

using namespace std::string_view_literals;

// RFC 8259 texts that must be accepted, with what they are in compact form.
struct Good {
  std::string_view text;
  std::string_view compact;
};

constexpr Good kGood[] = {
    {"null", "null"},
    {"true", "true"},
    {"false", "false"},
    {" \t\r\n null \n", "null"},
    {"0", "0"},
    {"-0", "-0"},
    {"-1", "-1"},
    {"10.00", "10.00"},
    {"1e5", "1e5"},
    {"1E5", "1E5"},
    {"1e+5", "1e+5"},
    {"1E-5", "1E-5"},
    {"0.1", "0.1"},
    {"0e0", "0e0"},
    {"-0.0", "-0.0"},
    {"-0e+1", "-0e+1"},
    {"1.7976931348623157e308", "1.7976931348623157e308"},
    {"123.456e78", "123.456e78"},
    {"20e01", "20e01"},
    {"123456789012345678901234567890", "123456789012345678901234567890"},
    {"0.0000000000000000000000000000001", "0.0000000000000000000000000000001"},
    // Too small for a double is zero, not an error.
    {"1e-400", "1e-400"},
    {"123.456e-789", "123.456e-789"},
    {"0e99999999999999999999", "0e99999999999999999999"},
    {R"("")", R"("")"},
    {R"("a")", R"("a")"},
    {R"("\u0061")", R"("a")"},
    {R"("\u0022\u005c")", R"("\"\\")"},
    {R"("\"\\\/\b\f\n\r\t")", R"("\"\\/\b\f\n\r\t")"},
    {R"("\u0000")", R"("\u0000")"},
    {R"("\u001F")", R"("\u001f")"},
    {R"("\u00e9\u20AC")", "\"é€\""},
    {R"("\uD83D\uDE00")", "\"😀\""},
    {R"("\ud83d\ude00x")", "\"😀x\""},
    {R"("\uFFFF\uFDD0")", "\"\xEF\xBF\xBF\xEF\xB7\x90\""},
    {R"("\uDBFF\uDFFF")", "\"\xF4\x8F\xBF\xBF\""},
    {R"("\uFEFF")", "\"\xEF\xBB\xBF\""},
    {"\"\x7F\"", "\"\x7F\""},
    {"\"é€😀\"", "\"é€😀\""},
    {"\"\xE2\x80\xA8\xE2\x80\xA9\"", "\"\xE2\x80\xA8\xE2\x80\xA9\""},
    {"\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\"",
     "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\""},
    {"\"a longer string, so that whole words are scanned: \\\" and on\"",
     "\"a longer string, so that whole words are scanned: \\\" and on\""},
    {"[]", "[]"},
    {"[ ]", "[]"},
    {"[[]]", "[[]]"},
    {"[[],[]]", "[[],[]]"},
    {"[[[]],[{}]]", "[[[]],[{}]]"},
    {"[1]", "[1]"},
    {"[1 , 2\n,\t3]", "[1,2,3]"},
    {"[null,true,false,\"\"]", "[null,true,false,\"\"]"},
    {"[1,[2,[3,4],5],6]", "[1,[2,[3,4],5],6]"},
    {"{}", "{}"},
    {"{ }", "{}"},
    {R"({"":0})", R"({"":0})"},
    {R"({"a":{}})", R"({"a":{}})"},
    {R"({"a" : 1 , "b":[ ]})", R"({"a":1,"b":[]})"},
    {R"({"b":1,"a":2})", R"({"b":1,"a":2})"},
    {R"({"a":1,"A":2})", R"({"a":1,"A":2})"},
    {R"({"a":{"a":{"a":[{"a":1}]}}})", R"({"a":{"a":{"a":[{"a":1}]}}})"},
    {R"({"a":[1,{"b":[2,{"c":3}],"d":4}],"e":5})", R"({"a":[1,{"b":[2,{"c":3}],"d":4}],"e":5})"},
    {R"({"a\u0000b":1})", R"({"a\u0000b":1})"},
    {R"([{"x":1},{"x":2}])", R"([{"x":1},{"x":2}])"},
};

TEST(JsonParse, accepts_what_the_rfc_allows_and_keeps_numbers_and_order) {
  for (const Good& good : kGood) {
    const auto value = parse(good.text);
    ASSERT_TRUE(value) << good.text << ": " << value.error().message();
    EXPECT_EQ(to_string(*value), good.compact) << good.text;
    EXPECT_EQ(parse(to_string(*value)).value(), *value) << good.text;
    EXPECT_EQ(parse(to_pretty_string(*value)).value(), *value) << good.text;
  }
}

// Texts that must be refused: the pointer, the start of the description, the byte.
struct Bad {
  std::string_view text;
  std::string_view pointer;
  std::string_view what;
  int byte;
};

constexpr Bad kBad[] = {
    {"", "", "unexpected end of text", 0},
    {"  ", "", "unexpected end of text", 2},
    {"nul", "", "expected a value", 0},
    {"nulll", "", "unexpected text after", 4},
    {"True", "", "expected a value", 0},
    {"undefined", "", "expected a value", 0},
    {"NaN", "", "expected a value", 0},
    {"-NaN", "", "malformed number", 0},
    {"Infinity", "", "expected a value", 0},
    {"-Infinity", "", "malformed number", 0},
    {"1 2", "", "unexpected text after", 2},
    {"1,", "", "unexpected text after", 1},
    {"{}}", "", "unexpected text after", 2},
    {"[]]", "", "unexpected text after", 2},
    {"[] x", "", "unexpected text after", 3},
    {"\xEF\xBB\xBFnull", "", "expected a value", 0},
    {"\xA0null", "", "expected a value", 0},
    {"\fnull", "", "expected a value", 0},
    {"null\v", "", "unexpected text after", 4},
    {"null\0"sv, "", "unexpected text after", 4},
    {"// x\n1", "", "expected a value", 0},
    {"/* x */ 1", "", "expected a value", 0},
    {"'a'", "", "expected a value", 0},
    {"+1", "", "expected a value", 0},
    {"-", "", "malformed number", 0},
    {"--1", "", "malformed number", 0},
    {".5", "", "expected a value", 0},
    {"-.5", "", "malformed number", 0},
    {"5.", "", "malformed number", 0},
    {"1.e1", "", "malformed number", 0},
    {"01", "", "unexpected text after", 1},
    {"-01", "", "unexpected text after", 2},
    {"00", "", "unexpected text after", 1},
    {"1e", "", "malformed number", 0},
    {"1e+", "", "malformed number", 0},
    {"1eE2", "", "malformed number", 0},
    {"1.2.3", "", "unexpected text after", 3},
    {"0x1F", "", "unexpected text after", 1},
    {"1_000", "", "unexpected text after", 1},
    {"1a", "", "unexpected text after", 1},
    {"\xEF\xBC\x91", "", "expected a value", 0},
    {"1e309", "", "number beyond", 0},
    {"-1e309", "", "number beyond", 0},
    {"1e99999999999999999999", "", "number beyond", 0},
    {"[0.1,17976931348623159e292]", "/1", "number beyond", 5},
    {"\"", "", "unexpected end of text in a string", 1},
    {"\"abc", "", "unexpected end of text in a string", 4},
    {"\"a\nb\"", "", "control character", 2},
    {"\"\t\"", "", "control character", 1},
    {"\"\x1F\"", "", "control character", 1},
    {"\"\0\""sv, "", "control character", 1},
    {"\"0123456789\x01\"", "", "control character", 11},
    {R"("\)", "", "unexpected end of text in a string", 1},
    {R"("\")", "", "unexpected end of text in a string", 3},
    {R"("\x41")", "", "unknown escape", 1},
    {R"("\a")", "", "unknown escape", 1},
    {R"("\'")", "", "unknown escape", 1},
    {R"("\U0041")", "", "unknown escape", 1},
    {"\"\\\xC3\xA9\"", "", "unknown escape", 1},
    {R"("\u")", "", "expected four", 1},
    {R"("\u12")", "", "expected four", 1},
    {R"("\u12G4")", "", "expected four", 1},
    {R"("\u 123")", "", "expected four", 1},
    {R"("\u+123")", "", "expected four", 1},
    {R"("\uD800")", "", "lone surrogate", 1},
    {R"("a\uDC00")", "", "lone surrogate", 2},
    {R"("\uD800\uD800")", "", "lone surrogate", 1},
    {R"("\uD800\n")", "", "lone surrogate", 1},
    {R"("\uD800x")", "", "lone surrogate", 1},
    {R"("\uD83D\u00")", "", "lone surrogate", 1},
    {R"("\uDE00\uD83D")", "", "lone surrogate", 1},
    {"\"\x80\"", "", "invalid UTF-8", 1},
    {"\"\xFF\"", "", "invalid UTF-8", 1},
    {"\"\xFE\"", "", "invalid UTF-8", 1},
    {"\"\xC3\"", "", "invalid UTF-8", 1},
    {"\"\xC0\xAF\"", "", "invalid UTF-8", 1},
    {"\"\xC1\xBF\"", "", "invalid UTF-8", 1},
    {"\"\xE0\x80\xAF\"", "", "invalid UTF-8", 1},
    {"\"\xE2\x82\"", "", "invalid UTF-8", 1},
    {"\"\xED\xA0\x80\"", "", "invalid UTF-8", 1},
    {"\"\xED\xBF\xBF\"", "", "invalid UTF-8", 1},
    {"\"\xF0\x80\x80\xAF\"", "", "invalid UTF-8", 1},
    {"\"\xF4\x90\x80\x80\"", "", "invalid UTF-8", 1},
    {"\"\xF5\x80\x80\x80\"", "", "invalid UTF-8", 1},
    {"\"\xF0\x9F\x98\"", "", "invalid UTF-8", 1},
    {"\"0123456\xC3(\"", "", "invalid UTF-8", 8},
    {"\"\xC3", "", "invalid UTF-8", 1},
    {"[", "/0", "unexpected end of text", 1},
    {"[1", "/0", "expected ',' or ']'", 2},
    {"[1,", "/1", "unexpected end of text", 3},
    {"[1,]", "/1", "expected a value", 3},
    {"[,1]", "/0", "expected a value", 1},
    {"[1,,2]", "/1", "expected a value", 3},
    {"[1 2]", "/0", "expected ',' or ']'", 3},
    {"[1;2]", "/0", "expected ',' or ']'", 2},
    {"[1}", "/0", "expected ',' or ']'", 2},
    {"[1:2]", "/0", "expected ',' or ']'", 2},
    {"[01]", "/0", "expected ',' or ']'", 2},
    {"[\"a\"", "/0", "expected ',' or ']'", 4},
    {"[[[1,2],[3,x]]]", "/0/1/1", "expected a value", 11},
    {"]", "", "expected a value", 0},
    {"}", "", "expected a value", 0},
    {"{", "", "expected a member name", 1},
    {"{,", "", "expected a member name", 1},
    {"{1:2}", "", "expected a member name", 1},
    {"{a:1}", "", "expected a member name", 1},
    {"{'a':1}", "", "expected a member name", 1},
    {"{null:1}", "", "expected a member name", 1},
    {"{\"a\"", "", "expected ':'", 4},
    {"{\"a\"}", "", "expected ':'", 4},
    {"{\"a\",1}", "", "expected ':'", 4},
    {"{\"a\" 1}", "", "expected ':'", 5},
    {"{\"a\":", "/a", "unexpected end of text", 5},
    {"{\"a\":}", "/a", "expected a value", 5},
    {"{\"a\"::1}", "/a", "expected a value", 5},
    {"{\"a\":1", "/a", "expected ',' or '}'", 6},
    {"{\"a\":1]", "/a", "expected ',' or '}'", 6},
    {"{\"a\":1,}", "", "expected a member name", 7},
    {"{\"a\":1,,\"b\":2}", "", "expected a member name", 7},
    {"{\"a\":1 \"b\":2}", "/a", "expected ',' or '}'", 7},
    {"{\"a\":1,\"b\\x\":2}", "", "unknown escape", 9},
    {"{\"a\":1,\"a\":2}", "/a", "duplicate member", 7},
    {"{\"a\":1,\"\\u0061\":2}", "/a", "duplicate member", 7},
    {"{\"\":1,\"\":1}", "/", "duplicate member", 6},
    {"{\"p\":[{\"a/b~\":1,\"a/b~\":2}]}", "/p/0/a~1b~0", "duplicate member", 16},
    {R"({"params":{"parts":[{},{"text":"\ud800"}]}})", "/params/parts/1/text", "lone surrogate",
     32},
    {R"({"a":[1,2],"b":[3,{"c":[4,nil]}]})", "/b/1/c/1", "expected a value", 26},
    {R"({"a":{"b":1},"c":{"d":2 "e"}})", "/c/d", "expected ',' or '}'", 24},
};

TEST(JsonParse, refuses_all_else_with_pointer_and_byte) {
  for (const Bad& bad : kBad) {
    const auto value = parse(bad.text);
    ASSERT_FALSE(value) << bad.text;
    const Error& error = value.error();
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_EQ(error.reason(), reason::kParseError);
    ASSERT_EQ(error.violations().size(), 1U);
    const FieldViolation& violation = error.violations().front();
    EXPECT_EQ(violation.field, bad.pointer) << bad.text;
    EXPECT_TRUE(violation.description.starts_with(bad.what))
        << bad.text << ": " << violation.description;
    const std::string byte = "(byte " + std::to_string(bad.byte) + ")";
    EXPECT_TRUE(violation.description.ends_with(byte)) << bad.text << ": " << violation.description;
    const std::string where = bad.pointer.empty() ? "" : std::string(bad.pointer) + ": ";
    EXPECT_EQ(error.message(), where + violation.description);
  }
}

TEST(JsonParse, every_prefix_of_a_document_is_refused) {
  const std::string text = R"({"a":[1.5e3,"x\ud83d\ude00é",{"b":null}],"c":true})";
  ASSERT_TRUE(parse(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(parse(std::string_view(text).substr(0, length))) << length;
  }
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(JsonParse, depth_is_limited) {
  EXPECT_TRUE(parse(nested(64)));
  const auto deep = parse(nested(65));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message().find("deeper than 64 levels (byte 64)"), std::string::npos);
  EXPECT_TRUE(parse(nested(3), {.depth = 3}));
  EXPECT_FALSE(parse(nested(4), {.depth = 3}));
  EXPECT_FALSE(parse("[]", {.depth = 0}));
  EXPECT_TRUE(parse("1", {.depth = 0}));
}

TEST(JsonParse, no_caller_can_lift_depth_beyond_512) {
  EXPECT_TRUE(parse(nested(512), {.depth = 1'000'000}));
  EXPECT_FALSE(parse(nested(513), {.depth = 1'000'000}));
  EXPECT_FALSE(parse(std::string(1'000'000, '['), {.depth = 1'000'000}));
  std::string objects;
  for (int i = 0; i < 600; ++i) objects += R"({"a":)";
  EXPECT_FALSE(parse(objects, {.depth = 1'000'000}));
}

TEST(JsonParse, size_and_number_of_values_are_limited) {
  EXPECT_TRUE(parse("[1,2]", {.size = 5}));
  EXPECT_FALSE(parse("[1,2]", {.size = 4}));
  EXPECT_TRUE(parse("[1,2]", {.values = 3}));
  const auto many = parse("[1,2,3]", {.values = 3});
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().message(), "/2: more than 3 values (byte 5)");
}

std::string object_of(int members, std::string_view last) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) text += "\"member" + std::to_string(i) + "\":" + "1,";
  return text + "\"" + std::string(last) + "\":2}";
}

TEST(JsonParse, duplicates_are_found_in_objects_of_any_size) {
  for (const int members : {1, 2, 15, 16, 17, 100, 5000}) {
    EXPECT_TRUE(parse(object_of(members, "other"))) << members;
    const auto twice = parse(object_of(members, "member0"));
    ASSERT_FALSE(twice) << members;
    EXPECT_EQ(twice.error().violations().front().field, "/member0") << members;
    const std::size_t byte =
        object_of(members, "member0").rfind('"', object_of(members, "").size());
    EXPECT_NE(twice.error().message().find("(byte " + std::to_string(byte) + ")"),
              std::string::npos)
        << members << twice.error().message();
  }
}

TEST(JsonParse, a_large_object_inside_others_leaves_them_intact) {
  const std::string text = "{\"a\":[1," + object_of(40, "z") + ",2],\"b\":{\"c\":3}}";
  const auto value = parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(to_string(*value), text);
}

TEST(JsonParse, an_error_quotes_only_the_start_of_a_long_name) {
  const auto value = parse("{\"" + std::string(100'000, 'x') + "\":?}");
  ASSERT_FALSE(value);
  EXPECT_LT(value.error().message().size(), 300U);
}

}  // namespace
}  // namespace flotilla::json
