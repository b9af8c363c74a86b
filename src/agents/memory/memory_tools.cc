#include "agents/memory/memory_tools.h"

#include <boost/describe.hpp>

#include "auth/access.h"
#include "base/id.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kNamespace = "default";
constexpr std::string_view kMemoryAgent = "memory";
constexpr std::int64_t kDefaultFound = 20;
constexpr std::int64_t kMostFound = 200;
constexpr std::string_view kAgentDoc =
    "whose memory: `name` or `namespace/name` of an agent; the memory agent's if absent";

struct StoreIn {
  std::string key;
  std::string value;
  std::optional<std::string> agent;
  std::optional<Duration> ttl;
};
BOOST_DESCRIBE_STRUCT(StoreIn, (), (key, value, agent, ttl))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const StoreIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"key", "the name to recall it by; an earlier value under it is replaced"},
      {"value", "what to remember, at most 64 KiB"},
      {"agent", kAgentDoc},
      {"ttl", "how long, such as 24h or 15d; until it is deleted if absent"}};
  return kDocs;
}

struct StoreOut {
  std::string key;
  bool stored = false;
};
BOOST_DESCRIBE_STRUCT(StoreOut, (), (key, stored))

struct RecallIn {
  std::string key;
  std::optional<std::string> agent;
};
BOOST_DESCRIBE_STRUCT(RecallIn, (), (key, agent))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const RecallIn*) {
  static constexpr json::FieldDoc kDocs[] = {{"agent", kAgentDoc}};
  return kDocs;
}

struct DeleteOut {
  std::string key;
  bool deleted = false;
};
BOOST_DESCRIBE_STRUCT(DeleteOut, (), (key, deleted))

struct Item {
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(Item, (), (key, value))

struct SearchIn {
  std::string query;
  std::optional<std::int64_t> limit;
  std::optional<std::string> agent;
};
BOOST_DESCRIBE_STRUCT(SearchIn, (), (query, limit, agent))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const SearchIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"query",
       "a text that the key or the value holds, in any case, or else words; empty: everything"},
      {"limit", "1 to 200; 20 if absent"},
      {"agent", kAgentDoc}};
  return kDocs;
}

struct SearchOut {
  std::vector<Item> items;
};
BOOST_DESCRIBE_STRUCT(SearchOut, (), (items))
constexpr bool always_written(const SearchOut*, std::string_view) {
  return true;
}

/// The namespace is the agent's, the items are the caller's.
Result<MemoryScope> scope_of(const mcp::Exchange& exchange,
                             const std::optional<std::string>& agent) {
  const auto& principal = *exchange.caller().context.principal;
  MemoryScope scope{std::string(kNamespace), agent.value_or(std::string(kMemoryAgent)),
                    principal.name};
  if (const auto slash = scope.agent.find('/'); slash != std::string::npos) {
    scope.name_space = scope.agent.substr(0, slash);
    scope.agent.erase(0, slash + 1);
  }
  if (!is_label(scope.name_space) || !is_label(scope.agent))
    return fail(invalid("/agent", "must be the name of an agent, or namespace/name"));
  TRY_VOID(auth::require_namespace(principal, scope.name_space));
  return scope;
}

Async<Result<StoreOut>> store(Memory& memory, mcp::Exchange& exchange, StoreIn in) {
  CO_TRY(scope, scope_of(exchange, in.agent));
  CO_TRY_VOID(auth::require(*exchange.caller().context.principal, Role::operator_));
  if (in.key.empty() || in.key.size() > kMaxMemoryNameBytes)
    co_return fail(invalid("/key", "must have 1 to 256 bytes"));
  NewMemory item;
  item.name = std::move(in.key);
  item.value = std::move(in.value);
  item.ttl = in.ttl;
  CO_TRY(name, co_await memory.save(std::move(scope), std::move(item), Embedder()));
  co_return StoreOut{std::move(name), true};
}

Async<Result<Item>> recall(Memory& memory, mcp::Exchange& exchange, RecallIn wanted) {
  CO_TRY(scope, scope_of(exchange, wanted.agent));
  CO_TRY(found, co_await memory.store().find(std::move(scope), wanted.key));
  if (!found)
    co_return fail(
        Error(Code::not_found, "nothing is remembered under that key; try memory_search"));
  co_return Item{std::move(found->name), std::move(found->value)};
}

Async<Result<DeleteOut>> remove(Memory& memory, mcp::Exchange& exchange, RecallIn unwanted) {
  CO_TRY(scope, scope_of(exchange, unwanted.agent));
  CO_TRY_VOID(auth::require(*exchange.caller().context.principal, Role::operator_));
  CO_TRY(removed, co_await memory.remove(std::move(scope), unwanted.key));
  co_return DeleteOut{std::move(unwanted.key), removed};
}

Async<Result<SearchOut>> search(Memory& memory, mcp::Exchange& exchange, SearchIn wanted) {
  CO_TRY(scope, scope_of(exchange, wanted.agent));
  const auto limit = wanted.limit.value_or(kDefaultFound);
  if (limit < 1 || limit > kMostFound) co_return fail(invalid("/limit", "must be from 1 to 200"));
  CO_TRY(items, co_await memory.containing(std::move(scope), std::move(wanted.query), limit));
  SearchOut out;
  for (auto& item : items) out.items.push_back({std::move(item.name), std::move(item.value)});
  co_return out;
}

}  // namespace

std::shared_ptr<gateway::ToolSource> make_memory_tools(Memory& memory) {
  auto source = std::make_shared<gateway::ToolSource>();
  source->add<StoreIn, StoreOut>(
      {.name = "memory_store",
       .title = "Remember",
       .description = "Remembers a text under a key, for you alone; the memory agent knows it too.",
       .destructive = true,
       .idempotent = true},
      [&memory](mcp::Exchange& exchange, StoreIn in) {
        return store(memory, exchange, std::move(in));
      });
  source->add<RecallIn, Item>({.name = "memory_recall",
                               .title = "Recall",
                               .description = "What was remembered under a key.",
                               .read_only = true},
                              [&memory](mcp::Exchange& exchange, RecallIn wanted) {
                                return recall(memory, exchange, std::move(wanted));
                              });
  source->add<RecallIn, DeleteOut>({.name = "memory_delete",
                                    .title = "Forget",
                                    .description = "Deletes what was remembered under a key.",
                                    .destructive = true,
                                    .idempotent = true},
                                   [&memory](mcp::Exchange& exchange, RecallIn unwanted) {
                                     return remove(memory, exchange, std::move(unwanted));
                                   });
  source->add<SearchIn, SearchOut>({.name = "memory_search",
                                    .title = "Search memory",
                                    .description = "What was remembered with a text in it.",
                                    .read_only = true},
                                   [&memory](mcp::Exchange& exchange, SearchIn wanted) {
                                     return search(memory, exchange, std::move(wanted));
                                   });
  return source;
}

}  // namespace flotilla::agents
