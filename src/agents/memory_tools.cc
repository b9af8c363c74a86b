#include "agents/memory_tools.h"

#include <boost/describe.hpp>

#include "agents/memory_command.h"
#include "agents/memory_sql.h"
#include "auth/access.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kNamespace = "default";
constexpr std::int64_t kDefaultFound = 20;
constexpr std::int64_t kMostFound = 200;

struct StoreIn {
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(StoreIn, (), (key, value))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const StoreIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"key", "the name to recall it by; an earlier value under it is replaced"},
      {"value", "what to remember, at most 64 KiB"}};
  return kDocs;
}

struct StoreOut {
  std::string key;
  bool stored = false;
};
BOOST_DESCRIBE_STRUCT(StoreOut, (), (key, stored))

struct RecallIn {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(RecallIn, (), (key))

struct Item {
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(Item, (), (key, value))

struct SearchIn {
  std::string query;
  std::optional<std::int64_t> limit;
};
BOOST_DESCRIBE_STRUCT(SearchIn, (), (query, limit))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const SearchIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"query", "a text that the key or the value holds, in any case; empty: everything"},
      {"limit", "1 to 200; 20 if absent"}};
  return kDocs;
}

struct SearchOut {
  std::vector<Item> items;
};
BOOST_DESCRIBE_STRUCT(SearchOut, (), (items))
constexpr bool always_written(const SearchOut*, std::string_view) {
  return true;
}

struct Store {
  db::Database& database;
  Clock& clock;
};

/// As for the agent's tasks: the namespace is the agent's, the items are the caller's.
Result<std::vector<db::Value>> place_of(const mcp::Exchange& exchange) {
  const auto& principal = *exchange.caller().context.principal;
  TRY_VOID(auth::require_namespace(principal, kNamespace));
  return std::vector<db::Value>{std::string(kNamespace), principal.name};
}

Async<Result<StoreOut>> store(Store in, mcp::Exchange& exchange, StoreIn item) {
  CO_TRY(values, place_of(exchange));
  CO_TRY_VOID(auth::require(*exchange.caller().context.principal, Role::operator_));
  if (item.key.empty() || item.key.size() > kMaxMemoryKeyBytes)
    co_return fail(invalid("/key", "must have 1 to 256 bytes"));
  if (item.value.size() > kMaxMemoryValueBytes)
    co_return fail(invalid("/value", "is longer than 64 KiB"));
  values.emplace_back(item.key);
  values.emplace_back(std::move(item.value));
  values.emplace_back(static_cast<std::int64_t>(in.clock.now().time_since_epoch().count()));
  db::Batch batch;
  batch.add(kStoreMemory, std::move(values));
  CO_TRY_VOID(co_await in.database.write(std::move(batch)));
  co_return StoreOut{std::move(item.key), true};
}

Async<Result<Item>> recall(Store in, mcp::Exchange& exchange, RecallIn wanted) {
  CO_TRY(values, place_of(exchange));
  values.emplace_back(wanted.key);
  CO_TRY(rows, co_await in.database.read(kRecallMemory, std::move(values), 1));
  if (rows.empty())
    co_return fail(
        Error(Code::not_found, "nothing is remembered under that key; try memory_search"));
  Item item;
  item.key = std::move(wanted.key);
  item.value = db::text_at(rows.front(), 0);
  co_return item;
}

Async<Result<SearchOut>> search(Store in, mcp::Exchange& exchange, SearchIn wanted) {
  CO_TRY(values, place_of(exchange));
  const auto limit = wanted.limit.value_or(kDefaultFound);
  if (limit < 1 || limit > kMostFound) co_return fail(invalid("/limit", "must be from 1 to 200"));
  values.emplace_back(limit);
  values.emplace_back(like_pattern(wanted.query));
  CO_TRY(rows, co_await in.database.read(kSearchMemory, std::move(values), kMostFound));
  SearchOut out;
  for (const auto& row : rows) out.items.push_back({db::text_at(row, 0), db::text_at(row, 1)});
  co_return out;
}

}  // namespace

std::shared_ptr<gateway::ToolSource> make_memory_tools(db::Database& database, Clock& clock) {
  const Store in{database, clock};
  auto source = std::make_shared<gateway::ToolSource>();
  source->add<StoreIn, StoreOut>(
      {.name = "memory_store",
       .title = "Remember",
       .description = "Remembers a text under a key, for you alone; the memory agent knows it too.",
       .destructive = true,
       .idempotent = true},
      [in](mcp::Exchange& exchange, StoreIn item) { return store(in, exchange, std::move(item)); });
  source->add<RecallIn, Item>({.name = "memory_recall",
                               .title = "Recall",
                               .description = "What was remembered under a key.",
                               .read_only = true},
                              [in](mcp::Exchange& exchange, RecallIn wanted) {
                                return recall(in, exchange, std::move(wanted));
                              });
  source->add<SearchIn, SearchOut>({.name = "memory_search",
                                    .title = "Search memory",
                                    .description = "What was remembered with a text in it.",
                                    .read_only = true},
                                   [in](mcp::Exchange& exchange, SearchIn wanted) {
                                     return search(in, exchange, std::move(wanted));
                                   });
  return source;
}

}  // namespace flotilla::agents
