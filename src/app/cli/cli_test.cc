#include "app/cli/cli.h"

#include <gtest/gtest.h>

#include "app/cli/completion.h"
#include "app/cli/testing_internal.h"

namespace flotilla::app {
namespace {

using testing::Shell;

struct Refusal {
  std::vector<std::string> arguments;
  std::string says;
};

TEST(Cli, bad_usage_says_what_and_where_help_is) {
  const std::vector<Refusal> refusals = {
      {{"serv"}, "unknown command 'serv'; did you mean serve?"},
      {{"serve", "--aply", "x"}, "unknown flag '--aply'"},
      {{"serve", "--bus", "memory:"}, "unknown flag '--bus'"},
      {{"serve", "--lisen", "x"}, "unknown flag '--lisen'; did you mean --listen?"},
      {{"tasks", "lst"}, "unknown command 'lst'; did you mean list?"},
      {{"tasks", "get"}, "TASK is required"},
      {{"tasks", "list", "-o", "xml"}, "expected json|yaml|wide|name"},
      {{"send", "two", "words"}, "unexpected 'words'; put a text with blanks in quotes"},
      {{"send", "x", "--timeout", "soon"}, "expected a duration"},
      {{"send", "x", "--history", "many"}, "--history"},
      {{"send", "x", "--binding", "soap"}, "expected JSONRPC|HTTP+JSON"},
      {{"chat", "--a2a-version", "2.0"}, "expected 1.0|0.3"},
      {{"chat", "--last", "--session", "x"}, "excludes"},
      {{"send", "x", "--card-policy", "maybe"}, "expected off|warn|require"},
      {{"keys", "create", "--algorithm", "none"}, "--algorithm"},
      {{"keys", "rotate", "--sealing", "--algorithm", "EdDSA"}, "excludes"},
      {{"keys", "delete"}, "KEY is required"},
      {{"completion", "tcsh"}, "expected bash, zsh or fish"},
      {{"logs", "x", "--after", "-1"}, "--after"},
  };
  for (const Refusal& refusal : refusals) {
    Shell shell;
    EXPECT_EQ(shell.run(refusal.arguments), Exit::usage) << refusal.says;
    EXPECT_NE(shell.err().find(refusal.says), std::string::npos) << shell.err();
    EXPECT_NE(shell.err().find("--help`"), std::string::npos) << shell.err();
    EXPECT_EQ(shell.out(), "");
  }
}

TEST(Cli, without_a_command_it_shows_help_on_stderr) {
  Shell shell;
  EXPECT_EQ(shell.run({}), Exit::usage);
  EXPECT_NE(shell.err().find("Subcommands:"), std::string::npos);
  EXPECT_EQ(shell.run({"tasks"}), Exit::usage);
  EXPECT_NE(shell.err().find("cancel"), std::string::npos);
}

void expect_help(const Command& command, const std::vector<std::string>& path) {
  Shell shell;
  std::vector<std::string> arguments = path;
  arguments.emplace_back("--help");
  EXPECT_EQ(shell.run(arguments), Exit::done);
  if (command.commands.empty()) {
    EXPECT_NE(shell.out().find("Examples:\n  "), std::string::npos) << command.name;
  }
  for (const Command& child : command.commands) {
    std::vector<std::string> child_path = path;
    child_path.push_back(child.name);
    expect_help(child, child_path);
  }
}

TEST(Cli, every_command_has_help_with_examples) {
  expect_help(command_tree(), {});
}

TEST(Cli, help_is_a_command_too) {
  Shell shell;
  EXPECT_EQ(shell.run({"help", "tasks", "list"}), Exit::done);
  EXPECT_NE(shell.out().find("Usage: flotilla tasks list"), std::string::npos) << shell.out();
}

TEST(Cli, every_option_has_help) {
  const std::function<void(const Command&)> check = [&](const Command& command) {
    for (const CommandOption& option : command.options)
      EXPECT_NE(option.help, "") << command.name << " " << option.long_name;
    for (const Command& child : command.commands) check(child);
  };
  check(command_tree());
}

TEST(Cli, serve_has_no_keys_of_later_releases) {
  const Command root = command_tree();
  for (const Command& command : root.commands) {
    if (command.name != "serve") continue;
    for (const CommandOption& option : command.options) EXPECT_NE(option.long_name, "--bus");
  }
}

TEST(Completion, scripts_know_commands_flags_and_values) {
  const Command root = command_tree();
  for (const std::string& script :
       {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    for (const char* word : {"serve", "cancel", "context-id", "durability", "json yaml wide name"})
      EXPECT_NE(script.find(word), std::string::npos) << word;
  }
  Shell shell;
  EXPECT_EQ(shell.run({"completion", "bash"}), Exit::done);
  EXPECT_EQ(shell.out(), bash_completion(root));
}

}  // namespace
}  // namespace flotilla::app
