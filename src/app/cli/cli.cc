#include "app/cli/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <ostream>

#include "app/cli/agents.h"
#include "app/cli/chat.h"
#include "app/cli/command_text.h"
#include "app/cli/completion.h"
#include "app/cli/keys.h"
#include "app/cli/logs.h"
#include "app/cli/send.h"
#include "app/cli/serve.h"
#include "app/cli/sessions.h"
#include "app/cli/tasks.h"
#include "app/cli/topics.h"
#include "app/cli/usage.h"
#include "app/cli/version_command.h"
#include "app/version.h"
#include "http/message.h"

namespace flotilla::app {

namespace {

using Choices = std::vector<std::string>;

/// All commands and the options that parsing fills in. One command line is parsed by one object.
class CommandLine {
 public:
  CommandLine();
  Exit run(std::vector<std::string> arguments, Io& io);
  [[nodiscard]] Command tree() const { return describe(root_); }

 private:
  using Run = std::function<Exit(Io&)>;

  CLI::App& add_command(CLI::App& parent, const CommandText& text, Run run);
  CLI::App& add_group(const std::string& name, const std::string& summary);
  void add_client_flags(CLI::App& command, ClientFlags& flags);
  void add_agent_flags(CLI::App& command, AgentFlags& flags);
  void add_choice(CLI::App& command, const std::string& name, const std::string& help,
                  std::string& target, const Choices& choices);
  void add_format(CLI::App& command, Format& format, const Choices& choices);
  void add_duration(CLI::App& command, const std::string& name, std::optional<Duration>& target,
                    const std::string& help);
  void add_list_flags(CLI::App& command, ListOptions& options);
  template <class Options>
  void add_subject(CLI::App& command, const std::string& name, const std::string& help,
                   Options& options);
  void add_serve_flags(CLI::App& command);
  [[nodiscard]] static std::vector<config::Entry> serve_entries(const CLI::App& command);

  void add_serve();
  void add_config();
  void add_send();
  void add_chat();
  void add_tasks();
  void add_sessions();
  void add_agents();
  void add_keys();
  void add_logs();
  void add_topics();
  void add_version();
  void add_completion();

  [[nodiscard]] Command describe(const CLI::App& app) const;
  [[nodiscard]] Exit refuse(const CLI::ParseError& error, Io& io);
  [[nodiscard]] CLI::App& deepest();
  [[nodiscard]] static std::string path_of(const CLI::App& command);
  [[nodiscard]] std::string help();

  CLI::App root_{"A control plane for AI agents.", "flotilla"};
  std::map<const CLI::Option*, Choices> choices_;
  Run chosen_;

