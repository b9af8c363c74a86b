#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/outbox_internal.h"
#include "core/task_snapshot.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("outbox");
/// A slow receiver's place is kept this often, not only after each page.
constexpr Duration kKeepEvery = std::chrono::seconds(1);

// What A2A shows of a task after a place. A terminal status is the last one of an ended task.
#define FLOTILLA_PUSH_EVENTS(KINDS)                                                           \
  "SELECT e.seq, e.kind, CASE WHEN LENGTH(e.payload) <= $4 THEN e.payload END, "              \
  "CASE WHEN task.state IN (3, 4, 5, 7) AND e.seq = task.status_seq THEN 1 ELSE 0 END, "      \
  "task.direct FROM event AS e JOIN task ON task.id = $2 WHERE e.stream = $1 AND e.seq > $3 " \
  "AND e.kind IN (" KINDS ") ORDER BY e.seq LIMIT $5"
const db::Statement kEvents{FLOTILLA_PUSH_EVENTS("'status', 'artifact'")};
// 0.3 sends the whole task, so that only its status makes a delivery.
const db::Statement kStatuses{FLOTILLA_PUSH_EVENTS("'status'")};
const db::Statement kPayload{"SELECT kind, payload FROM event WHERE stream = $1 AND seq = $2"};

}  // namespace

Async<Result<>> Outbox::serve(Active& active, std::optional<PushRow> row) {
  if (!row) {
    CO_TRY(found, co_await configs_.find(active.key.task, active.key.id));
    row = std::move(found);
  }
  for (std::size_t pages = 0; row && row->live && !stopping_; ++pages) {
    if (row->due_at && *row->due_at > clock_.now()) co_return ok();
    if (pages >= kOutboxTurn && queue_.size() > 0) {
      if (!queue_.push(active.peer, active.key)) ask_sweep();
      co_return ok();
    }
    CO_TRY(more, co_await serve_page(active, *row));
    if (std::exchange(active.changed, false)) {
      CO_TRY(found, co_await configs_.find(active.key.task, active.key.id));
      row = std::move(found);
    } else if (!more && !active.again) {
      co_return ok();
    }
  }
  co_return ok();
}

/// False when nothing is left to be told now.
Async<Result<bool>> Outbox::serve_page(Active& active, PushRow& row) {
  active.again = false;
  CO_TRY(page, co_await read_page(row));
  if (page.hidden) {
    row.live = false;  // a bare message is no task that A2A shows
    co_return co_await keep(row);
  }
  if (page.entries.empty()) {
    if (!row.due_at) co_return false;
    row.due_at.reset();
    CO_TRY_VOID(co_await keep(row));
    co_return false;
  }
  const bool full = page.entries.size() >= kOutboxEvents;
  CO_TRY(told, co_await tell(active, row, page));
  if (!told) co_return false;
  CO_TRY(kept, co_await keep(row));
  co_return kept&& full;
}

Async<Result<Outbox::Page>> Outbox::read_page(const PushRow& row) {
  std::vector<db::Value> parameters{
      sql::stream_of(row.task), row.task.to_string(), static_cast<std::int64_t>(row.delivered),
      static_cast<std::int64_t>(kOutboxSmallPayload), static_cast<std::int64_t>(kOutboxEvents)};
  const db::Statement& statement = row.config.legacy ? kStatuses : kEvents;
  CO_TRY(rows, co_await database_.read(statement, std::move(parameters), kOutboxEvents));
  Page page;
  page.entries.reserve(rows.size());
  for (auto& event : rows) {
    Page::Entry entry;
    entry.seq = static_cast<std::uint64_t>(db::int_at(event, 0));
    entry.kind = parse_event_kind(db::text_at(event, 1)).value_or(EventKind::status);
    entry.text = db::optional_text_at(event, 2);
    entry.terminal = db::int_at(event, 3) != 0;
    page.hidden = db::int_at(event, 4) != 0;
    page.entries.push_back(std::move(entry));
  }
  co_return page;
}

namespace {

/// One of the few that may hold a large payload; those who wait are woken by any worker's end.
class LargePayload {
 public:
  explicit LargePayload(std::size_t& count, Notifier& calm) : count_(count), calm_(calm) {
    ++count_;
  }
  LargePayload(const LargePayload&) = delete;
  LargePayload& operator=(const LargePayload&) = delete;
  ~LargePayload() {
    --count_;
    calm_.notify_all();
  }

 private:
  std::size_t& count_;
  Notifier& calm_;
};

}  // namespace

/// False when the page could not be told to its end: its place is kept then.
Async<Result<bool>> Outbox::tell(Active& active, PushRow& row, Page& page) {
  auto kept_at = clock_.steady_now();
  for (auto& entry : page.entries) {
    if (stopping_ || active.changed) break;
    std::optional<LargePayload> large;
    if (!entry.text) {
      while (large_ >= kOutboxLargeAtOnce) co_await calm_.wait();
      large.emplace(large_, calm_);
    }
    CO_TRY(payload, co_await payload_of(row, entry.seq, entry.kind, std::move(entry.text)));
    auto outcome = co_await attempt(row, payload);
    if (!outcome.delivered) {
      if (active.changed) co_return true;  // the old row's failure does not count
      CO_TRY_VOID(co_await settle_failure(row, payload, std::move(outcome), entry.terminal));
      co_return false;
    }
    metrics_.outbox_delivered.add();
    row.delivered = entry.seq;
    row.failures = 0;
    row.due_at.reset();
    if (entry.terminal) row.live = false;
    if (clock_.steady_now() - kept_at < kKeepEvery) continue;
    CO_TRY_VOID(co_await keep(row));
    kept_at = clock_.steady_now();
  }
  co_return true;
}

