#include "json/value.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "json/json.h"

namespace flotilla::json {
namespace {

TEST(JsonValue, each_kind_knows_itself) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_EQ(Value(true).type_name(), "boolean");
  EXPECT_EQ(Value(1).type_name(), "number");
  EXPECT_EQ(Value("x").type_name(), "string");
  EXPECT_EQ(Value(Array{}).type_name(), "array");
  EXPECT_EQ(Value(Object{}).type_name(), "object");
  EXPECT_EQ(Value(nullptr).type_name(), "null");
  EXPECT_EQ(Value("x").if_number(), nullptr);
  EXPECT_EQ(*Value("x").if_string(), "x");
}

TEST(JsonValue, numbers_are_written_as_given) {
  EXPECT_EQ(to_string(-17), "-17");
  EXPECT_EQ(to_string(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(to_string(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(to_string(short{5}), "5");
  EXPECT_EQ(to_string(5U), "5");
  EXPECT_EQ(to_string(5LL), "5");
  EXPECT_EQ(to_string(0.1), "0.1");
  EXPECT_EQ(to_string(1e300), "1e+300");
  EXPECT_EQ(to_string(Number{"10.00"}), "10.00");
  EXPECT_EQ(to_string(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonValue, integers_are_read_exactly) {
  const auto integer = [](const char* text) { return Value(Number{text}).as_int64(); };
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("-0"), 0);
  EXPECT_EQ(integer("-0.0e5"), 0);
  EXPECT_EQ(integer("10.00"), 10);
  EXPECT_EQ(integer("1e3"), 1000);
  EXPECT_EQ(integer("1.5e1"), 15);
  EXPECT_EQ(integer("1200e-2"), 12);
  EXPECT_EQ(integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("9223372036854775807.0"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("1.5"), std::nullopt);
  EXPECT_EQ(integer("1e-1"), std::nullopt);
  EXPECT_EQ(integer("1e30"), std::nullopt);
  EXPECT_EQ(integer("1e99999999999999999999"), std::nullopt);
  EXPECT_EQ(Value("1").as_int64(), std::nullopt);
  for (const char* none : {"", "-", "x", "22e\x0e\x35S", "1e", "1 ", "0x10", "\x80"})
    EXPECT_EQ(integer(none), std::nullopt) << none;
  EXPECT_EQ(Value(Number{"18446744073709551615"}).as_uint64(),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(Value(Number{"-1"}).as_uint64(), std::nullopt);
  EXPECT_EQ(Value(Number{"-0"}).as_uint64(), 0U);
}

TEST(JsonValue, doubles_are_nearest) {
  const auto real = [](const std::string& text) { return Value(Number{text}).as_double(); };
  EXPECT_EQ(real("0.1"), 0.1);
  EXPECT_EQ(real("1e-400"), 0.0);
  EXPECT_EQ(real("0." + std::string(400, '0') + "1e10"), 0.0);
  EXPECT_EQ(real("1" + std::string(400, '0') + "e-400"), 1.0);
  EXPECT_EQ(real("1e400"), std::nullopt);
  EXPECT_EQ(real("1" + std::string(400, '0') + "e-50"), std::nullopt);
}

TEST(JsonObject, set_replaces_in_place_and_erase_forgets) {
  Object object{{"b", 1}, {"a", 2}};
  object.set("b", "new");
  object.set("c", nullptr);
  EXPECT_EQ(to_string(object), R"({"b":"new","a":2,"c":null})");
  object.erase("a");
  object.erase("missing");
  EXPECT_EQ(object.size(), 2U);
  EXPECT_EQ(object.find("a"), nullptr);
  ASSERT_NE(object.find("b"), nullptr);
  *object.find("b") = 5;
  EXPECT_EQ(to_string(object), R"({"b":5,"c":null})");
}

TEST(JsonObject, equality_ignores_order_at_any_size) {
  for (const int members : {2, 16, 17, 300}) {
    Object forward;
    Object backward;
    for (int i = 0; i < members; ++i) forward.append(std::to_string(i), i);
    for (int i = members; i-- > 0;) backward.append(std::to_string(i), i);
    EXPECT_EQ(forward, backward);
    backward.set("0", "other");
    EXPECT_NE(forward, backward);
    backward.erase("0");
    EXPECT_NE(forward, backward);
    backward.append("x", 0);
    EXPECT_NE(forward, backward);
  }
}

TEST(JsonWrite, strings_are_escaped_only_where_needed) {
  std::string out;
  write_string("plain é 😀 /\x7F \"q\" \\ \n\r\t\b\f\x01", out);
  EXPECT_EQ(out, "\"plain é 😀 /\x7F \\\"q\\\" \\\\ \\n\\r\\t\\b\\f\\u0001\"");
}

TEST(JsonWrite, invalid_utf8_becomes_replacement_characters) {
  std::string out;
  write_string("a\xFFz\xC3", out);
  EXPECT_EQ(out, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\"");
  EXPECT_TRUE(parse(out));
}

TEST(JsonWrite, escapes_are_found_at_every_offset) {
  for (std::size_t length = 0; length < 40; ++length) {
    for (std::size_t at = 0; at <= length; ++at) {
      for (const char* special : {"\"", "\\", "\n", "é", "\x1F"}) {
        const std::string text = std::string(at, 'x') + special + std::string(length - at, '!');
        EXPECT_EQ(*parse(to_string(text)).value().if_string(), text);
      }
    }
  }
}

TEST(JsonWrite, pretty_text_is_indented_by_two) {
  const auto value = parse(R"({"a":[1,{"b":[]}],"c":{}})");
  EXPECT_EQ(to_pretty_string(*value), R"({
  "a": [
    1,
    {
      "b": []
    }
  ],
  "c": {}
})");
}

}  // namespace
}  // namespace flotilla::json
