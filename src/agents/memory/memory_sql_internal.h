#pragma once

#include <vector>

#include "agents/memory/memory_store.h"
#include "db/database.h"

/// The statements of the table `memory`. $1 to $3 are namespace, owner, agent wherever a scope is
/// meant, and $4 is now wherever items are read.
namespace flotilla::agents::memory_sql {

extern const db::Statement kSave;    // … $4 name, value, metadata, now, ttl, expires, model, vector
extern const db::Statement kPrune;   // $1 now, $2 at most so many
extern const db::Statement kRemove;  // $4 name
extern const db::Statement kClear;   //
extern const db::Statement kCount;   //
extern const db::Statement kFind;    // $5 name
extern const db::Statement kByNumber;       // $5 number
extern const db::Statement kContaining;     // $5 pattern, $6 limit
extern const db::Statement kWithoutVector;  // $5 model, $6 limit
extern const db::Statement kVectors;        // $5 model, $6 after number, $7 limit: number, vector
extern const db::Statement kWords;          // $5 model not wanted, $6 after, $7 limit, $8… patterns
extern const db::Statement kAddVector;      // $1 number, $2 model, $3 vector, $4 when it was saved
extern const db::Statement kUse;            // $1 number, $2 now

/// $1 namespace, $2 now, $3 below this number, $4 limit; then what the filter has, owner first.
const db::Statement& list_of(const MemoryFilter& filter);

std::vector<db::Value> scope_values(const MemoryScope& scope);
/// Of a row of any statement that returns items.
MemoryItem read_item(const db::Row& row);

}  // namespace flotilla::agents::memory_sql
