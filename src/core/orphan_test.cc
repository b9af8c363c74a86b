#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

CORE_TEST(Orphan, a_turn_whose_last_write_fails_goes_on_without_restart) {
  Probe probe;
  auto& process = world.process();
  add_agent(process, "counter", count_up, probe);
  process.scheduler.start(process.tasks);
  auto log = co_await process.tasks.create(new_task("counter", "2"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const auto id = (*log)->committed().id.to_string();
  co_await until([&] { return world.clock.sleepers() == 3; });
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return world.clock.sleepers() == 3; });
  world.database->hold();
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return probe.ended == 1 && world.database->held() == 1; });
  world.database->fail_one(Error(Code::resource_exhausted, reason::kStorageFull, "full"));
  world.database->release();
  EXPECT_TRUE((*log)->broken());
  log = fail(Error(Code::internal, "gone"));

  while (probe.ended < 2) {
    co_await until([&] { return probe.ended == 2 || world.clock.sleepers() >= 2; });
    world.clock.advance(std::chrono::seconds(1));
  }
  auto found = co_await process.tasks.find(id, seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  auto loaded = co_await TaskLog::load(*found);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(texts_of(loaded->first), "1 2 ");
  EXPECT_EQ(probe.notes, std::vector<std::string>{"resumed"});
}

}  // namespace
}  // namespace flotilla::core::testing
