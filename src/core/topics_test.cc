#include "core/topics.h"

#include "async/task_group.h"
#include "core/limits.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

Publication event_of(std::string name, int value, std::string owner = "alice") {
  Publication publication;
  publication.name_space = "default";
  publication.name = std::move(name);
  publication.owner = owner;
  publication.principal = owner.empty() ? "alice" : std::move(owner);
  publication.actor = publication.principal;
  publication.payload.data = json::Value(value);
  return publication;
}

TopicFilter filter_of(std::shared_ptr<const Principal> who, std::vector<std::string> patterns) {
  TopicFilter filter;
  filter.name_space = "default";
  filter.patterns = std::move(patterns);
  filter.principal = std::move(who);
  return filter;
}

/// `a.b=1 c=2`
std::string outline(const std::vector<TopicEventPtr>& events) {
  std::string text;
  for (const auto& event : events) {
    const auto payload = json::from_text<TopicPayload>(event->payload);
    text += (text.empty() ? "" : " ") + event->name + "=" +
            (payload ? json::to_string(payload->data) : "?");
  }
  return text;
}

/// Reads until so many came.
Async<std::string> read(TopicReader& reader, std::size_t count) {
  std::vector<TopicEventPtr> all;
  while (all.size() < count) {
    auto events = co_await reader.next();
    if (!events) co_return "error " + std::string(events.error().reason());
    if (events->empty()) break;
    all.insert(all.end(), events->begin(), events->end());
  }
  co_return outline(all);
}

Async<std::unique_ptr<TopicReader>> subscribe(Process& process, TopicFilter filter,
                                              std::optional<std::uint64_t> after = {}) {
  auto reader = co_await process.topics.subscribe(std::move(filter), after);
  if (!reader) throw std::runtime_error(reader.error().message());
  co_return std::move(*reader);
}

Async<std::uint64_t> publish(Process& process, std::string name, int value,
                             std::string owner = "alice") {
  auto made = event_of(std::move(name), value, std::move(owner));
  auto published = co_await process.topics.publish(std::move(made));
  if (!published) throw std::runtime_error(published.error().message());
  co_return (*published)->position;
}

CORE_TEST(Topics, a_subscriber_gets_what_its_patterns_match) {
  auto& process = world.process();
  process.topics.start();
  auto all = filter_of(alice(), {"*"});
  auto some = filter_of(alice(), {"build.*", "deploy.done"});
  auto everything = co_await subscribe(process, std::move(all));
  auto matching = co_await subscribe(process, std::move(some));
  co_await publish(process, "build.started", 1);
  co_await publish(process, "deploy.started", 2);
  co_await publish(process, "build.a.failed", 3);
  co_await publish(process, "deploy.done", 4);
  EXPECT_EQ(co_await read(*everything, 4),
            "build.started=1 deploy.started=2 build.a.failed=3 deploy.done=4");
  EXPECT_EQ(co_await read(*matching, 3), "build.started=1 build.a.failed=3 deploy.done=4");
}

CORE_TEST(Topics, a_cursor_gives_what_was_missed_then_what_comes) {
  auto& process = world.process();
  process.topics.start();
  for (int i = 1; i <= 5; ++i) co_await publish(process, "count", i);
  auto filter = filter_of(alice(), {"count"});
  auto first = co_await subscribe(process, std::move(filter), 0);
  EXPECT_EQ(co_await read(*first, 5), "count=1 count=2 count=3 count=4 count=5");
  const auto cursor = first->cursor();
  first.reset();
  co_await publish(process, "count", 6);
  auto again = filter_of(alice(), {"count"});
  auto second = co_await subscribe(process, std::move(again), cursor);
  co_await publish(process, "count", 7);
  EXPECT_EQ(co_await read(*second, 2), "count=6 count=7");
}

CORE_TEST(Topics, catching_up_takes_pages) {
  auto& process = world.process();
  process.topics.start();
  const int count = static_cast<int>(kTopicPage) * 2 + 7;
  for (int i = 0; i < count; ++i) co_await publish(process, i % 2 == 0 ? "even" : "odd", i);
  auto filter = filter_of(alice(), {"odd", "nothing"});
  auto reader = co_await subscribe(process, std::move(filter), 0);
  std::size_t got = 0;
  std::uint64_t last = 0;
  while (got < static_cast<std::size_t>(count / 2)) {
    auto events = co_await reader->next();
    CO_ASSERT_OK(events);
    for (const auto& event : *events) {
      EXPECT_EQ(event->name, "odd");
      EXPECT_GT(event->position, last);
      last = event->position;
      ++got;
    }
  }
}

