#include <algorithm>
#include <utility>

#include "mcp/conformance_content_internal.h"

namespace flotilla::mcp {
namespace {

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr auto kRetry = std::chrono::milliseconds(500);
constexpr double kLongestWork = 3600;

Async<> tell_progress(Exchange& exchange, Clock& clock) {
  for (const int percent : {0, 50, 100}) {
    json::Value done(percent);
    std::optional<json::Value> total(std::in_place, 100);
    co_await exchange.progress(std::move(done), std::move(total), "");
    co_await clock.sleep_for(kPause);
  }
}

Async<> tell_logs(Exchange& exchange, Clock& clock) {
  for (const char* text :
       {"Tool execution started", "Tool processing data", "Tool execution completed"}) {
    json::Value data(text);
    co_await exchange.log("info", "conformance", std::move(data));
    co_await clock.sleep_for(kPause);
  }
}

}  // namespace

std::optional<Duration> waiting_tool(const CallTool& request) {
  if (request.name != "slow_compute") return std::nullopt;
  const json::Value* value = request.arguments.find("seconds");
  const auto seconds = value == nullptr ? std::nullopt : value->as_double();
  const std::chrono::duration<double> work(std::clamp(seconds.value_or(0), 0.0, kLongestWork));
  return std::chrono::duration_cast<Duration>(work);
}

Async<Result<Reply>> telling_tool(Exchange& exchange, CallTool request, Clock& clock) {
  if (request.name == "test_tool_with_progress") {
    co_await tell_progress(exchange, clock);
  } else if (request.name == "test_tool_with_logging" || request.name == "test_logging_tool") {
    co_await tell_logs(exchange, clock);
  } else if (request.name == "test_reconnection") {
    co_await exchange.release_connection(kRetry);
    co_await clock.sleep_for(kPause * 4);
  } else {
    co_return fail(Error(Code::not_found, "Unknown tool: " + request.name));
  }
  co_return tool_text("done: " + request.name);
}

}  // namespace flotilla::mcp
