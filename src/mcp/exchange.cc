#include "mcp/exchange.h"

#include <utility>

#include "mcp/requests.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {

const json::Value* progress_token(const json::Object& meta) {
  const json::Value* token = meta.find("progressToken");
  if (token == nullptr) return nullptr;
  return token->if_string() != nullptr || token->as_int64() ? token : nullptr;
}

RequestExchange::RequestExchange(Caller caller, json::Object meta, Outlet* outlet,
                                 const LogThreshold& threshold)
    : caller_(std::move(caller)),
      meta_(std::move(meta)),
      token_(outlet == nullptr ? nullptr : progress_token(meta_)),
      outlet_(outlet),
      threshold_(threshold) {}

Async<> RequestExchange::progress(json::Value progress, std::optional<json::Value> total,
                                  std::string message) {
  const auto value = progress.as_double();
  if (token_ == nullptr || !value || (last_progress_ && *value <= *last_progress_)) co_return;
  last_progress_ = value;
  json::Object params;
  params.append("progressToken", *token_);
  params.append("progress", std::move(progress));
  if (total) params.append("total", std::move(*total));
  if (!message.empty() && caller_.revision >= Revision::v2025_03_26)
    params.append("message", std::move(message));
  auto text = write_notification("notifications/progress", std::move(params));
  co_await outlet_->send(std::move(text));
}

Async<> RequestExchange::log(std::string level, std::string logger, json::Value data) {
  const auto severity = find_log_level(level);
  if (outlet_ == nullptr || !severity || *severity < threshold_.load()) co_return;
  json::Object params;
  params.append("level", std::move(level));
  if (!logger.empty()) params.append("logger", std::move(logger));
  params.append("data", std::move(data));
  auto text = write_notification("notifications/message", std::move(params));
  co_await outlet_->send(std::move(text));
}

Async<> RequestExchange::notify(std::string method, json::Object params) {
  if (outlet_ == nullptr) co_return;
  auto text = write_notification(method, std::move(params));
  co_await outlet_->send(std::move(text));
}

Async<> RequestExchange::release_connection(Duration retry) {
  if (outlet_ == nullptr || caller_.revision < Revision::v2025_11_25) co_return;
  co_await outlet_->release_connection(retry);
}

}  // namespace flotilla::mcp
