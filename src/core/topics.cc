#include "core/topics.h"

#include <algorithm>
#include <limits>

#include "async/clock.h"
#include "base/log.h"
#include "core/feed.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/task_sql.h"
#include "core/topic_name.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("topics");
constexpr std::uint64_t kEnd = std::numeric_limits<std::int64_t>::max();
/// How long a batch that holds an event may take to be committed.
constexpr Duration kExpectation = std::chrono::seconds(2);

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// What is looked for in storage: one pattern by LIKE, several by filtering all.
std::string like_of(const TopicFilter& filter) {
  return filter.patterns.size() == 1 ? topic_like(filter.patterns.front()) : "%";
}

}  // namespace

TopicReader::TopicReader(Topics& topics, std::shared_ptr<const TopicFilter> filter,
                         std::shared_ptr<TopicMailbox> mailbox, std::uint64_t after,
                         std::uint64_t live_after)
    : topics_(topics),
      filter_(std::move(filter)),
      mailbox_(std::move(mailbox)),
      cursor_(after),
      live_after_(live_after) {}

TopicReader::~TopicReader() {
  topics_.leave({filter_, mailbox_});
}

Async<Result<std::vector<TopicEventPtr>>> TopicReader::next() {
  while (cursor_ < live_after_) {
    CO_TRY(page, co_await topics_.stored(filter_, cursor_, live_after_, kTopicPage));
    cursor_ = page.next;
    if (!page.events.empty()) co_return std::move(page.events);
  }
  for (;;) {
    CO_TRY(events, co_await mailbox_->receive());
    if (events.empty()) co_return events;
    // A reader may begin at a cursor that is still to come.
    std::erase_if(events, [this](const auto& event) { return event->position <= cursor_; });
    if (events.empty()) continue;
    cursor_ = events.back()->position;
    co_return events;
  }
}

Topics::Topics(Services& services, Executor home)
    : services_(services), wake_(home), expectation_(home), group_(home) {}

Async<Result<TopicEventPtr>> Topics::publish(Publication publication) {
  const Time now = services_.clock.now();
  const std::string key = publication.key;
  const std::string name_space = publication.name_space;
  db::Row row{std::int64_t{0},       publication.name_space, publication.name, publication.owner,
              publication.principal, publication.actor,      sql::millis(now), std::string()};
  db::Batch batch;
  CO_TRY_VOID(sql::add_topic_event(batch, std::move(publication), now));
  row.back() = batch.steps().front().parameters.at(5);
  CO_TRY(done, co_await services_.database.write(std::move(batch)));
  if (done.changed.at(0) == 0) {
    std::vector<db::Value> parameters{key, name_space};
    CO_TRY(rows, co_await services_.database.read(sql::kSelectTopicKey, parameters, 1));
    if (rows.empty()) co_return fail(Error(Code::conflict, "the key is another namespace's"));
    co_return sql::to_topic_event(rows.front());
  }
  row.front() = done.last_key.at(0);
  services_.metrics.topic_events.add();
  services_.feed.notify();
  wake();
  co_return sql::to_topic_event(row);
}

void Topics::expect_commit() {
  {
    std::lock_guard lock(mutex_);
    if (readers_.empty()) return;
  }
  const auto until = services_.clock.steady_now() + kExpectation;
  expected_until_ = until.time_since_epoch().count();
  expectation_.post_notify_all();
}

Async<Result<TopicPage>> Topics::page(TopicFilter filter, std::uint64_t after, std::size_t limit) {
  auto shared = std::make_shared<const TopicFilter>(std::move(filter));
  return stored(std::move(shared), after, kEnd, limit);
}

Async<Result<TopicPage>> Topics::stored(std::shared_ptr<const TopicFilter> filter,
                                        std::uint64_t after, std::uint64_t up_to,
                                        std::size_t limit) {
  const auto* principal = filter->principal.get();
  const bool all = principal == nullptr || principal->role == Role::admin;
  std::string owner;
  if (principal != nullptr) owner = principal->name;
  std::vector<db::Value> parameters{
      number(after),      number(up_to),    static_cast<std::int64_t>(limit),
      filter->name_space, std::move(owner), std::int64_t{all},
      like_of(*filter)};
  CO_TRY(rows,
         co_await services_.database.read(sql::kSelectTopicPage, std::move(parameters), limit));
  TopicPage page;
  page.more = rows.size() == limit;
  page.next = up_to == kEnd ? after : up_to;
  for (const auto& row : rows) {
    auto event = sql::to_topic_event(row);
    if (page.more || up_to == kEnd) page.next = event->position;
    if (filter->admits(*event)) page.events.push_back(std::move(event));
  }
  co_return page;
}

