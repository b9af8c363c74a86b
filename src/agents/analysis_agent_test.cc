#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

CORE_TEST(AnalysisAgent, answers_for_people_and_for_programs) {
  House house(world);
  auto task = co_await house.send("analysis", request_of("Analyse: I love this clear tool."));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
  CO_ASSERT_EQ(task->artifacts.size(), 1U);
  CO_ASSERT_EQ(task->artifacts[0].parts.size(), 2U);
  EXPECT_TRUE(task->artifacts[0].parts[0].text);
  CO_ASSERT_TRUE(task->artifacts[0].parts[1].data);
  const auto* data = task->artifacts[0].parts[1].data->if_object();
  CO_ASSERT_TRUE(data != nullptr);
  const auto* words = data->find("words");
  CO_ASSERT_TRUE(words != nullptr);
  EXPECT_EQ(words->as_int64(), 5);
}

CORE_TEST(AnalysisAgent, reads_text_files_and_asks_when_there_is_no_text) {
  House house(world);
  auto asked = co_await house.send("analysis", request_of("analyse:  "));
  CO_ASSERT_OK(asked);
  EXPECT_EQ(asked->status.state, a2a::TaskState::input_required);
  auto request = to_task(asked->id, "", "m-2");
  a2a::Part file;
  file.raw = json::Base64{"One two three."};
  file.mediaType = "text/plain";
  file.filename = "x.txt";
  request.message.parts = {file};
  auto task = co_await house.send("analysis", request);
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
  CO_ASSERT_EQ(task->history.size(), 3U);
  EXPECT_EQ(task->history[1].role, a2a::MessageRole::agent);
}

}  // namespace
}  // namespace flotilla::agents::testing
