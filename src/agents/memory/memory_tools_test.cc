#include "agents/memory/memory_tools.h"

#include <gmock/gmock.h>

#include "agents/testing_internal.h"
#include "gateway/mcp/testing.h"

namespace flotilla::agents::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Tools {
  explicit Tools(World& world)
      : memory(make_sql_memory_store(*world.database, world.clock)),
        source(make_memory_tools(memory)) {}
  Async<std::string> call(std::string name, std::string arguments,
                          std::shared_ptr<const Principal> who = alice()) {
    gateway::testing::FakeExchange exchange(std::move(who));
    auto request = gateway::testing::call_of(std::move(name), arguments);
    auto reply = co_await source->call_tool(exchange, std::move(request));
    co_return gateway::testing::text_of(reply);
  }
  Memory memory;
  std::shared_ptr<gateway::ToolSource> source;
};

CORE_TEST(MemoryTools, share_the_store_with_the_agent) {
  House house(world);
  Tools tools(world);
  EXPECT_EQ(co_await tools.call("memory_store", R"({"key":"sea","value":"blue"})"),
            R"({"key":"sea","stored":true})");
  EXPECT_THAT(co_await house.ask("memory", "recall sea"), HasSubstr("blue"));
  EXPECT_THAT(co_await tools.call("memory_search", R"({"query":"BLU"})"), HasSubstr("sea"));
}

CORE_TEST(MemoryTools, what_others_remember_is_not_there) {
  Tools tools(world);
  std::ignore = co_await tools.call("memory_store", R"({"key":"sea","value":"blue"})");
  EXPECT_THAT(co_await tools.call("memory_recall", R"({"key":"sea"})", bob()),
              StartsWith("isError NOT_FOUND"));
  EXPECT_EQ(co_await tools.call("memory_search", R"({"query":""})", bob()), R"({"items":[]})");
  auto stranger = core::testing::carol();
  EXPECT_THAT(co_await tools.call("memory_store", R"({"key":"k","value":"v"})", stranger),
              StartsWith("isError NOT_FOUND"));
  auto viewer = core::testing::principal("vic", {"default"}, Role::viewer);
  EXPECT_THAT(co_await tools.call("memory_store", R"({"key":"k","value":"v"})", viewer),
              StartsWith("isError PERMISSION_DENIED"));
}

CORE_TEST(MemoryTools, faults_name_the_argument) {
  Tools tools(world);
  EXPECT_THAT(co_await tools.call("memory_store", R"({"key":"","value":"v"})"), HasSubstr("/key"));
  EXPECT_THAT(co_await tools.call("memory_search", R"({"query":"x","limit":0})"),
              HasSubstr("/limit"));
}

}  // namespace
}  // namespace flotilla::agents::testing