CORE_TEST(Topics, without_a_cursor_the_past_is_left_out) {
  auto& process = world.process();
  process.topics.start();
  co_await publish(process, "a", 1);
  auto filter = filter_of(alice(), {"*"});
  auto reader = co_await subscribe(process, std::move(filter));
  co_await publish(process, "a", 2);
  EXPECT_EQ(co_await read(*reader, 1), "a=2");
}

CORE_TEST(Topics, only_owners_and_admins_see_what_is_not_shared) {
  auto& process = world.process();
  process.topics.start();
  auto bobs_filter = filter_of(bob(), {"*"});
  auto roots_filter = filter_of(admin(), {"*"});
  auto bobs = co_await subscribe(process, std::move(bobs_filter));
  auto roots = co_await subscribe(process, std::move(roots_filter));
  co_await publish(process, "private", 1);
  co_await publish(process, "team", 2, "");
  co_await publish(process, "mine", 3, "bob");
  EXPECT_EQ(co_await read(*bobs, 2), "team=2 mine=3");
  EXPECT_EQ(co_await read(*roots, 3), "private=1 team=2 mine=3");
  auto stored = filter_of(bob(), {"*"});
  auto page = co_await process.topics.page(std::move(stored), 0, 100);
  CO_ASSERT_OK(page);
  EXPECT_EQ(outline(page->events), "team=2 mine=3");
  auto elsewhere = filter_of(admin(), {"*"});
  elsewhere.name_space = "elsewhere";
  auto none = co_await process.topics.page(std::move(elsewhere), 0, 100);
  CO_ASSERT_OK(none);
  EXPECT_TRUE(none->events.empty());
}

CORE_TEST(Topics, the_feed_shows_events_to_those_who_may_see_them) {
  auto& process = world.process();
  co_await publish(process, "private", 1);
  co_await publish(process, "team", 2, "");
  auto bobs = co_await process.feed.page(bob(), 0, 100);
  CO_ASSERT_OK(bobs);
  CO_ASSERT_EQ(bobs->events.size(), 1U);
  EXPECT_EQ(bobs->events[0].stream, "topic/default/team");
  EXPECT_EQ(bobs->events[0].seq, 1U);
  auto carols = co_await process.feed.page(carol(), 0, 100);
  CO_ASSERT_OK(carols);
  EXPECT_TRUE(carols->events.empty());
}

CORE_TEST(Topics, a_repeated_key_is_one_event) {
  auto& process = world.process();
  auto first = event_of("a", 1);
  first.key = "k";
  auto second = event_of("a", 2);
  second.key = "k";
  auto one = co_await process.topics.publish(std::move(first));
  auto two = co_await process.topics.publish(std::move(second));
  CO_ASSERT_OK(one);
  CO_ASSERT_OK(two);
  EXPECT_EQ((*one)->position, (*two)->position);
  EXPECT_EQ(*(*one)->text, *(*two)->text);
  co_await publish(process, "a", 3);
  auto filter = filter_of(alice(), {"a"});
  auto page = co_await process.topics.page(std::move(filter), 0, 100);
  CO_ASSERT_OK(page);
  EXPECT_EQ(outline(page->events), "a=1 a=3");
}

CORE_TEST(Topics, an_event_is_visible_once_it_is_stored) {
  auto& process = world.process();
  process.topics.start();
  auto filter = filter_of(alice(), {"*"});
  auto reader = co_await subscribe(process, std::move(filter));
  world.database->fail_after(0, Error(Code::unavailable, "no disk"));
  auto lost = event_of("lost", 1);
  auto failed = co_await process.topics.publish(std::move(lost));
  EXPECT_FALSE(failed);
  world.database->recover();
  co_await publish(process, "kept", 2);
  EXPECT_EQ(co_await read(*reader, 1), "kept=2");
}

CORE_TEST(Topics, another_batch_may_store_an_event) {
  auto& process = world.process();
  process.topics.start();
  auto filter = filter_of(alice(), {"*"});
  auto reader = co_await subscribe(process, std::move(filter));
  process.topics.expect_commit();
  db::Batch batch;
  CO_ASSERT_OK(sql::add_topic_event(batch, event_of("staged", 1), world.clock.now()));
  auto done = co_await world.database->write(std::move(batch));
  CO_ASSERT_OK(done);
  process.feed.notify();  // as who commits does
  EXPECT_EQ(co_await read(*reader, 1), "staged=1");
}

CORE_TEST(Topics, another_process_is_heard_at_the_next_poll) {
  auto& here = world.process();
  auto& there = world.add_process("two");
  here.topics.start();
  auto filter = filter_of(alice(), {"*"});
  auto reader = co_await subscribe(here, std::move(filter));
  co_await publish(there, "far", 1);
  TaskGroup group(world.loops.executor(0));
  std::string got;
  auto wait = [](TopicReader& from, std::string& into) -> Async<> {
    into = co_await read(from, 1);
  };
  group.spawn(wait(*reader, got));
  co_await until([&] { return world.clock.sleepers() > 0; });
  world.clock.advance(kTopicPoll);
  co_await group.join();
  EXPECT_EQ(got, "far=1");
}

