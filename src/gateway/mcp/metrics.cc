#include "gateway/mcp/metrics.h"

#include <string>
#include <variant>

namespace flotilla::gateway {
namespace {

constexpr const char* kRequests = "flotilla_mcp_client_requests_total";
constexpr const char* kRequestsHelp =
    "Requests to tool servers by outcome: ok, tool_error, rpc_error, or why there was no answer";

std::string outcome_of(const Result<mcp::Reply>& reply) {
  if (!reply) return std::string(to_string(reply.error().code()));
  if (std::holds_alternative<mcp::RpcError>(*reply)) return "rpc_error";
  const auto* complete = std::get_if<mcp::Complete>(&*reply);
  if (complete == nullptr) return "ok";
  const auto* failed = complete->result.find("isError");
  return failed != nullptr && *failed == json::Value(true) ? "tool_error" : "ok";
}

}  // namespace

ToolServerMetrics::ToolServerMetrics(telemetry::Registry* registry) : registry_(registry) {
  if (registry == nullptr) return;
  answered_ = &registry->counter(kRequests, kRequestsHelp, {{"outcome", "ok"}});
  seconds_ = &registry->histogram("flotilla_mcp_client_request_seconds",
                                  "From a request to a tool server to its answer or failure",
                                  {0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300});
}

void ToolServerMetrics::count(Duration took, const Result<mcp::Reply>& reply) {
  if (registry_ == nullptr) return;
  seconds_->observe(took);
  const std::string outcome = outcome_of(reply);
  if (outcome == "ok")
    answered_->add();
  else
    registry_->counter(kRequests, kRequestsHelp, {{"outcome", outcome}}).add();
}

}  // namespace flotilla::gateway
