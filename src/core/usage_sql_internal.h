#pragma once

#include <cstdint>
#include <string>

#include "core/usage_types.h"
#include "db/database.h"

/// Statements of the usage tables.
namespace flotilla::core::usage_sql {

extern const db::Statement kAddMinute;
extern const db::Statement kAddDay;
/// Of the task itself: says its limits too.
extern const db::Statement kAddTask;
/// Of a task above it.
extern const db::Statement kAddAbove;
/// A task and all above it, itself first: id, namespace, owner, agent, tokens, cost, limits.
extern const db::Statement kSelectChain;
extern const db::Statement kSelectTask;
extern const db::Statement kSelectAgentDay;
extern const db::Statement kSelectNamespaceDay;
extern const db::Statement kSelectSums;
extern const db::Statement kPruneMinutes;
extern const db::Statement kPruneDays;

/// Tasks above one that are looked at; the hop limit is far below.
inline constexpr std::size_t kMaxChain = 32;

inline std::int64_t minute_of(Time at) {
  return std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch()).count();
}
inline std::int64_t day_of(Time at) {
  return std::chrono::duration_cast<std::chrono::days>(at.time_since_epoch()).count();
}
Spending spending_at(const db::Row& row, std::size_t column);

}  // namespace flotilla::core::usage_sql
