#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

CORE_TEST_WITH(MemoryAgent, remembers_across_restarts, kOnDisk) {
  {
    House house(world);
    EXPECT_EQ(co_await house.ask("memory", "store 42 as answer"), "COMPLETED|Stored answer.");
    EXPECT_EQ(co_await house.ask("memory", "recall answer"), "COMPLETED|42");
    EXPECT_EQ(co_await house.ask("memory", "store 43 as answer"), "COMPLETED|Stored answer.");
  }
  co_await world.stop_all();
  world.reopen();
  House house(world);
  EXPECT_EQ(co_await house.ask("memory", "recall answer again please"),
            co_await house.ask("memory", "recall answer again please"));
  EXPECT_EQ(co_await house.ask("memory", "retrieve answer"), "COMPLETED|43");
  EXPECT_EQ(co_await house.ask("memory", "forget answer"), "COMPLETED|Forgot answer.");
  auto gone = co_await house.ask("memory", "get answer");
  EXPECT_TRUE(gone.starts_with("FAILED|")) << gone;
  gone = co_await house.ask("memory", "delete answer");
  EXPECT_TRUE(gone.starts_with("FAILED|")) << gone;
}

CORE_TEST(MemoryAgent, keeps_what_is_yours_from_others) {
  House house(world);
  EXPECT_EQ(co_await house.ask("memory", "store mine as name"), "COMPLETED|Stored name.");
  EXPECT_EQ(co_await house.ask("memory", "store theirs as name", bob()), "COMPLETED|Stored name.");
  EXPECT_EQ(co_await house.ask("memory", "recall name"), "COMPLETED|mine");
  EXPECT_EQ(co_await house.ask("memory", "list", bob()), "COMPLETED|name: theirs");
  EXPECT_EQ(co_await house.ask("memory", "search mine", bob()), "COMPLETED|Nothing found.");
  EXPECT_EQ(co_await house.ask("memory", "search MIN"), "COMPLETED|name: mine");
  EXPECT_EQ(co_await house.ask("memory", "search %"), "COMPLETED|Nothing found.");
}

CORE_TEST(MemoryAgent, explains_what_it_takes) {
  House house(world);
  auto help = co_await house.ask("memory", "help");
  EXPECT_TRUE(help.starts_with("COMPLETED|")) << help;
  auto fault = co_await house.ask("memory", "dance");
  EXPECT_TRUE(fault.starts_with("FAILED|")) << fault;
}

CORE_TEST(MemoryAgent, changes_nothing_when_its_task_is_refused) {
  House house(world);
  EXPECT_EQ(co_await house.ask("memory", "store 1 as one"), "COMPLETED|Stored one.");
  world.database->fail_after(0, Error(Code::resource_exhausted, reason::kStorageFull, "full"));
  auto refused = co_await house.ask("memory", "forget one");
  EXPECT_TRUE(refused.starts_with("error: ")) << refused;
  world.database->recover();
  EXPECT_EQ(co_await house.ask("memory", "recall one"), "COMPLETED|1");
  auto first = co_await house.send("memory", request_of("forget one", "same"));
  auto again = co_await house.send("memory", request_of("forget one", "same"));
  CO_ASSERT_TRUE(first && again);
  EXPECT_EQ(House::said(*again), "COMPLETED|Forgot one.");  // told again, not done again
}

CORE_TEST_WITH(MemoryAgent, a_crash_at_any_commit_leaves_a_whole_answer, kOnDisk) {
  for (std::size_t commits = 0; commits < 3; ++commits) {
    const std::string name = "item" + std::to_string(commits);
    {
      House house(world);
      EXPECT_EQ(co_await house.ask("memory", "store 1 as " + name),
                "COMPLETED|Stored " + name + ".");
    }
    co_await world.stop_all();
    world.reopen();
    std::string id;
    {
      House house(world);
      world.database->fail_after(commits, Error(Code::unavailable, reason::kStorageFailed, "cut"));
      auto sent = co_await house.send("memory", request_of("forget " + name));
      if (sent) id = sent->id;
    }
    co_await world.stop_all();
    world.reopen();
    House house(world);
    CO_ASSERT_OK(co_await house.process.scheduler.void_leases());
    house.process.scheduler.start(house.process.tasks);
    auto sent = co_await house.send("memory", request_of("forget " + name));
    CO_ASSERT_OK(sent);
    EXPECT_EQ(House::said(*sent), "COMPLETED|Forgot " + name + ".");
    if (!id.empty()) {
      EXPECT_EQ(sent->id, id);
    }
    co_await world.stop_all();
    world.reopen();
  }
}

}  // namespace
}  // namespace flotilla::agents::testing
