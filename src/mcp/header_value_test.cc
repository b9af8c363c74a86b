#include "mcp/header_value.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::mcp {
namespace {

json::Object object(std::string_view text) {
  return *json::parse(text)->if_object();
}

TEST(McpHeaderValue, is_plain_where_http_can_carry_it) {
  EXPECT_EQ(encode_header("us west"), "us west");
  EXPECT_EQ(encode_header(""), "");
  EXPECT_EQ(encode_header(" a"), "=?base64?IGE=?=");
  EXPECT_EQ(encode_header("a\tb"), "=?base64?YQli?=");
  EXPECT_EQ(encode_header("ö"), "=?base64?w7Y=?=");
  EXPECT_EQ(encode_header("=?base64?YQ==?="), "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
  EXPECT_EQ(encode_header("=?BASE64?x?="), "=?BASE64?x?=");
}

TEST(McpHeaderValue, numbers_and_truths_are_written_and_null_is_not) {
  const std::vector<HeaderParameter> parameters = {{"N", {"n"}},      {"B", {"b"}}, {"Z", {"z"}},
                                                   {"D", {"o", "d"}}, {"M", {"m"}}, {"H", {"h"}}};
  const auto headers = parameter_headers(
      parameters, object(R"({"n":-4.0,"b":false,"z":null,"o":{"d":"x"},"h":9007199254740993})"));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"Mcp-Param-N", "-4"}, {"Mcp-Param-B", "false"}, {"Mcp-Param-D", "x"}};
  EXPECT_EQ(headers, expected);
}

TEST(McpHeaderValue, annotations_that_break_a_rule_are_refused) {
  for (
      const char* bad : {
          R"({"properties":{"a":{"type":"string","x-mcp-header":""}}})",
          R"({"properties":{"a":{"type":"string","x-mcp-header":"a b"}}})",
          R"({"properties":{"a":{"type":"string","x-mcp-header":5}}})",
          R"({"properties":{"a":{"type":"number","x-mcp-header":"A"}}})",
          R"({"properties":{"a":{"type":["string"],"x-mcp-header":"A"}}})",
          R"({"properties":{"a":{"x-mcp-header":"A"}}})",
          R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})",
          R"({"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}})",
          R"({"anyOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})",
          R"({"$defs":{"a":{"type":"string","x-mcp-header":"A"}}})",
          R"({"x-mcp-header":"A"})",
      }) {
    EXPECT_FALSE(header_parameters_of(object(bad))) << bad;
  }
}

TEST(McpHeaderValue, good_annotations_are_found_wherever_properties_lead) {
  const auto found = header_parameters_of(object(
      R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"o":{"properties":{"b":{"type":"integer","x-mcp-header":"B"}}}},"default":{"x-mcp-header":1}})"));
  ASSERT_TRUE(found);
  const std::vector<HeaderParameter> expected = {{"A", {"a"}}, {"B", {"o", "b"}}};
  EXPECT_EQ(*found, expected);
}

}  // namespace
}  // namespace flotilla::mcp