Async<Result<bool>> Outbox::keep(const PushRow& row, std::optional<DeadLetter> dead) {
  CO_TRY(kept, co_await configs_.keep(row, std::move(dead)));
  if (kept && !row.live) watch_.drop(row.task);
  co_return kept;
}

Async<Result<>> Outbox::settle_failure(PushRow row, const PushPayload& payload, PushOutcome outcome,
                                       bool terminal) {
  metrics_.outbox_failed.add();
  ++row.failures;
  row.due_at = std::chrono::time_point_cast<std::chrono::milliseconds>(
      clock_.now() + pause(row.failures, outcome.retry_after));
  std::optional<DeadLetter> dead;
  if (row.failures >= kOutboxAttempts) {
    dead.emplace();
    dead->seq = payload.seq;
    dead->attempts = row.failures;
    dead->error = std::move(outcome.error);
    row.delivered = payload.seq;
    if (terminal) row.live = false;
  }
  const bool gives_up = dead.has_value();
  CO_TRY(kept, co_await keep(row, std::move(dead)));
  if (gives_up && kept) metrics_.outbox_dead.add();
  if (row.live) due_by(*row.due_at);
  co_return ok();
}

Async<Result<PushPayload>> Outbox::payload_of(const PushRow& row, std::uint64_t seq, EventKind kind,
                                              std::optional<std::string> text) {
  PushPayload payload;
  payload.seq = seq;
  payload.kind = kind;
  payload.whole_task = row.config.legacy;
  if (payload.whole_task) {
    CO_TRY(task, co_await task_at(row, seq));
    payload.json = std::move(task);
    co_return payload;
  }
  if (!text) {
    std::vector<db::Value> parameters{sql::stream_of(row.task), static_cast<std::int64_t>(seq)};
    CO_TRY(rows, co_await database_.read(kPayload, std::move(parameters), 1));
    if (rows.empty()) co_return fail(Error(Code::data_loss, "an event is gone from the journal"));
    payload.kind = parse_event_kind(db::text_at(rows.front(), 0)).value_or(kind);
    text = db::text_at(rows.front(), 1);
  }
  payload.json = std::move(*text);
  co_return payload;
}

/// The task as it stood at that event.
Async<Result<std::string>> Outbox::task_at(const PushRow& row, std::uint64_t seq) {
  std::vector<db::Value> of_task{row.task.to_string()};
  CO_TRY(rows, co_await database_.read(sql::kSelectTask, std::move(of_task), 1));
  if (rows.empty()) co_return fail(Error(Code::data_loss, "a webhook's task is gone"));
  const TaskRow task = sql::to_task(rows.front());
  std::vector<db::Value> parameters{sql::stream_of(row.task), static_cast<std::int64_t>(seq)};
  CO_TRY(events,
         co_await database_.read(sql::kSelectChanges, std::move(parameters), kMaxSnapshotRows + 1));
  TaskSnapshot snapshot(task.id.to_string(), task.context_id, task.created_at);
  for (const auto& event : events) {
    const auto kind = parse_event_kind(db::text_at(event, 0)).value_or(EventKind::note);
    CO_TRY(change, to_change(kind, db::text_at(event, 1)));
    snapshot.apply(std::move(change));
  }
  co_return json::to_text(snapshot.task());
}

/// The fence: a delivery that throws is a failed one.
Async<PushOutcome> Outbox::attempt(const PushRow& row, const PushPayload& payload) {
  PushOutcome outcome;
  try {
    outcome = co_await delivery_.deliver(row, payload);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    outcome.error = "internal error";
    kLog.error("a delivery threw", {{"task", row.task.to_string()}, {"why", e.what()}});
  } catch (const std::exception& e) {
    outcome.error = "internal error";
    kLog.error("a delivery threw", {{"task", row.task.to_string()}, {"why", e.what()}});
  }
  co_return outcome;
}

Async<Result<>> Outbox::redeliver_here(DeadLetter letter) {
  CO_TRY(row, co_await configs_.find(letter.task, letter.config));
  if (!row)
    co_return fail(Error(Code::failed_precondition,
                         "the webhook of this dead letter was deleted; nothing can be sent"));
  CO_TRY(payload, co_await payload_of(*row, letter.seq, EventKind::status, std::nullopt));
  auto outcome = co_await attempt(*row, payload);
  if (!outcome.delivered) {
    metrics_.outbox_failed.add();
    co_return fail(Error(Code::unavailable, "the webhook failed again: " + outcome.error));
  }
  metrics_.outbox_delivered.add();
  co_return co_await configs_.forget(letter.id);
}

/// 1 s, 2 s, 4 s … up to five minutes, a quarter more or less; the receiver may ask for more.
Duration Outbox::pause(std::int64_t failures, std::optional<Duration> wish) {
  const auto doublings = std::clamp<std::int64_t>(failures - 1, 0, 9);
  Duration plain = std::min<Duration>(kOutboxLongestPause, kOutboxFirstPause * (1LL << doublings));
  std::uint32_t dice = 0;
  random_.fill(&dice, sizeof dice);
  const auto share = static_cast<std::int64_t>(dice % 501) - 250;  // per mille
  plain += plain / 1000 * share;
  return std::max(plain, std::min(wish.value_or(Duration::zero()), kOutboxRetryAfter));
}

}  // namespace flotilla::core
