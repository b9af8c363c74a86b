#include "gateway/testing.h"

namespace flotilla::gateway::testing {
namespace {

Async<Result<a2a::ListTasksResponse>> list(Desk& desk, a2a::ListTasksRequest request,
                                           std::string agent = "quick") {
  return desk.handler.list_tasks(context_of(alice()), agent_ref(std::move(agent)),
                                 std::move(request));
}

CORE_TEST(ListTasks, pages_through_everything_once_while_tasks_come) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  std::set<std::string> old;
  for (int i = 0; i < 10; ++i) {
    auto task = co_await desk.send("quick", request_of("x", "m-" + std::to_string(i)));
    CO_ASSERT_OK(task);
    old.insert(task->id);
  }
  std::vector<std::string> seen;
  a2a::ListTasksRequest request;
  request.pageSize = 3;
  do {
    world.clock.advance(std::chrono::milliseconds(1));
    auto page = co_await list(desk, request);
    CO_ASSERT_OK(page);
    EXPECT_EQ(page->pageSize, 3);
    EXPECT_EQ(page->totalSize, static_cast<int>(10 + seen.size() / 3));
    for (const auto& task : page->tasks) {
      seen.push_back(task.id);
      EXPECT_TRUE(task.artifacts.empty());
    }
    EXPECT_TRUE(co_await desk.send("quick", request_of("x", "n-" + std::to_string(seen.size()))));
    request.pageToken = page->nextPageToken;
  } while (!request.pageToken->empty());
  EXPECT_EQ(seen.size(), 10U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), old);
}

CORE_TEST(ListTasks, shows_artifacts_and_history_as_asked) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  CO_ASSERT_OK(co_await desk.send("quick", request_of("x")));
  a2a::ListTasksRequest request;
  request.includeArtifacts = true;
  request.historyLength = 0;
  auto page = co_await list(desk, request);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->tasks.size(), 1U);
  EXPECT_EQ(page->tasks[0].artifacts.size(), 1U);
  EXPECT_TRUE(page->tasks[0].history.empty());
  EXPECT_EQ(page->pageSize, 50);
  EXPECT_EQ(page->nextPageToken, "");
}

CORE_TEST(ListTasks, the_front_desk_lists_all_agents_others_their_own) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  add_agent(desk.process, "asker", ask_then_answer, probe);
  add_agent(desk.process, "front-desk", complete_at_once, probe);
  CO_ASSERT_OK(co_await desk.send("quick", request_of("x")));
  CO_ASSERT_OK(co_await desk.send("asker", request_of("x")));
  a2a::ListTasksRequest request;
  auto own = co_await list(desk, request, "quick");
  auto all = co_await list(desk, request, "front-desk");
  CO_ASSERT_TRUE(own && all);
  EXPECT_EQ(own->totalSize, 1);
  EXPECT_EQ(all->totalSize, 2);
  request.status = a2a::TaskState::input_required;
  auto asking = co_await list(desk, request, "front-desk");
  CO_ASSERT_OK(asking);
  EXPECT_EQ(asking->totalSize, 1);
  request.status = a2a::TaskState::unspecified;  // no filter
  asking = co_await list(desk, request, "front-desk");
  CO_ASSERT_OK(asking);
  EXPECT_EQ(asking->totalSize, 2);
}

CORE_TEST(ListTasks, a_token_that_is_none_is_refused) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  for (const std::string token : {"x", "!!", "MTIz", "MTIzL2FiYw", "L2E", "Lw=="}) {
    a2a::ListTasksRequest request;
    request.pageToken = token;
    auto page = co_await list(desk, request);
    CO_ASSERT_TRUE(!page);
    EXPECT_EQ(page.error().code(), Code::invalid_argument) << token;
    CO_ASSERT_TRUE(!page.error().violations().empty());
    EXPECT_EQ(page.error().violations()[0].field, "/pageToken");
  }
}

}  // namespace
}  // namespace flotilla::gateway::testing
