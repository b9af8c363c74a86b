#include <algorithm>

#include "app/cli/command_line_internal.h"
#include "app/cli/usage.h"
#include "app/serve_config.h"
#include "http/message.h"

// Flags that commands share.
namespace flotilla::app {

CLI::App& CommandLine::add_command(CLI::App& parent, const CommandText& text, Run run) {
  CLI::App* command = parent.add_subcommand(std::string(text.name), std::string(text.summary));
  command->footer("Examples:\n" + std::string(text.examples));
  command->parse_complete_callback([this, run = std::move(run)] { chosen_ = run; });
  return *command;
}

CLI::App& CommandLine::add_group(const std::string& name, const std::string& summary) {
  CLI::App* group = root_.add_subcommand(name, summary);
  group->footer("`flotilla " + name + " COMMAND --help` says more, with examples.");
  return *group;
}

void CommandLine::add_client_flags(CLI::App& command, ClientFlags& flags) {
  const auto add = [&](const std::string& names, std::string& target, const std::string& help) {
    command.add_option(names, target, help)->group("Server");
  };
  add("--server", flags.server, "URL of the server [FLOTILLA_URL, else http://127.0.0.1:8080]");
  add("--context", flags.context, "Context of the configuration file [FLOTILLA_CONTEXT]");
  add("-n,--namespace", flags.name_space, "Namespace [FLOTILLA_NAMESPACE]");
}

void CommandLine::add_agent_flags(CLI::App& command, AgentFlags& flags) {
  command.add_option("-a,--agent", flags.agent, "NAME or NAMESPACE/NAME [the front desk]");
  add_choice(command, "--binding", "Speak only this one [the card's]", flags.binding,
             {"JSONRPC", "HTTP+JSON"});
  add_choice(command, "--a2a-version", "Speak only this one [the newest]", flags.version,
             {"1.0", "0.3"});
  command
      .add_option("--card-trust", flags.card_trust,
                  "JWK Set: speak only to agents whose card one of its keys signed")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  add_choice(command, "--card-policy", "What becomes of other cards [require with --card-trust]",
             flags.card_policy, {"off", "warn", "require"});
}

/// One of the choices, in any case.
void CommandLine::add_choice(CLI::App& command, const std::string& name, const std::string& help,
                             std::string& target, const Choices& choices) {
  std::string allowed;
  for (const std::string& choice : choices) allowed += (allowed.empty() ? "" : "|") + choice;
  CLI::Option* option = command.add_option(name, target, help)->type_name(allowed);
  option->check([choices, allowed](const std::string& text) {
    const auto same = [&](const std::string& choice) { return http::iequals(choice, text); };
    return std::ranges::any_of(choices, same) ? "" : "expected " + allowed;
  });
  choices_[option] = choices;
}

void CommandLine::add_format(CLI::App& command, Format& format, const Choices& choices) {
  CLI::Option* option = command.add_option_function<std::string>(
      "-o,--output", [&format](const std::string& text) { format = *parse_format(text); },
      "Output format");
  std::string allowed;
  for (const std::string& choice : choices) allowed += (allowed.empty() ? "" : "|") + choice;
  option->type_name(allowed);
  option->check([choices, allowed](const std::string& text) {
    return std::ranges::find(choices, text) != choices.end() ? "" : "expected " + allowed;
  });
  choices_[option] = choices;
}

void CommandLine::add_duration(CLI::App& command, const std::string& name,
                               std::optional<Duration>& target, const std::string& help) {
  CLI::Option* option = command.add_option_function<std::string>(
      name, [&target](const std::string& text) { target = parse_duration(text); }, help);
  option->type_name("DURATION")->check(check_duration);
}

void CommandLine::add_list_flags(CLI::App& command, ListOptions& options) {
  add_format(command, options.format, kAllFormats);
  command.add_flag("-w,--watch", options.watch, "Go on showing what is new or changed");
  command.add_option("--limit", options.limit, "Show at most so many [50]")
      ->type_name("N")
      ->check(check_count);
  command.add_flag("--all", options.all, "Show all");
  add_client_flags(command, options.client);
}

void CommandLine::add_serve_flags(CLI::App& command) {
  ServeConfig defaults;
  config::Registry keys;
  keys.add(defaults);
  for (const config::Key& key : keys.keys()) {
    std::string help(key.help);
    if (!key.is_flag && !key.default_text.empty()) help += " [" + key.default_text + "]";
    if (key.is_list) help += "; may be repeated";
    const std::string flag = "--" + key.name;
    CLI::Option* option = nullptr;
    if (key.is_flag) {
      option = command.add_flag(flag)->description(help);
    } else {
      option = command.add_option(flag)->description(help);
      option->type_name(value_name(key))->type_size(1)->expected(1);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
    }
    option->group("Server");
  }
}

std::vector<config::Entry> CommandLine::serve_entries(const CLI::App& command) {
  std::vector<config::Entry> entries;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group() != "Server" || option->count() == 0) continue;
    entries.push_back({option->get_lnames().front(), option->results(), 0});
  }
  return entries;
}

}  // namespace flotilla::app
