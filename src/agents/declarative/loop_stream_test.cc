#include <gmock/gmock.h>

#include "agents/declarative/limits.h"
#include "agents/declarative/testing_internal.h"

// What clients see while a run goes on.

namespace flotilla::agents {
namespace {

using namespace loop_testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Texts of the artifact's chunks; `!` before one that replaces what was there.
std::vector<std::string> chunks(const std::vector<a2a::StreamItem>& items) {
  std::vector<std::string> texts;
  for (const auto& item : items) {
    if (item.kind != a2a::ItemKind::artifact_update) continue;
    auto read = json::from_text<a2a::TaskArtifactUpdateEvent>(*item.json);
    EXPECT_TRUE(read) << *item.json;
    if (!read) continue;
    const auto& update = *read;
    std::string text = update.append.value_or(false) ? "" : "!";
    text += a2a::text_of(update.artifact.parts);
    if (update.lastChunk.value_or(false)) text += "$";
    texts.push_back(std::move(text));
  }
  return texts;
}

CORE_TEST(LoopStream, the_first_piece_goes_out_at_once_and_later_ones_together) {
  Single one(world);
  one.house->add("helper");
  Line line;
  line.pieces = {"a", "b", "c", "d", "e"};
  line.pause = std::chrono::milliseconds(20);
  one.model->lines = {line};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  std::vector<a2a::StreamItem> seen;
  // Nothing of the clock moves, and yet the first piece is there.
  while (chunks(seen).empty()) {
    auto more = co_await (*stream)->next();
    CO_ASSERT_OK(more);
    for (auto& item : *more) seen.push_back(std::move(item));
  }
  EXPECT_THAT(chunks(seen), ElementsAre("!a"));
  const auto& active = one.house->process.metrics.runs_active;
  while (active.value() > 0) {
    co_await until([&] { return world.clock.sleepers() >= 2 || active.value() == 0; });
    world.clock.advance(std::chrono::milliseconds(20));
    for (int turn = 0; turn < 50; ++turn) co_await flotilla::testing::settle();
  }
  auto rest = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(rest);
  for (auto& item : *rest) seen.push_back(std::move(item));
  EXPECT_THAT(chunks(seen), ElementsAre("!a", "bc", "de$"));
  const core::TaskFilter all;
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), all);
  auto task = co_await one.house->get("helper", page->rows.at(0).id.to_string());
  CO_ASSERT_OK(task);
  EXPECT_EQ(House::said(*task), "COMPLETED|abcde");
}

CORE_TEST(LoopStream, much_text_does_not_wait_for_the_clock) {
  Single one(world);
  one.house->add("helper");
  Line line;
  line.pieces = {"a", std::string(kChunkBytes, 'b'), "c"};
  one.model->lines = {line};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  auto items = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_THAT(chunks(*items), ElementsAre("!a", std::string(kChunkBytes, 'b'), "c$"));
}

CORE_TEST(LoopStream, no_character_is_cut_in_two) {
  Single one(world);
  one.house->add("helper");
  Line line;
  line.pieces = {"\xe2\x82", "\xac!"};
  one.model->lines = {line};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  auto items = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_THAT(chunks(*items), ElementsAre("!\xe2\x82\xac!", "$"));
}

CORE_TEST(LoopStream, the_final_answer_replaces_what_was_said_before_a_call) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  auto first = calls({call_of("c1", "price", R"({"of":"tea"})")});
  first.pieces = {"Let me see."};
  first.usage.inputTokens = 10;
  first.usage.outputTokens = 5;
  one.model->lines = {first, says("It costs 12.")};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  auto items = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_THAT(chunks(*items), ElementsAre("!Let me see.", "!It costs 12.", "$"));
  std::string told;
  for (const auto& item : *items)
    if (item.kind == a2a::ItemKind::status_update) told += *item.json + "\n";
  EXPECT_THAT(told, HasSubstr(R"("data":{"name":"price","id":"c1","args":{"of":"tea"}},)"
                              R"("metadata":{"kagent_type":"function_call"})"));
  EXPECT_THAT(told, HasSubstr(R"("response":{"result":"12"}},)"
                              R"("metadata":{"kagent_type":"function_response"})"));
  EXPECT_THAT(told, HasSubstr(R"("kagent_usage_metadata":{"promptTokenCount":10)"));
  const core::TaskFilter all;
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), all);
  auto task = co_await one.house->get("helper", page->rows.at(0).id.to_string());
  CO_ASSERT_OK(task);
  EXPECT_EQ(House::said(*task), "COMPLETED|It costs 12.");
  CO_ASSERT_EQ(task->history.size(), 3U);
  EXPECT_EQ(a2a::text_of(task->history[1].parts), "Let me see.");
}

CORE_TEST(LoopStream, an_agent_that_does_not_stream_has_one_artifact_at_its_end) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.stream = false;
  one.house->add("helper", spec);
  Line line;
  line.pieces = {"a", "b"};
  one.model->lines = {line};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  auto items = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_THAT(chunks(*items), ElementsAre("!ab$"));
}

}  // namespace
}  // namespace flotilla::agents