CORE_TEST(Topics, a_slow_reader_is_cut_off_and_goes_on_from_its_cursor) {
  auto& process = world.process();
  process.topics.start();
  auto filter = filter_of(alice(), {"*"});
  auto slow = co_await subscribe(process, std::move(filter));
  auto quick_filter = filter_of(alice(), {"*"});
  auto quick = co_await subscribe(process, std::move(quick_filter));
  const int count = static_cast<int>(kMaxQueuedEvents) + 10;
  for (int i = 0; i < count; ++i) {
    co_await publish(process, "n", i);
    auto heard = co_await read(*quick, 1);
    EXPECT_EQ(heard, "n=" + std::to_string(i));
  }
  auto cut = co_await slow->next();
  CO_ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().reason(), reason::kSlowReader);
  auto again = filter_of(alice(), {"*"});
  auto resumed = co_await subscribe(process, std::move(again), slow->cursor());
  auto rest = co_await resumed->next();
  CO_ASSERT_OK(rest);
  EXPECT_EQ(outline({rest->front()}), "n=0");
}

CORE_TEST(Topics, readers_of_one_principal_are_limited) {
  auto& process = world.process();
  std::vector<std::unique_ptr<TopicReader>> readers;
  for (std::size_t i = 0; i < kMaxTopicReaders; ++i) {
    auto filter = filter_of(alice(), {"*"});
    readers.push_back(co_await subscribe(process, std::move(filter)));
  }
  auto filter = filter_of(alice(), {"*"});
  auto refused = co_await process.topics.subscribe(std::move(filter), std::nullopt);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  auto bobs = filter_of(bob(), {"*"});
  EXPECT_TRUE(co_await process.topics.subscribe(std::move(bobs), std::nullopt));
  readers.pop_back();
  auto again = filter_of(alice(), {"*"});
  EXPECT_TRUE(co_await process.topics.subscribe(std::move(again), std::nullopt));
}

CORE_TEST(Topics, readers_are_limited_in_all) {
  auto& process = world.process();
  std::vector<std::unique_ptr<TopicReader>> readers;
  for (std::size_t i = 0; i < kMaxTopicReadersInAll; ++i) {
    auto who = principal("p" + std::to_string(i / kMaxTopicReaders), {"default"});
    auto filter = filter_of(std::move(who), {"*"});
    readers.push_back(co_await subscribe(process, std::move(filter)));
  }
  auto filter = filter_of(alice(), {"*"});
  auto refused = co_await process.topics.subscribe(std::move(filter), std::nullopt);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
}

CORE_TEST(Topics, an_event_has_a_largest_size) {
  auto& process = world.process();
  auto large = event_of("large", 1);
  large.payload.data = json::Value(std::string(kMaxTopicPayload, 'x'));
  auto refused = co_await process.topics.publish(std::move(large));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
  auto fits = event_of("fits", 1);
  fits.payload.data = json::Value(std::string(kMaxTopicPayload - 100, 'x'));
  EXPECT_TRUE(co_await process.topics.publish(std::move(fits)));
}

CORE_TEST(Topics, readers_end_when_the_topics_stop) {
  auto& process = world.process();
  process.topics.start();
  auto filter = filter_of(alice(), {"*"});
  auto reader = co_await subscribe(process, std::move(filter));
  co_await process.topics.stop();
  auto end = co_await reader->next();
  CO_ASSERT_OK(end);
  EXPECT_TRUE(end->empty());
  auto late = filter_of(alice(), {"*"});
  EXPECT_FALSE(co_await process.topics.subscribe(std::move(late), std::nullopt));
}

CORE_TEST(Topics, the_text_is_the_event_as_the_api_shows_it) {
  auto& process = world.process();
  auto made = event_of("a.b", 1, "");
  made.payload.agent = "a";
  made.payload.hops = 2;
  made.payload.data = *json::parse(R"({"z":1.50,"a":"é"})");
  auto published = co_await process.topics.publish(std::move(made));
  CO_ASSERT_OK(published);
  EXPECT_EQ(*(*published)->text,
            R"({"cursor":")" + std::to_string((*published)->position) +
                R"(","namespace":"default","name":"a.b","from":"alice","at":")" +
                format_time(world.clock.now()) +
                R"(","shared":true,"agent":"a","hops":2,"data":{"z":1.50,"a":"é"}})");
}

}  // namespace
}  // namespace flotilla::core::testing
