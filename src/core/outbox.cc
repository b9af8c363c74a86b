#include "core/outbox.h"

#include <algorithm>

#include "async/cancel.h"
#include "async/spawn.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/outbox_internal.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("outbox");
constexpr Duration kEndgame = std::chrono::seconds(2);

/// `https://host:port`, as far as it must tell receivers apart.
std::string peer_of(const std::string& url) {
  const auto authority = url.find("://");
  if (authority == std::string::npos) return url;
  return url.substr(0, url.find_first_of("/?#", authority + 3));
}

}  // namespace

Outbox::Outbox(Executor loop, db::Database& database, Clock& clock, Random& random,
               Metrics& metrics, PushConfigs& configs, PushDelivery& delivery)
    : loop_(loop),
      database_(database),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      configs_(configs),
      delivery_(delivery),
      queue_(kOutboxWaiting),
      changed_(loop),
      calm_(loop),
      group_(std::make_unique<TaskGroup>(loop)) {}

Outbox::~Outbox() = default;

void Outbox::start() {
  auto begin = [](Outbox& self) -> Async<> {
    self.group_->spawn(self.run());
    co_return;
  };
  spawn_detached(loop_, begin(*this));
}

Async<> Outbox::stop() {
  auto end = [](Outbox& self) -> Async<> {
    self.stopping_ = true;
    const auto deadline = self.clock_.steady_now() + kEndgame;
    while (!self.active_.empty() && self.clock_.steady_now() < deadline) {
      auto calm = self.calm_.wait();
      std::ignore = co_await with_deadline(std::move(calm), deadline, self.clock_);
    }
    self.group_->cancel();
    co_await self.group_->join();
  };
  auto ended = end(*this);
  co_await run_on(loop_, std::move(ended));
}

std::string Outbox::insert(db::Batch& batch, const TaskRow& row, PushConfig config) {
  configs_.name(config, row.id);
  watch_.add(row.id);
  configs_.insert(batch, row, config);
  return config.id;
}

Async<Result<std::string>> Outbox::create(TaskRow row, PushConfig config) {
  db::Batch batch;
  auto id = insert(batch, row, std::move(config));
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  wake(row.id, true);  // what was committed before the row was there woke nobody
  co_return id;
}

Async<Result<>> Outbox::remove(TaskId task, std::string id) {
  CO_TRY(existed, co_await configs_.remove(task, std::move(id)));
  if (existed) wake(task, true);
  co_return ok();
}

Async<Result<>> Outbox::redeliver(DeadLetter letter) {
  auto work = redeliver_here(std::move(letter));
  co_return co_await run_on(loop_, std::move(work));
}

void Outbox::wake(const TaskId& task, bool changed) {
  {
    std::lock_guard lock(mutex_);
    if (news_.size() < kOutboxNews || news_.contains(task))
      news_[task] |= changed;
    else
      news_lost_ = true;
    if (std::exchange(told_, true)) return;
  }
  changed_.post_notify_all();
}

Async<> Outbox::run() {
  for (;;) {
    const auto done = co_await round();
    if (!done) {
      kLog.warn("the store failed; trying again", {{"why", done.error()}});
      ask_sweep();  // finds what this round had in hand
      co_await clock_.sleep_for(kOutboxStorePause);
    }
    co_await rest();
  }
}

Async<Result<>> Outbox::round() {
  if (stopping_) co_return ok();
  CO_TRY_VOID(co_await take_news());
  fill();
  CO_TRY_VOID(co_await sweep());
  CO_TRY_VOID(co_await take_due());
  fill();
  co_return ok();
}

bool Outbox::idle() {
  {
    std::lock_guard lock(mutex_);
    if (told_) return false;
  }
  if (sweep_ && queue_.size() < kOutboxWaiting / 2) return false;
  const bool due = due_left_ || (next_due_ && *next_due_ <= clock_.now());
  return !due || failing_ >= kOutboxFailing;
}

Async<> Outbox::rest() {
  if (!stopping_ && !idle()) co_return;
  if (!next_due_ || *next_due_ <= clock_.now() || stopping_) {
    co_await changed_.wait();
    co_return;
  }
  auto change = changed_.wait();
  const auto until = clock_.steady_now() + (*next_due_ - clock_.now());
  std::ignore = co_await with_deadline(std::move(change), until, clock_);
}

/// All live webhooks that are behind: at the start, and when something did not fit into memory.
Async<Result<>> Outbox::sweep() {
  while (sweep_ && queue_.size() < kOutboxWaiting / 2) {
    const std::string task = sweep_->id.empty() ? "" : sweep_->task.to_string();
    CO_TRY(rows, co_await configs_.live_after(task, sweep_->id, kOutboxPage));
    const bool last = rows.size() < kOutboxPage;
    if (!last) sweep_ = PushKey{rows.back().task, rows.back().config.id};
    for (auto& row : rows) {
      if (counting_) watch_.add(row.task);
      if (row.due_at) due_by(*row.due_at);
      if (row.behind) CO_TRY_VOID(co_await offer(std::move(row)));
    }
    if (!last) continue;
    sweep_.reset();
    if (std::exchange(sweep_again_, false)) sweep_ = PushKey{};
    if (std::exchange(counting_, false)) watch_.complete();
    break;
  }
  co_return ok();
}

