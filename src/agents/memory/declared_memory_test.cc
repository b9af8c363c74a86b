#include "agents/memory/declared_memory.h"

#include <gmock/gmock.h>

#include "agents/memory/memory_testing_internal.h"

namespace flotilla::agents::testing {
namespace {

using core::testing::World;
using ::testing::HasSubstr;

struct Caller {
  explicit Caller(World& world) : memory(make_sql_memory_store(*world.database, world.clock)) {}
  Async<llm::ToolResult> call(std::string tool, std::string arguments) {
    llm::ToolCall call;
    call.id = "c1";
    call.name = std::move(tool);
    call.arguments = std::move(arguments);
    MemoryScope scope{"default", "guide", "alice"};
    co_return co_await call_memory(memory, std::move(scope), std::chrono::hours(1), Embedder(),
                                   std::move(call));
  }
  Memory memory;
};

CORE_TEST(DeclaredMemory, what_is_saved_is_loaded) {
  Caller caller(world);
  auto saved = co_await caller.call("save_memory", R"({"content":"likes green tea"})");
  EXPECT_EQ(saved.text, R"({"status":"saved"})");
  EXPECT_EQ(saved.callId, "c1");
  EXPECT_FALSE(saved.isError);
  auto loaded = co_await caller.call("load_memory", R"({"query":"tea"})");
  EXPECT_THAT(loaded.text, HasSubstr(R"({"memories":[{"content":"likes green tea","score":1)"));
  world.clock.advance(std::chrono::hours(2));
  loaded = co_await caller.call("load_memory", R"({"query":"tea"})");
  EXPECT_EQ(loaded.text, R"({"memories":[]})");
}

CORE_TEST(DeclaredMemory, faults_are_told_to_the_model) {
  Caller caller(world);
  for (const char* wrong : {"{", "{}", R"({"content":""})", R"({"content":"x","more":1})"}) {
    auto result = co_await caller.call("save_memory", wrong);
    EXPECT_TRUE(result.isError) << wrong;
    EXPECT_NE(result.text, "") << wrong;
  }
  auto result = co_await caller.call("load_memory", R"({"query":""})");
  EXPECT_TRUE(result.isError);
}

CORE_TEST(DeclaredMemory, its_tools_tell_their_arguments) {
  for (const auto& tool : memory_call_tools()) {
    EXPECT_TRUE(is_memory_call(tool.name));
    EXPECT_TRUE(tool.parameters.find("properties"));
  }
  EXPECT_FALSE(is_memory_call("memory_store"));
  co_return;
}

}  // namespace
}  // namespace flotilla::agents::testing
