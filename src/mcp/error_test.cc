#include "mcp/error.h"

#include <gtest/gtest.h>

#include <map>

namespace flotilla::mcp {
namespace {

TEST(McpError, every_code_has_its_place_on_the_wire) {
  const std::map<Code, int> expected = {
      {Code::invalid_argument, -32602},    {Code::not_found, -32602},
      {Code::already_exists, -32000},      {Code::conflict, -32000},
      {Code::unauthenticated, -32000},     {Code::permission_denied, -32000},
      {Code::failed_precondition, -32000}, {Code::resource_exhausted, -32000},
      {Code::unavailable, -32000},         {Code::deadline_exceeded, -32000},
      {Code::cancelled, -32000},           {Code::unimplemented, -32601},
      {Code::data_loss, -32603},           {Code::internal, -32603}};
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const auto code = static_cast<Code>(i);
    const auto rpc = to_rpc(Error(code, "the reason why"), "request-1");
    EXPECT_EQ(rpc.code, expected.at(code)) << to_string(code);
    const bool hidden = rpc.code == code::kInternal;
    EXPECT_EQ(rpc.message.contains("the reason why"), !hidden) << to_string(code);
  }
}

TEST(McpError, faults_name_their_fields) {
  const auto rpc = to_rpc(invalid("/params/name", "missing"), "");
  ASSERT_TRUE(rpc.data);
  EXPECT_EQ(json::Value(*rpc.data->if_object()->find("fields")->if_array()->at(0).if_object()),
            json::Value(json::Object{{"field", "/params/name"}, {"description", "missing"}}));
}

TEST(McpError, an_unknown_resource_has_a_code_of_its_revision) {
  EXPECT_EQ(resource_not_found(Revision::v2025_11_25, "a:b").code, -32002);
  EXPECT_EQ(resource_not_found(Revision::v2026_07_28, "a:b").code, -32602);
}

}  // namespace
}  // namespace flotilla::mcp
