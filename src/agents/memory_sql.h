#pragma once

#include <cctype>
#include <string>
#include <string_view>

#include "db/database.h"

/// The statements of the memory store that agent and tools share; each has namespace and owner.
namespace flotilla::agents {

inline const db::Statement kStoreMemory{
    "INSERT INTO memory_item (namespace, owner, name, value, updated_at) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, owner, name) "
    "DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"};
inline const db::Statement kRecallMemory{
    "SELECT value FROM memory_item WHERE namespace = $1 AND owner = $2 AND name = $3"};
inline const db::Statement kSearchMemory{
    "SELECT name, value FROM memory_item WHERE namespace = $1 AND owner = $2 AND "
    "(lower(name) LIKE $4 ESCAPE '\\' OR lower(value) LIKE $4 ESCAPE '\\') ORDER BY name LIMIT $3"};

/// What holds the query, as LIKE says it.
inline std::string like_pattern(std::string_view query) {
  std::string pattern = "%";
  for (char c : query) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return pattern + "%";
}

}  // namespace flotilla::agents
