#include <algorithm>
#include <map>
#include <tuple>

#include "core/limits.h"
#include "core/usage_ledger_internal.h"
#include "core/usage_sql_internal.h"

namespace flotilla::core {

namespace {

using Key = std::tuple<std::int64_t, std::string, std::string, std::string, std::string>;

std::int64_t flag(bool on) {
  return on ? 1 : 0;
}

std::vector<db::Value> parameters(const UsageQuery& query, const std::string& name_space,
                                  const std::string& owner) {
  // A minute that has begun when the time ends belongs to it.
  const std::int64_t end =
      usage_sql::minute_of(query.until + std::chrono::minutes(1) - std::chrono::milliseconds(1));
  const auto step = std::chrono::duration_cast<std::chrono::minutes>(query.step).count();
  return {usage_sql::minute_of(query.since),
          end,
          std::int64_t{step},
          flag(query.by_agent),
          flag(query.by_model),
          flag(query.by_owner),
          name_space,
          query.agent.value_or(""),
          query.model.value_or(""),
          owner,
          static_cast<std::int64_t>(kUsageRows + 1)};
}

void add(UsageSum& sum, const db::Row& row) {
  sum.requests += db::int_at(row, 5);
  sum.errors += db::int_at(row, 6);
  sum.tokens.input += db::int_at(row, 7);
  sum.tokens.output += db::int_at(row, 8);
  sum.tokens.cached_input += db::int_at(row, 9);
  sum.tokens.cache_write += db::int_at(row, 10);
  sum.tokens.reasoning += db::int_at(row, 11);
  sum.cost.nanos += db::int_at(row, 12);
  sum.latency_ms += db::int_at(row, 13);
}

/// The namespaces to ask for; "" is all of them.
std::vector<std::string> places(const Principal& principal, const UsageQuery& query) {
  if (query.name_space) {
    if (!principal.may_enter(*query.name_space)) return {};
    return {*query.name_space};
  }
  if (principal.all_namespaces) return {""};
  return principal.namespaces;
}

/// Whose rows: "" is everybody's; nullopt: none that the caller may see.
std::optional<std::string> owner_of(const Principal& principal, const UsageQuery& query) {
  if (query.owner) {
    if (!principal.sees_owner(*query.owner)) return std::nullopt;
    return query.owner;
  }
  return principal.role == Role::admin ? "" : principal.name;
}

Error too_many() {
  return invalid("step",
                 "gives more than 10000 sums; take a longer step, a shorter time, or fewer "
                 "groups");
}

}  // namespace

Async<Result<std::vector<UsageSum>>> Usage::sums(std::shared_ptr<const Principal> principal,
                                                 UsageQuery query) {
  std::vector<UsageSum> answer;
  const auto owner = owner_of(*principal, query);
  if (!owner) co_return answer;
  std::map<Key, UsageSum> found;
  for (const auto& place : places(*principal, query)) {
    auto values = parameters(query, place, *owner);
    CO_TRY(rows, co_await ledger_->database.read(usage_sql::kSelectSums, values, kUsageRows + 1));
    for (const auto& row : rows) {
      const std::string name_space = query.by_namespace ? db::text_at(row, 1) : std::string();
      Key key{db::int_at(row, 0), name_space, db::text_at(row, 2), db::text_at(row, 3),
              db::text_at(row, 4)};
      add(found[std::move(key)], row);
    }
    if (rows.size() > kUsageRows || found.size() > kUsageRows) co_return fail(too_many());
  }
  answer.reserve(found.size());
  for (auto& [key, sum] : found) {
    std::int64_t minute = 0;
    std::tie(minute, sum.name_space, sum.agent, sum.model, sum.owner) = key;
    sum.at = Time{std::chrono::minutes{minute}};
    answer.push_back(std::move(sum));
  }
  co_return answer;
}

}  // namespace flotilla::core
