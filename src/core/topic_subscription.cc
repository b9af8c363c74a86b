#include "core/topic_subscription.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/limits.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

namespace {

#define FLOTILLA_SUBSCRIPTION "namespace, owner, name, patterns, position, created_at, acked_at"
const db::Statement kInsert{
    "INSERT INTO topic_subscription (" FLOTILLA_SUBSCRIPTION
    ") SELECT $1, $2, $3, $4, $5, $6, $6 WHERE (SELECT COUNT(*) FROM topic_subscription "
    "WHERE owner = $2) < $7 OR $2 = '' ON CONFLICT (namespace, owner, name) DO NOTHING"};
const db::Statement kGet{"SELECT " FLOTILLA_SUBSCRIPTION
                         " FROM topic_subscription WHERE namespace = $1 AND owner = $2 "
                         "AND name = $3"};
const db::Statement kList{"SELECT " FLOTILLA_SUBSCRIPTION
                          " FROM topic_subscription WHERE namespace = $1 AND owner = $2 "
                          "AND name > $3 ORDER BY name LIMIT $4"};
const db::Statement kAcknowledge{
    "UPDATE topic_subscription SET position = $4, acked_at = $5 "
    "WHERE namespace = $1 AND owner = $2 AND name = $3 AND position < $4"};
const db::Statement kReplace{
    "UPDATE topic_subscription SET patterns = $4 "
    "WHERE namespace = $1 AND owner = $2 AND name = $3"};
const db::Statement kRemove{
    "DELETE FROM topic_subscription WHERE namespace = $1 AND owner = $2 AND name = $3"};

TopicSubscription to_subscription(const db::Row& row) {
  TopicSubscription subscription;
  subscription.name_space = db::text_at(row, 0);
  subscription.owner = db::text_at(row, 1);
  subscription.name = db::text_at(row, 2);
  if (auto patterns = json::from_text<std::vector<std::string>>(db::text_at(row, 3)))
    subscription.patterns = std::move(*patterns);
  subscription.position = static_cast<std::uint64_t>(db::int_at(row, 4));
  subscription.created_at = sql::time_at(row, 5);
  subscription.acked_at = sql::time_at(row, 6);
  return subscription;
}

Error not_found() {
  return {Code::not_found, "there is no such subscription"};
}

Error too_many() {
  return {Code::resource_exhausted, reason::kLimitExceeded,
          fmt::format("you have {} durable subscriptions already; delete some",
                      kMaxTopicSubscriptions)};
}

}  // namespace

TopicSubscriptions::TopicSubscriptions(db::Database& database, Clock& clock)
    : database_(database), clock_(clock) {}

Async<Result<TopicSubscription>> TopicSubscriptions::open(TopicSubscription wanted, Others others) {
  const auto patterns = json::to_text(wanted.patterns);
  db::Batch batch;
  batch.add(kInsert, {wanted.name_space, wanted.owner, wanted.name, patterns,
                      static_cast<std::int64_t>(wanted.position), sql::millis(clock_.now()),
                      kMaxTopicSubscriptions});
  if (others == Others::replace)
    batch.add(kReplace, {wanted.name_space, wanted.owner, wanted.name, patterns});
  CO_TRY(done, co_await database_.write(std::move(batch)));
  auto there = co_await get(wanted.name_space, wanted.owner, wanted.name);
  if (!there && there.error().code() == Code::not_found && done.changed.at(0) == 0)
    co_return fail(too_many());
  if (there && there->patterns != wanted.patterns)
    co_return fail(Error(Code::conflict,
                         fmt::format("subscription {} has other patterns ({}); delete it, or take "
                                     "another name",
                                     wanted.name, fmt::join(there->patterns, ", "))));
  co_return there;
}

Async<Result<TopicSubscription>> TopicSubscriptions::get(std::string name_space, std::string owner,
                                                         std::string name) {
  std::vector<db::Value> parameters{std::move(name_space), std::move(owner), std::move(name)};
  CO_TRY(rows, co_await database_.read(kGet, std::move(parameters), 1));
  if (rows.empty()) co_return fail(not_found());
  co_return to_subscription(rows.front());
}

Async<Result<TopicSubscriptionPage>> TopicSubscriptions::list(std::string name_space,
                                                              std::string owner, std::string after,
                                                              std::size_t limit) {
  std::vector<db::Value> parameters{std::move(name_space), std::move(owner), std::move(after),
                                    static_cast<std::int64_t>(limit)};
  CO_TRY(rows, co_await database_.read(kList, std::move(parameters), limit));
  TopicSubscriptionPage page;
  for (const auto& row : rows) page.items.push_back(to_subscription(row));
  page.more = rows.size() == limit;
  co_return page;
}

Async<Result<>> TopicSubscriptions::acknowledge(std::string name_space, std::string owner,
                                                std::string name, std::uint64_t position) {
  db::Batch batch;
  batch.add(kAcknowledge, {name_space, owner, name, static_cast<std::int64_t>(position),
                           sql::millis(clock_.now())});
  CO_TRY(done, co_await database_.write(std::move(batch)));
  if (done.changed.at(0) > 0) co_return ok();
  CO_TRY(there, co_await get(std::move(name_space), std::move(owner), std::move(name)));
  std::ignore = there;  // it is there, and further already
  co_return ok();
}

Async<Result<>> TopicSubscriptions::remove(std::string name_space, std::string owner,
                                           std::string name) {
  db::Batch batch;
  batch.add(kRemove, {std::move(name_space), std::move(owner), std::move(name)},
            db::Expect{1, not_found()});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

}  // namespace flotilla::core
