#include "core/sessions.h"

#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

Async<Result<Session>> open_session(Process& one, std::string owner, std::string context,
                                    std::string name_space = "default") {
  db::Batch batch;
  CO_TRY(session, co_await one.sessions.open(name_space, owner, "agent", context, &batch));
  CO_TRY_VOID(co_await one.database.write(std::move(batch)));
  co_return session;
}

CORE_TEST(Sessions, a_context_names_one_session_within_namespace_and_owner) {
  auto& one = world.process();
  auto first = co_await open_session(one, "alice", "c");
  CO_ASSERT_OK(first);
  auto again = co_await open_session(one, "alice", "c");
  auto elsewhere = co_await open_session(one, "alice", "c", "elsewhere");
  auto other = co_await open_session(one, "bob", "c");
  CO_ASSERT_TRUE(again && elsewhere && other);
  EXPECT_EQ(first->uid, again->uid);
  EXPECT_NE(first->uid, elsewhere->uid);
  EXPECT_NE(first->uid, other->uid);
  db::Batch batch;
  auto fresh = co_await one.sessions.open("default", "alice", "agent", std::nullopt, &batch);
  CO_ASSERT_OK(fresh);
  EXPECT_EQ(fresh->context_id, fresh->uid.to_string());
}

CORE_TEST(Sessions, opening_one_context_twice_at_once_is_a_conflict) {
  auto& one = world.process();
  db::Batch first;
  db::Batch second;
  CO_ASSERT_OK(co_await one.sessions.open("default", "alice", "agent", "c", &first));
  CO_ASSERT_OK(co_await one.sessions.open("default", "alice", "agent", "c", &second));
  CO_ASSERT_OK(co_await one.database.write(std::move(first)));
  auto refused = co_await one.database.write(std::move(second));
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().reason(), reason::kConflict);
}

CORE_TEST(Sessions, a_context_is_looked_up_over_namespaces_last_active_first) {
  auto& one = world.process();
  CO_ASSERT_OK(co_await open_session(one, "alice", "c"));
  world.clock.advance(std::chrono::seconds(1));
  auto later = co_await open_session(one, "alice", "c", "elsewhere");
  CO_ASSERT_OK(later);
  CO_ASSERT_OK(co_await open_session(one, "bob", "c"));
  auto found = co_await one.sessions.of_context("alice", "c");
  CO_ASSERT_OK(found);
  CO_ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->front().uid, later->uid);
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await open_session(one, "alice", "c"));  // active again
  found = co_await one.sessions.of_context("alice", "c");
  CO_ASSERT_OK(found);
  EXPECT_EQ(found->front().name_space, "default");
}

CORE_TEST(Sessions, a_foreign_session_answers_as_an_unknown_one) {
  auto& one = world.process();
  auto mine = co_await open_session(one, "alice", "c");
  CO_ASSERT_OK(mine);
  EXPECT_TRUE(co_await one.sessions.get(alice(), "default", mine->uid));
  EXPECT_TRUE(co_await one.sessions.get(admin(), "default", mine->uid));
  const SessionId unknown{make_uuid_v7(world.clock.now(), world.random)};
  for (const auto& who : {bob(), carol()}) {
    auto foreign = co_await one.sessions.get(who, "default", mine->uid);
    auto missing = co_await one.sessions.get(who, "default", unknown);
    CO_ASSERT_TRUE(!foreign && !missing);
    EXPECT_EQ(foreign.error().message(), missing.error().message());
    EXPECT_EQ(foreign.error().reason(), missing.error().reason());
  }
  EXPECT_FALSE(co_await one.sessions.get(alice(), "elsewhere", mine->uid));
}

CORE_TEST(Sessions, lists_page_through_what_the_caller_may_see) {
  auto& one = world.process();
  std::vector<SessionId> mine;
  for (int i = 0; i < 7; ++i) {
    auto session = co_await open_session(one, "alice", "c" + std::to_string(i));
    CO_ASSERT_OK(session);
    mine.push_back(session->uid);
    CO_ASSERT_OK(co_await open_session(one, "alice", "c" + std::to_string(i), "elsewhere"));
    CO_ASSERT_OK(co_await open_session(one, "bob", "c" + std::to_string(i)));
  }
  std::vector<SessionId> seen;
  std::optional<SessionId> before;
  do {
    auto page = co_await one.sessions.list(alice(), "", before, 3);
    CO_ASSERT_OK(page);
    for (const auto& session : page->rows) seen.push_back(session.uid);
    before = page->next;
  } while (before);
  std::reverse(seen.begin(), seen.end());
  EXPECT_EQ(seen, mine);
  auto all = co_await one.sessions.list(admin(), "", std::nullopt, 50);
  CO_ASSERT_OK(all);
  EXPECT_EQ(all->rows.size(), 21U);
  auto there = co_await one.sessions.list(admin(), "elsewhere", std::nullopt, 50);
  CO_ASSERT_OK(there);
  EXPECT_EQ(there->rows.size(), 7U);
}

}  // namespace
}  // namespace flotilla::core::testing
