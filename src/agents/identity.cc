#include "agents/identity.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace flotilla::agents {

namespace {

const db::Statement kAdd{
    "INSERT INTO agent_identity (namespace, name, uid, created_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (namespace, name) DO NOTHING"};
const db::Statement kAll{"SELECT namespace, name, uid, created_at FROM agent_identity"};

std::int64_t millis(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Async<Result<>> keep_identities(db::Database& database, core::AgentRegistry& agents) {
  db::Batch batch;
  for (const auto& agent : agents.list())
    if (!agent->resource)
      batch.add(kAdd, {agent->name_space, agent->name, agent->uid, millis(agent->created_at)});
  CO_TRY_VOID(co_await database.write(std::move(batch)));
  std::vector<db::Value> none;
  CO_TRY(rows, co_await database.read(kAll, std::move(none)));
  for (const auto& row : rows) {
    const auto agent = agents.find(db::text_at(row, 0), db::text_at(row, 1));
    if (!agent || agent->resource) continue;
    auto known = *agent;
    known.uid = db::text_at(row, 2);
    known.created_at = Time(std::chrono::milliseconds(db::int_at(row, 3)));
    agents.put(std::move(known));
  }
  co_return ok();
}

}  // namespace flotilla::agents