Async<Result<>> Outbox::take_news() {
  News news;
  {
    std::lock_guard lock(mutex_);
    std::swap(news, news_);
    told_ = false;
    if (std::exchange(news_lost_, false)) ask_sweep();
  }
  for (const auto& [task, changed] : news) {
    auto found = active_.lower_bound(PushKey{task, ""});
    for (; found != active_.end() && found->first.task == task; ++found) {
      found->second->again = true;
      found->second->changed |= changed;
    }
    CO_TRY(rows, co_await configs_.live_of(task));
    for (auto& row : rows) CO_TRY_VOID(co_await offer(std::move(row)));
  }
  co_return ok();
}

Async<Result<>> Outbox::take_due() {
  const Time now = clock_.now();
  const bool due = due_left_ || (next_due_ && *next_due_ <= now);
  if (!due || failing_ >= kOutboxFailing) co_return ok();
  // Those that have a worker are still due in the store: look past them.
  const std::size_t limit = 2 * kOutboxFailing;
  CO_TRY(rows, co_await configs_.due(now, limit));
  due_left_ = rows.size() == limit;
  CO_TRY(next, co_await configs_.next_due(now));
  next_due_ = next;
  for (auto& row : rows) CO_TRY_VOID(co_await offer(std::move(row)));
  co_return ok();
}

/// Starts a worker for the webhook, or puts it where it will be found again.
Async<Result<>> Outbox::offer(PushRow row) {
  PushKey key{row.task, row.config.id};
  if (auto found = active_.find(key); found != active_.end()) {
    found->second->again = true;
    co_return ok();
  }
  if (row.due_at && *row.due_at > clock_.now()) co_return ok();  // the clock will bring it
  auto peer = peer_of(row.config.url);
  const bool failing = row.failures > 0;
  if (may_start(peer, failing)) {
    start_worker(std::move(peer), std::move(key), std::move(row));
  } else if (!failing) {
    if (!queue_.push(peer, std::move(key))) ask_sweep();
    metrics_.outbox_waiting.set(static_cast<std::int64_t>(queue_.size()));
  } else {
    row.due_at = std::chrono::time_point_cast<std::chrono::milliseconds>(
        clock_.now() + pause(row.failures, std::nullopt));
    due_by(*row.due_at);
    CO_TRY_VOID(co_await configs_.keep(std::move(row), std::nullopt));
  }
  co_return ok();
}

/// One that is under way may have passed what is to be found.
void Outbox::ask_sweep() {
  if (sweep_)
    sweep_again_ = true;
  else
    sweep_ = PushKey{};
}

void Outbox::due_by(Time when) {
  if (!next_due_ || when < *next_due_) next_due_ = when;
}

bool Outbox::may_start(const std::string& peer, bool failing) const {
  if (stopping_ || active_.size() >= kOutboxWorkers) return false;
  if (failing && failing_ >= kOutboxFailing) return false;
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return true;
  if (failing && found->second.failing >= kOutboxFailingPerPeer) return false;
  return found->second.workers < kOutboxWorkersPerPeer;
}

void Outbox::fill() {
  const auto may = [this](const std::string& peer) { return may_start(peer, false); };
  while (queue_.size() > 0 && active_.size() < kOutboxWorkers) {
    auto next = queue_.take(may);
    if (!next) break;
    if (auto found = active_.find(next->key); found != active_.end())
      found->second->again = true;
    else
      start_worker(std::move(next->peer), std::move(next->key), std::nullopt);
  }
  metrics_.outbox_waiting.set(static_cast<std::int64_t>(queue_.size()));
}

void Outbox::start_worker(std::string peer, PushKey key, std::optional<PushRow> row) {
  auto active = std::make_unique<Active>();
  active->key = key;
  active->peer = std::move(peer);
  active->failing = row && row->failures > 0;
  Active& self = *active;
  Peer& of = peers_[self.peer];
  ++of.workers;
  if (self.failing) {
    ++of.failing;
    ++failing_;
  }
  active_.emplace(std::move(key), std::move(active));
  metrics_.outbox_active.set(static_cast<std::int64_t>(active_.size()));
  group_->spawn(work(self, std::move(row)));
}

/// The fence around one worker; takes it off the lists however it ends.
Async<> Outbox::work(Active& active, std::optional<PushRow> row) {
  struct Leave {
    Outbox& outbox;
    Active& self;
    ~Leave() {
      auto peer = outbox.peers_.find(self.peer);
      if (self.failing) {
        --peer->second.failing;
        --outbox.failing_;
      }
      if (--peer->second.workers == 0) outbox.peers_.erase(peer);
      const PushKey key = self.key;
      outbox.active_.erase(key);
      outbox.metrics_.outbox_active.set(static_cast<std::int64_t>(outbox.active_.size()));
      outbox.changed_.notify_all();
      outbox.calm_.notify_all();
    }
  };
  const Leave leave{*this, active};
  const auto served = co_await serve(active, std::move(row));
  if (served) co_return;
  kLog.warn("a webhook was left for later",
            {{"task", active.key.task.to_string()}, {"why", served.error()}});
  co_await clock_.sleep_for(kOutboxStorePause);
  ask_sweep();
}

}  // namespace flotilla::core
