#include "gateway/mcp/metrics.h"

#include <gtest/gtest.h>

namespace flotilla::gateway {
namespace {

Result<mcp::Reply> complete(json::Object result) {
  return mcp::Reply(mcp::Complete{std::move(result)});
}

TEST(ToolServerMetrics, requests_are_counted_by_what_became_of_them) {
  telemetry::Registry registry;
  ToolServerMetrics metrics(&registry);
  metrics.count(std::chrono::seconds(2), complete({}));
  metrics.count(std::chrono::seconds(1), complete({{"isError", true}}));
  metrics.count({}, mcp::Reply(mcp::RpcError{-32602, "no", {}}));
  metrics.count({}, fail(Error(Code::unavailable, "gone")));
  const std::string text = registry.render();
  for (const auto* outcome : {"ok", "tool_error", "rpc_error", "unavailable"})
    EXPECT_NE(text.find("flotilla_mcp_client_requests_total{outcome=\"" + std::string(outcome) +
                        "\"} 1\n"),
              std::string::npos)
        << outcome << "\n"
        << text;
  EXPECT_NE(text.find("flotilla_mcp_client_request_seconds_sum 3\n"), std::string::npos) << text;
  ToolServerMetrics(nullptr).count({}, complete({}));
}

}  // namespace
}  // namespace flotilla::gateway