  Format config_format_ = Format::human;
  SendOptions send_;
  ChatOptions chat_;
  TaskListOptions task_list_;
  TaskOptions task_;
  ListOptions session_list_;
  SessionOptions session_;
  ListOptions agent_list_;
  AgentOptions agent_;
  ListOptions key_list_;
  KeyOptions key_;
  LogsOptions logs_;
  PublishOptions publish_;
  SubscribeOptions subscribe_;
  ListOptions subscription_list_;
  SubscriptionOptions subscription_;
  VersionOptions version_;
  std::string shell_;
};

const Choices kAllFormats = {"json", "yaml", "wide", "name"};
const Choices kDocumentFormats = {"json", "yaml"};

CommandLine::CommandLine() {
  root_.get_formatter()->column_width(32);
  root_.set_version_flag("--version", std::string(kVersion), "Print the version and exit");
  root_.footer("`flotilla COMMAND --help` says more, with examples.");
  add_serve();
  add_send();
  add_chat();
  add_tasks();
  add_sessions();
  add_agents();
  add_logs();
  add_topics();
  add_keys();
  add_config();
  add_version();
  add_completion();
}

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

template <class Options>
void CommandLine::add_subject(CLI::App& command, const std::string& name, const std::string& help,
                              Options& options) {
  command.add_option(name, options.name, help)->required()->type_name("");
  add_format(command, options.format, {"json", "yaml", "name"});
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

void CommandLine::add_serve() {
  CLI::App& command = add_command(root_, texts::kServe, [this](Io& io) {
    return serve(serve_entries(*root_.get_subcommand("serve")), io);
  });
  add_serve_flags(command);
}

void CommandLine::add_config() {
  CLI::App& command = add_command(root_, texts::kConfig, [this](Io& io) {
    return show_config(serve_entries(*root_.get_subcommand("config")), config_format_, io);
  });
  add_format(command, config_format_, kDocumentFormats);
  add_serve_flags(command);
}

void CommandLine::add_send() {
  CLI::App& command = add_command(root_, texts::kSend, [this](Io& io) { return send(send_, io); });
  command.add_option("TEXT", send_.text, "What to say; - reads standard input")->type_name("");
  add_agent_flags(command, send_.link);
  command.add_option("--context-id", send_.context_id, "Go on in this conversation");
  command.add_option("--task", send_.task, "Answer a task that waits for input");
  command.add_option("--file", send_.files, "Send this file along; may be repeated")
      ->type_name("PATH")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command.add_flag("--stream", send_.stream, "Show the answer as it comes");
  command.add_flag("--no-wait", send_.no_wait, "Print the task at once, do not wait for its end");
  command
      .add_option_function<std::int32_t>(
          "--history", [this](std::int32_t length) { send_.history = length; },
          "With -o json: so many messages of the task's history")
      ->type_name("N");
  add_duration(command, "--timeout", send_.timeout, "Wait no longer than this");
  add_format(command, send_.format, {"json", "yaml", "name"});
  add_client_flags(command, send_.client);
}

void CommandLine::add_chat() {
  CLI::App& command = add_command(root_, texts::kChat, [this](Io& io) { return chat(chat_, io); });
  add_agent_flags(command, chat_.link);
  CLI::Option* session = command.add_option("--session", chat_.session, "Go on with this session");
  CLI::Option* context =
      command.add_option("--context-id", chat_.context_id, "Go on in this conversation");
  CLI::Option* last =
      command.add_flag("--last", chat_.last, "Go on with the session that was active last");
  session->excludes(context)->excludes(last);
  context->excludes(last);
  add_client_flags(command, chat_.client);
}

void CommandLine::add_tasks() {
  CLI::App& group = add_group("tasks", "List, show and cancel tasks");
  CLI::App& list =
      add_command(group, texts::kTasksList, [this](Io& io) { return list_tasks(task_list_, io); });
  list.add_option("-a,--agent", task_list_.agent, "Only of the agent of this name");
  list.add_option("--state", task_list_.state, "Only in this state: working, input-required, …");
  list.add_option("--context-id", task_list_.context_id, "Only of this conversation");
  list.add_option("--session", task_list_.session, "Only of this session");
  add_list_flags(list, task_list_.list);
  CLI::App& get =
      add_command(group, texts::kTasksGet, [this](Io& io) { return get_task(task_, io); });
  CLI::App& cancel =
      add_command(group, texts::kTasksCancel, [this](Io& io) { return cancel_task(task_, io); });
  add_subject(get, "TASK", "Id of the task", task_);
  add_subject(cancel, "TASK", "Id of the task", task_);
}

void CommandLine::add_sessions() {
  CLI::App& group = add_group("sessions", "List and show sessions");
  CLI::App& list = add_command(group, texts::kSessionsList,
                               [this](Io& io) { return list_sessions(session_list_, io); });
  add_list_flags(list, session_list_);
  CLI::App& get =
      add_command(group, texts::kSessionsGet, [this](Io& io) { return get_session(session_, io); });
  add_subject(get, "SESSION", "UID or NAMESPACE/UID", session_);
}

void CommandLine::add_agents() {
  CLI::App& group = add_group("agents", "List and show agents");
  CLI::App& list = add_command(group, texts::kAgentsList,
                               [this](Io& io) { return list_agents(agent_list_, io); });
  add_list_flags(list, agent_list_);
  CLI::App& get =
      add_command(group, texts::kAgentsGet, [this](Io& io) { return get_agent(agent_, io); });
  get.add_flag("--card", agent_.card, "Print its A2A agent card");
  add_subject(get, "AGENT", "NAME or NAMESPACE/NAME", agent_);
}

void CommandLine::add_keys() {
  CLI::App& group = add_group("keys", "Keys that sign agent cards and seal stored secrets");
  CLI::App& list =
      add_command(group, texts::kKeysList, [this](Io& io) { return list_keys(key_list_, io); });
  add_list_flags(list, key_list_);
  const auto make = [&](const CommandText& text, Exit (*run)(const KeyOptions&, Io&)) {
    CLI::App& command = add_command(group, text, [this, run](Io& io) { return run(key_, io); });
    CLI::Option* algorithm =
        command.add_option("--algorithm", key_.algorithm, "Of a signing key: ES256 or EdDSA");
    algorithm->type_name("NAME")->check(CLI::IsMember({"ES256", "EdDSA"}));
    choices_[algorithm] = {"ES256", "EdDSA"};
    command
        .add_flag("--sealing", key_.sealing, "The key of stored secrets, which are sealed again")
        ->excludes(algorithm);
    add_format(command, key_.format, kAllFormats);
    add_client_flags(command, key_.client);
  };
  make(texts::kKeysCreate, create_key);
  make(texts::kKeysRotate, rotate_key);
  CLI::App& retire =
      add_command(group, texts::kKeysRetire, [this](Io& io) { return retire_key(key_, io); });
  CLI::App& remove =
      add_command(group, texts::kKeysDelete, [this](Io& io) { return delete_key(key_, io); });
  for (CLI::App* command : {&retire, &remove})
    command->add_option("KEY", key_.id, "Id of the key")->required()->type_name("");
  add_format(retire, key_.format, kAllFormats);
  add_client_flags(retire, key_.client);
  add_client_flags(remove, key_.client);
}

void CommandLine::add_logs() {
  CLI::App& command = add_command(root_, texts::kLogs, [this](Io& io) { return logs(logs_, io); });
  command.add_option("TASK", logs_.task, "Id of the task")->required()->type_name("");
  command.add_flag("-f,--follow", logs_.follow,
                   "Go on with new events until the task ends; exit status as its outcome");
  command.add_option("--after", logs_.after, "Only events after this number")
      ->type_name("SEQ")
      ->check(check_count);
  add_format(command, logs_.format, kDocumentFormats);
  add_client_flags(command, logs_.client);
}

void CommandLine::add_topics() {
  CLI::App& publish_command =
      add_command(root_, texts::kPublish, [this](Io& io) { return publish(publish_, io); });
  publish_command.add_option("NAME", publish_.name, "Topic, such as build.failed")
      ->required()
      ->type_name("");
  publish_command.add_option("JSON", publish_.data, "What to say; - reads standard input")
      ->type_name("");
  publish_command.add_option("-a,--agent", publish_.agent, "Publish as this agent");
  publish_command.add_flag("--shared", publish_.shared, "For everybody in the namespace");
  publish_command.add_option("--context-id", publish_.context_id, "Conversation it belongs to");
  publish_command.add_option("--key", publish_.key, "The same key again publishes nothing");
  add_format(publish_command, publish_.format, kDocumentFormats);
  add_client_flags(publish_command, publish_.client);

  CLI::App& command =
      add_command(root_, texts::kSubscribe, [this](Io& io) { return subscribe(subscribe_, io); });
  command.add_option("PATTERN", subscribe_.patterns, "Topics, * for any word [*]")->type_name("");
  command
      .add_option("--durable", subscribe_.durable,
                  "Remember under this name what was printed, and go on there next time")
      ->type_name("NAME");
  command.add_option("--from", subscribe_.from, "now, start, or after a cursor [now]")
      ->type_name("CURSOR");
  command.add_option("--count", subscribe_.count, "End after so many events")
      ->type_name("N")
      ->check(check_count);
  add_format(command, subscribe_.format, kDocumentFormats);
  add_client_flags(command, subscribe_.client);

  CLI::App& group = add_group("subscriptions", "List and delete durable subscriptions");
  CLI::App& list = add_command(group, texts::kSubscriptionsList, [this](Io& io) {
    return list_subscriptions(subscription_list_, io);
  });
  add_list_flags(list, subscription_list_);
  CLI::App& remove = add_command(group, texts::kSubscriptionsDelete,
                                 [this](Io& io) { return delete_subscription(subscription_, io); });
  remove.add_option("NAME", subscription_.name, "Its name")->required()->type_name("");
  add_client_flags(remove, subscription_.client);
}

void CommandLine::add_version() {
  CLI::App& command =
      add_command(root_, texts::kVersion, [this](Io& io) { return show_version(version_, io); });
  command.add_flag("--client", version_.client_only, "Do not ask the server");
  add_format(command, version_.format, kDocumentFormats);
  add_client_flags(command, version_.client);
}

void CommandLine::add_completion() {
  CLI::App& command = add_command(root_, texts::kCompletion, [this](Io& io) {
    const Command all = tree();
    io.out << (shell_ == "bash"  ? bash_completion(all)
               : shell_ == "zsh" ? zsh_completion(all)
                                 : fish_completion(all));
    return Exit::done;
  });
  CLI::Option* shell = command.add_option("SHELL", shell_, "bash, zsh or fish");
  shell->required()->type_name("")->check(check_shell);
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

}  // namespace

Exit run_cli(std::vector<std::string> arguments, Io& io) {
  CommandLine line;
  return line.run(std::move(arguments), io);
}

Command command_tree() {
  const CommandLine line;
  return line.tree();
}

}  // namespace flotilla::app
