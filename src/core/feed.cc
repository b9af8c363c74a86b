#include "core/feed.h"

#include "core/task_sql.h"

namespace flotilla::core {

namespace {
const db::Statement kAll{
    "SELECT position, stream, seq, namespace, owner, at, kind, actor, payload FROM event "
    "WHERE position > $1 ORDER BY position LIMIT $2"};
const db::Statement kHead{"SELECT COALESCE(MAX(position), 0) FROM event"};

FeedEvent to_feed_event(const db::Row& row) {
  FeedEvent event;
  event.position = static_cast<std::uint64_t>(db::int_at(row, 0));
  event.stream = db::text_at(row, 1);
  event.seq = static_cast<std::uint64_t>(db::int_at(row, 2));
  event.name_space = db::text_at(row, 3);
  event.owner = db::text_at(row, 4);
  event.at = sql::time_at(row, 5);
  event.kind = db::text_at(row, 6);
  event.actor = db::text_at(row, 7);
  event.payload = db::text_at(row, 8);
  return event;
}
}  // namespace

Feed::Feed(db::Database& database, Clock& clock) : database_(database), clock_(clock) {}

void Feed::notify() {
  std::lock_guard lock(mutex_);
  ++revision_;
  for (auto& [id, waiter] : waiters_) waiter.set(true);
  waiters_.clear();
}

std::uint64_t Feed::revision() const {
  std::lock_guard lock(mutex_);
  return revision_;
}

/// Takes a waiter off the list however its wait ends.
struct Feed::Leave {
  Feed& feed;
  std::uint64_t id;
  ~Leave() {
    std::lock_guard lock(feed.mutex_);
    feed.waiters_.erase(id);
  }
};

Async<> Feed::wait(std::uint64_t seen) {
  OneShot<bool> signal;
  std::uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    if (revision_ != seen) co_return;
    id = next_waiter_++;
    waiters_.emplace(id, signal.setter());
  }
  Leave leave{*this, id};
  std::ignore = co_await signal.wait();
}

Async<Result<FeedPage>> Feed::page(std::shared_ptr<const Principal> principal, std::uint64_t after,
                                   std::size_t limit) {
  FeedPage page;
  page.next = after;
  std::vector<db::Value> parameters{static_cast<std::int64_t>(after),
                                    static_cast<std::int64_t>(limit)};
  CO_TRY(rows, co_await database_.read(kAll, parameters, limit));
  page.read = rows.size();
  for (const auto& row : rows) {
    auto event = to_feed_event(row);
    page.next = event.position;
    if (!principal->may_enter(event.name_space)) continue;
    // What has no owner belongs to everybody in its namespace.
    if (!event.owner.empty() && !principal->sees_owner(event.owner)) continue;
    page.events.push_back(std::move(event));
  }
  co_return page;
}

Async<Result<std::uint64_t>> Feed::head() {
  std::vector<db::Value> none;
  CO_TRY(rows, co_await database_.read(kHead, none, 1));
  co_return static_cast<std::uint64_t>(db::int_at(rows.at(0), 0));
}

}  // namespace flotilla::core
