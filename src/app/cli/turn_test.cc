#include "app/cli/turn.h"

#include <gtest/gtest.h>

#include "a2a/continuation.h"
#include "app/cli/testing_internal.h"

namespace flotilla::app {
namespace {

using testing::Shell;

a2a::StreamResponse snapshot(a2a::TaskState state) {
  a2a::StreamResponse event;
  event.task.emplace();
  event.task->id = "t1";
  event.task->contextId = "c1";
  event.task->status.state = state;
  return event;
}

a2a::StreamResponse chunk(const std::string& id, const std::string& text, bool append) {
  a2a::StreamResponse event;
  event.artifactUpdate.emplace();
  event.artifactUpdate->taskId = "t1";
  event.artifactUpdate->contextId = "c1";
  event.artifactUpdate->artifact.artifactId = id;
  event.artifactUpdate->artifact.parts.push_back(a2a::text_part(text));
  event.artifactUpdate->append = append;
  return event;
}

a2a::StreamResponse status(a2a::TaskState state, const std::string& text = "") {
  a2a::StreamResponse event;
  event.statusUpdate.emplace();
  event.statusUpdate->taskId = "t1";
  event.statusUpdate->contextId = "c1";
  event.statusUpdate->status.state = state;
  if (!text.empty()) {
    event.statusUpdate->status.message.emplace();
    event.statusUpdate->status.message->parts.push_back(a2a::text_part(text));
  }
  return event;
}

TEST(Turn, live_chunks_come_at_once_and_run_together) {
  Shell shell;
  Turn turn(shell.io, true);
  turn.take(snapshot(a2a::TaskState::submitted));
  turn.take(chunk("a", "one ", false));
  EXPECT_EQ(shell.out(), "one ");
  turn.take(chunk("a", "two", true));
  turn.take(status(a2a::TaskState::completed));
  turn.finish();
  EXPECT_EQ(shell.out(), "one two\n");
  EXPECT_EQ(turn.exit(), Exit::done);
  EXPECT_EQ(turn.context_id(), "c1");
}

TEST(Turn, text_that_goes_on_in_the_same_part_is_shown) {
  Shell shell;
  Turn turn(shell.io, true);
  auto more = chunk("a", "aid", true);
  more.artifactUpdate->artifact.parts.front().metadata.set(std::string(a2a::kContinues),
                                                           json::Value(true));
  turn.take(chunk("a", "You s", false));
  turn.take(more);
  EXPECT_EQ(shell.out(), "You said");
  // The snapshot of a resume has one part, which went on meanwhile.
  auto later = snapshot(a2a::TaskState::working);
  a2a::Artifact artifact;
  artifact.artifactId = "a";
  artifact.parts.push_back(a2a::text_part("You said hello"));
  later.task->artifacts.push_back(artifact);
  turn.take(later);
  EXPECT_EQ(shell.out(), "You said hello");
  turn.take(chunk("a", "anew", false));
  EXPECT_EQ(shell.out(), "You said hello\nanew");
}

TEST(Turn, otherwise_everything_comes_at_the_end) {
  Shell shell;
  Turn turn(shell.io, false);
  turn.take(chunk("a", "one", false));
  EXPECT_EQ(shell.out(), "");
  turn.take(status(a2a::TaskState::completed));
  turn.finish();
  EXPECT_EQ(shell.out(), "one\n");
}

TEST(Turn, a_snapshot_after_a_resume_shows_only_what_is_new) {
  Shell shell;
  Turn turn(shell.io, true);
  turn.take(snapshot(a2a::TaskState::working));
  turn.take(chunk("a", "one ", false));
  auto later = snapshot(a2a::TaskState::working);
  a2a::Artifact artifact;
  artifact.artifactId = "a";
  artifact.parts = {a2a::text_part("one "), a2a::text_part("two")};
  later.task->artifacts.push_back(artifact);
  turn.take(std::move(later));
  turn.take(status(a2a::TaskState::completed));
  turn.finish();
  EXPECT_EQ(shell.out(), "one two\n");
}

TEST(Turn, artifacts_begin_on_a_line_of_their_own) {
  Shell shell;
  Turn turn(shell.io, true);
  turn.take(chunk("a", "one", false));
  turn.take(chunk("b", "two", false));
  turn.take(status(a2a::TaskState::completed, "done"));
  turn.finish();
  EXPECT_EQ(shell.out(), "one\ntwo\ndone\n");
}

TEST(Turn, a_closing_message_that_repeats_the_artifact_is_left_out) {
  Shell shell;
  Turn turn(shell.io, false);
  turn.take(chunk("a", "100", false));
  turn.take(status(a2a::TaskState::completed, "100"));
  turn.finish();
  EXPECT_EQ(shell.out(), "100\n");
}

TEST(Turn, failures_go_to_stderr_with_their_reason) {
  Shell shell;
  Turn turn(shell.io, false);
  turn.take(status(a2a::TaskState::failed, "division by zero"));
  turn.finish();
  EXPECT_EQ(shell.out(), "");
  EXPECT_EQ(shell.err(), "task t1 failed: division by zero\n");
  EXPECT_EQ(turn.exit(), Exit::failed);
}

TEST(Turn, questions_are_answers) {
  Shell shell;
  Turn turn(shell.io, false);
  turn.take(status(a2a::TaskState::input_required, "Which colour?"));
  turn.finish();
  EXPECT_EQ(shell.out(), "Which colour?\n");
  EXPECT_EQ(turn.exit(), Exit::waiting);
}

TEST(Turn, files_and_data_are_described) {
  Shell shell;
  Turn turn(shell.io, false);
  a2a::SendMessageResponse response;
  response.message.emplace();
  a2a::Part file;
  file.raw = json::Base64{"12345"};
  file.filename = "plot.png";
  file.mediaType = "image/png";
  a2a::Part data;
  data.data = json::Object{{"a", 1}};
  response.message->parts = {file, data};
  turn.take(std::move(response));
  turn.finish();
  EXPECT_EQ(shell.out(), "[file plot.png (image/png), 5 bytes]\n{\n  \"a\": 1\n}\n");
  EXPECT_EQ(turn.exit(), Exit::done);
}

TEST(Turn, a_terminal_is_spared_escape_sequences) {
  Shell shell;
  shell.io.out_terminal = true;
  Turn turn(shell.io, true);
  turn.take(chunk("a", "x\x1b[2Jy", false));
  EXPECT_EQ(shell.out(), "x\xef\xbf\xbd[2Jy");
}

TEST(Turn, a_stream_that_ends_early_is_cut) {
  Shell shell;
  Turn turn(shell.io, true);
  turn.take(status(a2a::TaskState::working));
  turn.finish();
  EXPECT_EQ(turn.exit(), Exit::unreachable);
}

}  // namespace
}  // namespace flotilla::app
