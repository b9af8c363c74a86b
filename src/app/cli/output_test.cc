#include "app/cli/output.h"

#include <gtest/gtest.h>

#include "app/cli/exit_code.h"
#include "app/cli/testing_internal.h"
#include "json/json.h"

namespace flotilla::app {
namespace {

using testing::Shell;

TEST(Table, columns_line_up_and_empty_cells_are_dashes) {
  Shell shell;
  Table table({"NAME", "STATE", "NOTE"});
  table.add({"größer", "working", "x"});
  table.add({"a", "", "line\nbreak"});
  table.print(shell.io);
  EXPECT_EQ(shell.out(),
            "NAME    STATE    NOTE\n"
            "größer  working  x\n"
            "a       -        line break\n");
}

TEST(Table, later_rows_come_without_titles_and_keep_the_widths) {
  Shell shell;
  Table table({"NAME", "STATE"});
  table.add({"a-long-name", "working"});
  table.print(shell.io);
  table.add({"b", "failed"});
  table.print(shell.io);
  EXPECT_EQ(shell.out(),
            "NAME         STATE\n"
            "a-long-name  working\n"
            "b            failed\n");
}

TEST(Table, a_terminal_gets_colours_unless_told_otherwise) {
  Shell shell;
  shell.io.out_terminal = true;
  Table table({"STATE"});
  table.add({"failed"});
  table.print(shell.io);
  EXPECT_NE(shell.out().find("\x1b[31mfailed\x1b[0m"), std::string::npos);
  Shell plain;
  plain.io.out_terminal = true;
  plain.set("NO_COLOR", "1");
  table.add({"failed"});
  table.print(plain.io);
  EXPECT_EQ(plain.out(), "failed\n");
}

TEST(Table, wide_cells_are_cut) {
  Shell shell;
  Table table({"X"});
  table.add({std::string(100, 'x')});
  table.print(shell.io);
  EXPECT_EQ(shell.out(), "X\n" + std::string(59, 'x') + "…\n");
}

TEST(Output, control_characters_of_a_server_do_not_reach_the_terminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\tc\r\nd"), "a\xef\xbf\xbd[2Jb\tc\nd");
  EXPECT_EQ(printable("\xc2\x9b"), "\xef\xbf\xbd");
  EXPECT_EQ(printable("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(printable("grün 🙂"), "grün 🙂");
  EXPECT_EQ(printable_line("a\nb"), "a b");
}

TEST(Output, ages) {
  const Time now{std::chrono::hours(24 * 365)};
  EXPECT_EQ(age(now, now), "0s");
  EXPECT_EQ(age(now + std::chrono::seconds(5), now), "0s");
  EXPECT_EQ(age(now - std::chrono::seconds(119), now), "119s");
  EXPECT_EQ(age(now - std::chrono::minutes(2), now), "2m");
  EXPECT_EQ(age(now - std::chrono::hours(3), now), "3h");
  EXPECT_EQ(age(now - std::chrono::hours(49), now), "2d");
  EXPECT_EQ(age(std::nullopt, now), "-");
}

TEST(Output, states_as_people_write_them) {
  EXPECT_EQ(short_state("TASK_STATE_INPUT_REQUIRED"), "input-required");
  EXPECT_EQ(short_state("working"), "working");
}

TEST(Output, documents_of_a_sequence) {
  Shell shell;
  const json::Value value = json::Object{{"a", 1}};
  print_document(value, Format::json, shell.io);
  print_document(value, Format::yaml, shell.io);
  EXPECT_EQ(shell.out(), "{\"a\":1}\n---\na: 1\n");
}

TEST(ExitCode, of_every_error_code) {
  const std::pair<Code, Exit> table[] = {
      {Code::invalid_argument, Exit::error},
      {Code::not_found, Exit::not_found},
      {Code::already_exists, Exit::error},
      {Code::conflict, Exit::error},
      {Code::unauthenticated, Exit::not_permitted},
      {Code::permission_denied, Exit::not_permitted},
      {Code::failed_precondition, Exit::error},
      {Code::resource_exhausted, Exit::error},
      {Code::unavailable, Exit::unreachable},
      {Code::deadline_exceeded, Exit::unreachable},
      {Code::cancelled, Exit::unreachable},
      {Code::unimplemented, Exit::error},
      {Code::data_loss, Exit::error},
      {Code::internal, Exit::error},
  };
  for (const auto& [code, exit] : table) EXPECT_EQ(exit_of(Error(code, "x")), exit);
}

TEST(ExitCode, of_every_task_state) {
  using a2a::TaskState;
  EXPECT_EQ(exit_of(TaskState::completed), Exit::done);
  EXPECT_EQ(exit_of(TaskState::failed), Exit::failed);
  EXPECT_EQ(exit_of(TaskState::rejected), Exit::failed);
  EXPECT_EQ(exit_of(TaskState::canceled), Exit::canceled);
  EXPECT_EQ(exit_of(TaskState::input_required), Exit::waiting);
  EXPECT_EQ(exit_of(TaskState::auth_required), Exit::waiting);
  EXPECT_EQ(exit_of(TaskState::working), Exit::unreachable);
  EXPECT_EQ(exit_of(TaskState::submitted), Exit::unreachable);
}

TEST(ExitCode, reports_name_fields_once) {
  Shell shell;
  EXPECT_EQ(report(invalid("/limit", "must be 1 to 500"), shell.io), Exit::error);
  const std::string text = shell.err();
  EXPECT_NE(text.find("/limit"), std::string::npos);
  EXPECT_EQ(text.find("must be", text.find("must be") + 1), std::string::npos) << text;
}

}  // namespace
}  // namespace flotilla::app
