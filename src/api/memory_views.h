#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/value.h"

namespace flotilla::api {

struct MemoryView {
  std::string agent;
  std::string owner;
  std::string name;
  std::string value;
  std::optional<double> score;  // of a search: 0 to 1
  Time createdAt;
  Time updatedAt;
  std::optional<Time> expiresAt;
  std::int64_t used = 0;
};
BOOST_DESCRIBE_STRUCT(MemoryView, (),
                      (agent, owner, name, value, score, createdAt, updatedAt, expiresAt, used))

struct MemoryList {
  std::vector<MemoryView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(MemoryList, (), (items, nextCursor))
constexpr bool always_written(const MemoryList*, std::string_view) {
  return true;
}

struct MemoryBody {
  std::string value;
  std::optional<std::string> name;  // of the value if absent; an earlier one is replaced
  std::optional<Duration> ttl;
};
BOOST_DESCRIBE_STRUCT(MemoryBody, (), (value, name, ttl))

struct MemoryCleared {
  std::int64_t deleted = 0;
};
BOOST_DESCRIBE_STRUCT(MemoryCleared, (), (deleted))

}  // namespace flotilla::api
