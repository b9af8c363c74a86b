#include "core/limits.h"
#include "core/metrics.h"
#include "core/task_log.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

void TaskLog::apply_to_snapshot(PendingEvent& pending) {
  if (!snapshot_) return;
  snapshot_bytes_ += pending.event->payload->size();
  if (snapshot_bytes_ > kMaxCachedSnapshot) {
    snapshot_.reset();
    return;
  }
  snapshot_->apply(std::move(pending.draft.change));
}

Async<Result<std::pair<a2a::Task, std::uint64_t>>> TaskLog::load(Ptr log) {
  TaskRow row;
  {
    std::lock_guard lock(log->mutex_);
    if (log->broken_) co_return fail(*log->broken_);
    if (log->snapshot_) co_return std::make_pair(log->snapshot_->task(), log->committed_.seq);
    row = log->committed_;
  }
  std::vector<db::Value> parameters{sql::stream_of(row.id), static_cast<std::int64_t>(row.seq)};
  auto& database = log->services_.database;
  CO_TRY(events, co_await database.read(sql::kSelectChanges, parameters, kMaxSnapshotRows + 1));
  TaskSnapshot snapshot(row.id.to_string(), row.context_id, row.created_at);
  for (const auto& event : events) {
    const auto kind = parse_event_kind(db::text_at(event, 0)).value_or(EventKind::note);
    CO_TRY(change, to_change(kind, db::text_at(event, 1)));
    snapshot.apply(std::move(change));
  }
  co_return std::make_pair(std::move(snapshot).take(), row.seq);
}

Async<Result<TaskLog::Encoded>> TaskLog::encode(Ptr log) {
  Encoded encoded;
  {
    std::lock_guard lock(log->mutex_);
    encoded.seq = log->committed_.seq;
    encoded.generation = log->committed_.generation;
    encoded.state = log->committed_.state;
    encoded.text = log->encoded_.lock();
    if (!encoded.text && log->snapshot_ && !log->broken_) {
      encoded.text = std::make_shared<const std::string>(json::to_text(log->snapshot_->task()));
      log->encoded_ = encoded.text;
    }
    if (encoded.text) co_return encoded;
  }
  CO_TRY(loaded, co_await load(log));
  encoded.text = std::make_shared<const std::string>(json::to_text(loaded.first));
  encoded.seq = loaded.second;
  encoded.generation = 0;
  encoded.state = loaded.first.status.state;
  std::lock_guard lock(log->mutex_);
  if (log->committed_.seq == encoded.seq) {
    log->encoded_ = encoded.text;
    encoded.generation = log->committed_.generation;
  }
  co_return encoded;
}

Async<Result<std::shared_ptr<const std::string>>> TaskLog::snapshot(Ptr log) {
  CO_TRY(encoded, co_await encode(std::move(log)));
  co_return std::move(encoded.text);
}

Result<std::unique_ptr<Subscription>> TaskLog::subscribe(Ptr log,
                                                         std::optional<std::uint64_t> after) {
  std::lock_guard lock(log->mutex_);
  if (log->broken_) return fail(*log->broken_);
  const std::uint64_t seq = log->stored_ ? log->committed_.seq : 0;
  if (after.value_or(0) > seq)
    return fail(invalid("cursor", "no event has this number yet; subscribe without a cursor"));
  std::shared_ptr<Mailbox> mailbox;
  if (!a2a::is_terminal(log->committed_.state)) {
    mailbox = std::make_shared<Mailbox>();
    log->mailboxes_.push_back(mailbox);
    log->services_.metrics.subscribers.add(1);
  }
  return std::make_unique<Subscription>(log, std::move(mailbox), after.value_or(seq), seq);
}

Async<Result<TaskLog::View>> TaskLog::view(Ptr log) {
  // The subscription comes first; the snapshot then has seq or later, and what the snapshot already
  // shows is not given again.
  CO_TRY(subscription, subscribe(log, std::nullopt));
  CO_TRY(encoded, co_await encode(log));
  View view;
  view.task = std::move(encoded.text);
  view.seq = encoded.seq;
  view.generation = encoded.generation;
  view.state = encoded.state;
  view.subscription = std::move(subscription);
  view.subscription->skip_to(view.seq);
  co_return view;
}

void TaskLog::unsubscribe(const std::shared_ptr<Mailbox>& mailbox) {
  services_.metrics.subscribers.add(-1);
  std::lock_guard lock(mutex_);
  std::erase(mailboxes_, mailbox);
}

Async<Result<std::vector<EventPtr>>> TaskLog::stored_events(std::uint64_t after,
                                                            std::uint64_t up_to,
                                                            std::size_t limit) {
  std::vector<db::Value> parameters{
      sql::stream_of(committed().id), static_cast<std::int64_t>(after),
      static_cast<std::int64_t>(up_to), static_cast<std::int64_t>(limit)};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectEvents, parameters, limit));
  std::vector<EventPtr> events;
  events.reserve(rows.size());
  for (const auto& row : rows) events.push_back(sql::to_event(row));
  co_return events;
}

}  // namespace flotilla::core
