#include <fmt/format.h>

#include "base/hash.h"
#include "compat/kagent/facade_internal.h"

// Memory with vectors that the runtime makes itself, in the one store of memories.
namespace flotilla::compat::kagent {

namespace {

/// Of no model of ours: vectors of runtimes are compared with one another only.
constexpr std::string_view kModel = "kagent";
constexpr std::int64_t kDefaultDays = 15;
constexpr std::int64_t kMostDays = 36'500;
constexpr std::size_t kMostItems = 50;

struct SaveBody {
  std::string agent_name;
  std::optional<std::string> user_id;
  std::string content;
  std::vector<double> vector;
  std::optional<json::Value> metadata;
  std::optional<std::int64_t> ttl_days;
};
BOOST_DESCRIBE_STRUCT(SaveBody, (), (agent_name, user_id, content, vector, metadata, ttl_days))

struct BatchBody {
  std::vector<SaveBody> items;
};
BOOST_DESCRIBE_STRUCT(BatchBody, (), (items))

struct SearchBody {
  std::string agent_name;
  std::optional<std::string> user_id;
  std::vector<double> vector;
  std::optional<std::int64_t> limit;
  std::optional<double> min_score;
};
BOOST_DESCRIBE_STRUCT(SearchBody, (), (agent_name, user_id, vector, limit, min_score))

/// What the body says of the user is a name like `user_id` of the query: it opens no rows of
/// another principal.
agents::MemoryScope scope_of(const Facade& facade, const http::Request& request,
                             const std::string& agent_name,
                             const std::optional<std::string>& user_id) {
  auto who = who_of(request);
  if (user_id && !user_id->empty()) who.user_id = *user_id;
  const auto agent = agent_named(facade, request, agent_name);
  agents::MemoryScope scope;
  scope.name_space = agent ? agent->name_space : request.context.principal->home();
  scope.agent = agent ? agent->name : agent_name;
  scope.owner = who.user_id == who.owner ? who.owner : fmt::format("{}/{}", who.owner, who.user_id);
  return scope;
}

agents::MemoryVector vector_of(const std::vector<double>& numbers) {
  std::vector<float> values;
  values.reserve(numbers.size());
  for (const double number : numbers) values.push_back(static_cast<float>(number));
  return {std::string(kModel), std::move(values)};
}

Result<std::string> save_into(db::Batch& batch, const Facade& facade, const http::Request& request,
                              SaveBody body) {
  if (body.vector.empty()) return fail(invalid("/vector", "is missing"));
  agents::NewMemory item;
  item.name = hex(sha256(body.content)).substr(0, 32);
  item.value = std::move(body.content);
  if (body.metadata && body.metadata->if_object() != nullptr)
    item.metadata = json::to_string(*body.metadata);
  const auto days = body.ttl_days.value_or(0);
  if (days < 0 || days > kMostDays)
    return fail(invalid("/ttl_days", fmt::format("must be 0 to {}", kMostDays)));
  item.ttl = std::chrono::hours(24 * (days == 0 ? kDefaultDays : days));
  TRY_VOID(agents::Memory::prepare(item));
  const auto id = item.name;
  const auto scope = scope_of(facade, request, body.agent_name, body.user_id);
  const auto vector = vector_of(body.vector);
  TRY(steps, facade.memory.store().saving(scope, std::move(item), &vector));
  batch.add(std::move(steps));
  return id;
}

/// Memory's answers have no envelope.
http::Response bare(json::Value value, int status) {
  return http::Response::json(status, json::to_string(value));
}

Async<Result<>> check_room(const Facade& facade, agents::MemoryScope scope, std::size_t more) {
  CO_TRY(count, co_await facade.memory.store().count(std::move(scope)));
  if (count + static_cast<std::int64_t>(more) <= agents::kMaxMemoryItems) co_return ok();
  co_return fail(
      Error(Code::resource_exhausted, fmt::format("the memory is full: it has {} items", count)));
}

json::Object shown(const agents::MemoryItem& item) {
  json::Object out;
  out.append("id", item.name);
  out.append("content", item.value);
  json::Value metadata = json::Object();
  if (item.metadata)
    if (auto read = json::parse(*item.metadata)) metadata = std::move(*read);
  out.append("metadata", std::move(metadata));
  out.append("created_at", format_time(item.created_at));
  if (item.expires_at) out.append("expires_at", format_time(*item.expires_at));
  out.append("access_count", item.used);
  return out;
}

}  // namespace

Async<Answer> save_memory(const Facade& facade, http::Request& request) {
  CO_TRY(body, json::from_text<SaveBody>(request.body));
  auto scope = scope_of(facade, request, body.agent_name, body.user_id);
  CO_TRY_VOID(co_await check_room(facade, std::move(scope), 1));
  db::Batch batch;
  CO_TRY(id, save_into(batch, facade, request, std::move(body)));
  CO_TRY_VOID(co_await facade.memory.store().write(std::move(batch)));
  json::Object out;
  out.append("id", id);
  co_return bare(std::move(out), 201);
}

Async<Answer> save_memories(const Facade& facade, http::Request& request) {
  CO_TRY(body, json::from_text<BatchBody>(request.body));
  if (body.items.size() > kMostItems)
    co_return fail(invalid("/items", fmt::format("are more than {}", kMostItems)));
  db::Batch batch;
  const auto count = body.items.size();
  for (auto& item : body.items) {
    auto scope = scope_of(facade, request, item.agent_name, item.user_id);
    CO_TRY_VOID(co_await check_room(facade, std::move(scope), count));
    CO_TRY(id, save_into(batch, facade, request, std::move(item)));
    std::ignore = id;
  }
  if (count != 0) CO_TRY_VOID(co_await facade.memory.store().write(std::move(batch)));
  json::Object out;
  out.append("count", count);
  co_return bare(std::move(out), 201);
}

Async<Answer> search_memory(const Facade& facade, http::Request& request) {
  CO_TRY(body, json::from_text<SearchBody>(request.body));
  if (body.vector.empty()) co_return fail(invalid("/vector", "is missing"));
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(
      body.limit.value_or(5), 1, static_cast<std::int64_t>(agents::kMaxFoundMemories)));
  auto scope = scope_of(facade, request, body.agent_name, body.user_id);
  std::vector<agents::MemoryVector> queries;
  queries.push_back(vector_of(body.vector));
  auto& store = facade.memory.store();
  CO_TRY(found, co_await store.near(std::move(scope), std::move(queries), limit,
                                    body.min_score.value_or(0.3)));
  store.count_uses(found);
  json::Array list;
  for (const auto& one : found) {
    auto out = shown(one.item);
    out.append("score", one.score);
    list.emplace_back(std::move(out));
  }
  co_return bare(std::move(list), 200);
}

Async<Answer> list_memory(const Facade& facade, http::Request& request) {
  const auto agent = request.query_value("agent_name").value_or("");
  if (agent.empty()) co_return fail(invalid("agent_name", "is missing"));
  const auto scope = scope_of(facade, request, agent, std::nullopt);
  agents::MemoryFilter filter;
  filter.name_space = scope.name_space;
  filter.agent = scope.agent;
  filter.owner = scope.owner;
  CO_TRY(items, co_await facade.memory.store().list(std::move(filter), 0, 500));
  json::Array list;
  for (const auto& item : items) list.emplace_back(shown(item));
  co_return bare(std::move(list), 200);
}

Async<Answer> clear_memory(const Facade& facade, http::Request& request) {
  const auto agent = request.query_value("agent_name").value_or("");
  if (agent.empty()) co_return fail(invalid("agent_name", "is missing"));
  auto scope = scope_of(facade, request, agent, std::nullopt);
  CO_TRY_VOID(co_await facade.memory.clear(std::move(scope)));
  json::Object out;
  out.append("status", "deleted");
  co_return bare(std::move(out), 200);
}

}  // namespace flotilla::compat::kagent
