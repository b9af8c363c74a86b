#include "gateway/mcp/pins.h"

#include <utility>

namespace flotilla::gateway {
namespace {

constexpr std::size_t kMaxPins = 50'000;

const db::Statement kLoad{"SELECT tool, hash FROM mcp_tool_pin WHERE server = $1 LIMIT 50001"};
const db::Statement kSet{
    "INSERT INTO mcp_tool_pin (server, tool, hash, pinned_at, pinned_by) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (server, tool) DO UPDATE SET "
    "hash = excluded.hash, pinned_at = excluded.pinned_at, pinned_by = excluded.pinned_by"};
const db::Statement kRemove{"DELETE FROM mcp_tool_pin WHERE server = $1"};

}  // namespace

Async<Result<Pins::Hashes>> Pins::load(std::string server_uid) {
  std::vector<db::Value> key{std::move(server_uid)};
  CO_TRY(rows, co_await database_.read(kLoad, std::move(key), kMaxPins + 1));
  Hashes hashes;
  for (const auto& row : rows) hashes.emplace(db::text_at(row, 0), db::text_at(row, 1));
  co_return hashes;
}

Async<Result<>> Pins::set(std::string server_uid, Hashes hashes, std::string by) {
  if (hashes.empty()) co_return ok();
  const auto now = static_cast<std::int64_t>(clock_.now().time_since_epoch().count());
  db::Batch batch;
  for (auto& [tool, hash] : hashes) batch.add(kSet, {server_uid, tool, std::move(hash), now, by});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

Async<Result<>> Pins::remove(std::string server_uid) {
  db::Batch batch;
  batch.add(kRemove, {std::move(server_uid)});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

}  // namespace flotilla::gateway
