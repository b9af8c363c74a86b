#include "mcp/legacy_sessions.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "http/status.h"
#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kSessionIdBytes = 24;

std::unexpected<Refusal> refuse(int status, RpcError error) {
  return std::unexpected(Refusal{status, std::move(error)});
}

std::unexpected<Refusal> unknown() {
  return refuse(404, rpc_error(code::kSessionNotFound, "Session not found"));
}

bool is_plausible(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         std::ranges::all_of(id, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

std::string LegacySessions::make_id() {
  std::string bytes(kSessionIdBytes, '\0');
  services_.random.fill(bytes.data(), bytes.size());
  return base64url(bytes);
}

std::uint64_t LegacySessions::make_number() {
  std::uint64_t number = 0;
  services_.random.fill(&number, sizeof(number));
  return number >> 16U;
}

Async<std::expected<std::shared_ptr<LegacySession>, Refusal>> LegacySessions::find(
    const http::Request& request) {
  const auto id = single_header(request.headers, "Mcp-Session-Id");
  if (!id)
    co_return refuse(400, rpc_error(code::kServerError,
                                    "Bad Request: Mcp-Session-Id is missing or repeated; send "
                                    "initialize first"));
  if (!is_plausible(*id)) co_return unknown();
  const std::string key(*id);
  auto record = co_await services_.sessions.find(key);
  if (!record) {
    if (record.error().code() != Code::not_found)
      co_return refuse(http::status_of(record.error().code()),
                       to_rpc(record.error(), request.context.request_id));
    if (auto gone = forget(key)) gone->cancel_all();
    co_return unknown();
  }
  if (record->principal != request.context.principal->name) co_return unknown();
  co_return live(std::move(*record));
}

Async<Result<std::shared_ptr<LegacySession>>> LegacySessions::create(const Context& context,
                                                                     SessionRecord record) {
  record.id = make_id();
  record.principal = context.principal->name;
  CO_TRY_VOID(co_await services_.sessions.create(record));
  co_return live(std::move(record));
}

Async<Result<>> LegacySessions::remove(const std::string& id) {
  CO_TRY_VOID(co_await services_.sessions.remove(id));
  if (auto gone = forget(id)) gone->cancel_all();
  co_return ok();
}

std::shared_ptr<LegacySession> LegacySessions::live(SessionRecord record) {
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(record.id);
  if (found != live_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return order_.front();
  }
  make_room();
  const std::string id = record.id;
  order_.push_front(std::make_shared<LegacySession>(std::move(record), nullptr, make_number()));
  live_.emplace(id, order_.begin());
  return order_.front();
}

std::shared_ptr<LegacySession> LegacySessions::forget(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto found = live_.find(id);
  if (found == live_.end()) return nullptr;
  auto session = *found->second;
  order_.erase(found->second);
  live_.erase(found);
  return session;
}

/// Drops idle sessions that were not used for longest; what is under way stays.
void LegacySessions::make_room() {
  constexpr int kLooks = 16;
  auto last = order_.end();
  for (int look = 0; look < kLooks && order_.size() >= kMaxLiveSessions; ++look) {
    if (last == order_.begin()) return;
    --last;
    // Someone may hold it for a request that has not begun yet.
    if (last->use_count() > 1 || !(*last)->idle()) continue;
    live_.erase((*last)->record().id);
    last = order_.erase(last);
  }
}

}  // namespace flotilla::mcp