Async<Result<std::uint64_t>> Topics::head() {
  std::vector<db::Value> none;
  CO_TRY(rows, co_await services_.database.read(sql::kSelectTopicHead, none, 1));
  co_return static_cast<std::uint64_t>(db::int_at(rows.at(0), 0));
}

Async<Result<std::unique_ptr<TopicReader>>> Topics::subscribe(TopicFilter filter,
                                                              std::optional<std::uint64_t> after) {
  CO_TRY(newest, co_await head());
  Reader reader{std::make_shared<const TopicFilter>(std::move(filter)),
                std::make_shared<TopicMailbox>()};
  CO_TRY(live_after, enter(reader, newest));
  auto made = std::make_unique<TopicReader>(*this, reader.filter, reader.mailbox,
                                            after.value_or(live_after), live_after);
  wake();  // something may have been committed since `newest` was read
  co_return made;
}

Result<std::uint64_t> Topics::enter(const Reader& reader, std::uint64_t head) {
  std::lock_guard lock(mutex_);
  if (stopped_) return fail(Error(Code::unavailable, "the server is stopping"));
  std::size_t* own = nullptr;
  if (reader.filter->principal) own = &readers_of_[reader.filter->principal->name];
  if (readers_.size() >= kMaxTopicReadersInAll || (own != nullptr && *own >= kMaxTopicReaders))
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      "too many live subscriptions; end some of them"));
  if (own != nullptr) ++*own;
  if (readers_.empty()) position_ = std::max(position_, head);
  readers_.push_back(reader);
  services_.metrics.topic_readers.add(1);
  return position_;
}

void Topics::leave(const Reader& reader) {
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(readers_, reader.mailbox, &Reader::mailbox);
  if (found == readers_.end()) return;
  if (const auto& principal = reader.filter->principal) {
    const auto own = readers_of_.find(principal->name);
    if (--own->second == 0) readers_of_.erase(own);
  }
  readers_.erase(found);
  services_.metrics.topic_readers.add(-1);
}

void Topics::wake() {
  if (!woken_.exchange(true)) wake_.post_notify_all();
}

void Topics::start() {
  group_.spawn(hand_out_loop());
  group_.spawn(poll_loop());
  group_.spawn(expect_loop());
}

Async<> Topics::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (auto& reader : readers_) reader.mailbox->close({});
  }
  group_.cancel();
  co_await group_.join();
}

Async<> Topics::hand_out_loop() {
  for (;;) {
    while (!woken_.exchange(false)) co_await wake_.wait();
    auto more = co_await hand_out_once();
    if (!more) kLog.warn("reading topics failed", {{"why", more.error().message()}});
    if (more && *more) woken_ = true;
  }
}

/// Finds what other processes published.
Async<> Topics::poll_loop() {
  for (;;) {
    co_await services_.clock.sleep_for(kTopicPoll);
    wake();
  }
}

/// Looks after every commit while an event is expected in one of them.
Async<> Topics::expect_loop() {
  for (;;) {
    while (services_.clock.steady_now().time_since_epoch().count() < expected_until_) {
      const auto seen = services_.feed.revision();
      wake();
      co_await services_.feed.wait(seen);
    }
    wake();
    co_await expectation_.wait();
  }
}

Async<Result<bool>> Topics::hand_out_once() {
  std::uint64_t after = 0;
  {
    std::lock_guard lock(mutex_);
    if (readers_.empty()) co_return false;
    after = position_;
  }
  std::vector<db::Value> parameters{number(after), number(kEnd),
                                    static_cast<std::int64_t>(kTopicPage)};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectTopicEvents, parameters, kTopicPage));
  if (rows.empty()) co_return false;
  std::vector<TopicEventPtr> events;
  for (const auto& row : rows) events.push_back(sql::to_topic_event(row));
  const auto readers = advance(after, events.back()->position);
  if (!readers) co_return true;
  std::vector<TopicEventPtr> admitted;
  for (const auto& reader : *readers) {
    admitted.clear();
    for (const auto& event : events)
      if (reader.filter->admits(*event)) admitted.push_back(event);
    if (admitted.empty()) continue;
    if (!reader.mailbox->deliver(admitted)) services_.metrics.slow_readers.add();
    services_.metrics.topic_deliveries.add(admitted.size());
  }
  co_return events.size() == kTopicPage;
}

std::optional<std::vector<Topics::Reader>> Topics::advance(std::uint64_t after,
                                                           std::uint64_t position) {
  std::lock_guard lock(mutex_);
  if (position_ != after) return std::nullopt;  // all readers are new
  position_ = position;
  return readers_;
}

}  // namespace flotilla::core
