#include "json/canonical.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::json {
namespace {

std::string canonical(std::string_view text) {
  auto value = parse(text);
  EXPECT_TRUE(value) << value.error().message();
  return value ? to_canonical(*value) : "";
}

TEST(Canonical, sorts_members_at_every_level) {
  EXPECT_EQ(canonical(R"({ "b": [ {"z":1,"a":2} ], "a": null, "": true })"),
            R"({"":true,"a":null,"b":[{"a":2,"z":1}]})");
  EXPECT_EQ(canonical(R"({"aa":1,"a":2,"B":3,"1":4})"), R"({"1":4,"B":3,"a":2,"aa":1})");
}

TEST(Canonical, order_is_of_utf16_code_units) {
  // RFC 8785 section 3.2.3: a surrogate pair stands before U+FB33.
  EXPECT_EQ(canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,"
                      "\"\\u0080\":6,\"\\u00f6\":7}"),
            "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,"
            "\"\xF0\x9F\x98\x80\":5,\"\xEF\xAC\xB3\":3}");
}

TEST(Canonical, strings_escape_only_what_they_must) {
  EXPECT_EQ(canonical("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\u007f\""),
            "\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\x7F\"");
}

TEST(Canonical, numbers_are_those_of_ecmascript) {
  const struct {
    const char* given;
    const char* written;
  } cases[] = {
      {"0", "0"},
      {"-0.0", "0"},
      {"1", "1"},
      {"-1.50", "-1.5"},
      {"10.00", "10"},
      {"1e2", "100"},
      {"333333333.33333329", "333333333.3333333"},
      {"1E30", "1e+30"},
      {"4.50", "4.5"},
      {"2e-3", "0.002"},
      {"0.000000000000000000000000001", "1e-27"},
      {"0.000001", "0.000001"},
      {"0.0000001", "1e-7"},
      {"123456789012345678901", "123456789012345680000"},
      {"1e21", "1e+21"},
      {"999999999999999999999", "1e+21"},
      {"9007199254740993", "9007199254740992"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"-1234.5678e-9", "-0.0000012345678"},
  };
  for (const auto& one : cases) EXPECT_EQ(canonical(one.given), one.written) << one.given;
}

TEST(Canonical, is_stable) {
  const auto once = canonical(R"({"z":[1.0,{"b":"x","a":[]}],"a":{}})");
  EXPECT_EQ(once, R"({"a":{},"z":[1,{"a":[],"b":"x"}]})");
  EXPECT_EQ(canonical(once), once);
}

}  // namespace
}  // namespace flotilla::json
