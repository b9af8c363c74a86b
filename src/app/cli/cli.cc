#include "app/cli/cli.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <ostream>

#include "app/cli/command_line_internal.h"
#include "app/cli/usage.h"
#include "app/version.h"

namespace flotilla::app {

CommandLine::CommandLine() {
  root_.get_formatter()->column_width(32);
  root_.set_version_flag("--version", std::string(kVersion), "Print the version and exit");
  root_.footer("`flotilla COMMAND --help` says more, with examples.");
  add_serve();
  add_send();
  add_chat();
  add_mcp();
  add_tasks();
  add_sessions();
  add_agents();
  add_approvals();
  add_logs();
  add_topics();
  add_memory();
  add_stats();
  add_apply();
  add_resources();
  add_tool_servers();
  add_keys();
  add_config();
  add_version();
  add_completion();
}

Command CommandLine::describe(const CLI::App& app) const {
  Command out;
  out.name = app.get_name();
  out.summary = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    CommandOption one;
    if (!option->get_lnames().empty()) one.long_name = "--" + option->get_lnames().front();
    if (!option->get_snames().empty()) one.short_name = "-" + option->get_snames().front();
    one.help = option->get_description();
    one.takes_value = option->get_items_expected_max() > 0;
    one.takes_path = option->get_type_name() == "PATH";
    if (const auto found = choices_.find(option); found != choices_.end())
      one.choices = found->second;
    out.options.push_back(std::move(one));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; }))
    out.commands.push_back(describe(*child));
  return out;
}

CLI::App& CommandLine::deepest() {
  CLI::App* at = &root_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return *at;
}

std::string CommandLine::path_of(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name();
  return path_of(*command.get_parent()) + " " + command.get_name();
}

/// Of the innermost command that was named.
std::string CommandLine::help() {
  const CLI::App& command = deepest();
  return command.get_parent() == nullptr ? command.help()
                                         : command.help(path_of(*command.get_parent()));
}

Exit CommandLine::refuse(const CLI::ParseError& error, Io& io) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    const bool version = error.get_name() == "CallForVersion";
    io.out << (version ? std::string(error.what()) + "\n" : help());
    return Exit::done;
  }
  CLI::App& command = deepest();
  const bool extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const std::vector<std::string> words = extras ? command.remaining(true) : Choices();
  io.err << "flotilla: "
         << (words.empty() ? error.what() : explain_unexpected(describe(command), words.front()))
         << "\nSee `" << path_of(command) << " --help`.\n";
  return Exit::usage;
}

Exit CommandLine::run(std::vector<std::string> arguments, Io& io) {
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  std::ranges::reverse(arguments);  // as CLI11 takes them
  try {
    root_.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return refuse(error, io);
  }
  if (chosen_) return chosen_(io);
  io.err << help();
  return Exit::usage;
}

Exit run_cli(std::vector<std::string> arguments, Io& io) {
  CommandLine line;
  return line.run(std::move(arguments), io);
}

Command command_tree() {
  const CommandLine line;
  return line.tree();
}

}  // namespace flotilla::app
