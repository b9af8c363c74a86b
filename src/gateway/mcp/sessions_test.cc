#include "gateway/mcp/sessions.h"

#include <gmock/gmock.h>

#include "core/testing.h"

namespace flotilla::gateway {
namespace {

using core::testing::kOnDisk;
using core::testing::World;

mcp::SessionRecord record_of(std::string id) {
  return {std::move(id), "alice", "2025-11-25", json::Object{{"clientInfo", "x"}}};
}

CORE_TEST_WITH(McpSessions, sessions_and_streams_survive_a_restart, kOnDisk) {
  {
    McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
    EXPECT_TRUE(co_await sessions.create(record_of("s")));
    EXPECT_EQ((co_await sessions.append("s", "a", "one")).value_or(0), 1U);
    EXPECT_EQ((co_await sessions.append("s", "b", "other")).value_or(0), 1U);
    EXPECT_EQ((co_await sessions.append("s", "a", "two")).value_or(0), 2U);
  }
  world.reopen();
  McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
  auto found = co_await sessions.find("s");
  CO_ASSERT_OK(found);
  EXPECT_EQ(found->principal, "alice");
  EXPECT_EQ(found->revision, "2025-11-25");
  auto events = co_await sessions.read("s", "a", 1, 10);
  CO_ASSERT_OK(events);
  CO_ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().data, "two");
  EXPECT_EQ((co_await sessions.append("s", "a", "three")).value_or(0), 3U);
}

CORE_TEST(McpSessions, the_oldest_session_of_a_principal_ends_when_there_are_too_many) {
  McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
  for (std::int64_t i = 0; i < kMcpSessionsOfPrincipal + 1; ++i) {
    world.clock.advance(std::chrono::milliseconds(1));
    auto made = co_await sessions.create(record_of("s" + std::to_string(i)));
    CO_ASSERT_OK(made);
  }
  McpSessions fresh(*world.database, world.clock, world.loops.executor(0));
  EXPECT_FALSE(co_await fresh.find("s0"));
  EXPECT_TRUE(co_await fresh.find("s1"));
}

CORE_TEST(McpSessions, an_idle_session_ends_and_a_used_one_does_not) {
  McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
  EXPECT_TRUE(co_await sessions.create(record_of("used")));
  EXPECT_TRUE(co_await sessions.create(record_of("idle")));
  for (int hour = 0; hour < 25; ++hour) {
    world.clock.advance(std::chrono::hours(1));
    EXPECT_TRUE(co_await sessions.find("used"));
  }
  EXPECT_FALSE(co_await sessions.find("idle"));
  EXPECT_TRUE(co_await sessions.prune());
  EXPECT_TRUE(co_await sessions.find("used"));
}

CORE_TEST(McpSessions, a_removed_session_is_gone_with_its_streams) {
  McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
  EXPECT_TRUE(co_await sessions.create(record_of("s")));
  EXPECT_TRUE(co_await sessions.append("s", "a", "one"));
  EXPECT_TRUE(co_await sessions.remove("s"));
  EXPECT_TRUE(co_await sessions.remove("s"));
  EXPECT_FALSE(co_await sessions.find("s"));
  EXPECT_FALSE(co_await sessions.append("s", "a", "two"));
  auto events = co_await sessions.read("s", "a", 0, 10);
  EXPECT_TRUE(events && events->empty());
}

CORE_TEST(McpSessions, numbers_never_fall_back_after_old_events_went) {
  McpSessions sessions(*world.database, world.clock, world.loops.executor(0));
  EXPECT_TRUE(co_await sessions.create(record_of("s")));
  EXPECT_TRUE(co_await sessions.append("s", "a", "one"));
  world.clock.advance(std::chrono::hours(2));
  EXPECT_TRUE(co_await sessions.prune());
  McpSessions restarted(*world.database, world.clock, world.loops.executor(0));
  EXPECT_GT((co_await restarted.append("s", "a", "two")).value_or(0), 1U);
}

}  // namespace
}  // namespace flotilla::gateway
