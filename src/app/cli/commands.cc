#include <ostream>

#include "app/cli/command_line_internal.h"
#include "app/cli/completion.h"
#include "app/cli/serve.h"
#include "app/cli/usage.h"

// The commands, one function for each or for each group.
namespace flotilla::app {

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

void CommandLine::add_mcp() {
  CLI::App& command =
      add_command(root_, texts::kMcp, [this](Io& io) { return mcp_bridge(mcp_, io); });
  command
      .add_option("--profile", mcp_.profile, "View of the catalogue; search: two tools find all")
      ->type_name("NAME");
  add_client_flags(command, mcp_.client);
}

void CommandLine::add_tasks() {
  CLI::App& group = add_group("tasks", "List, show, cancel and repeat tasks");
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
  add_task_runs(group);
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

void CommandLine::add_stats() {
  CLI::App& command =
      add_command(root_, texts::kStats, [this](Io& io) { return show_stats(stats_, io); });
  command.add_option("--since", stats_.since, "A time, or how long ago: 90m, 7d [1h]")
      ->type_name("TIME");
  command.add_option("--until", stats_.until, "Likewise [now]")->type_name("TIME");
  command.add_option("--step", stats_.step, "Sums of whole minutes: 5m, 1h; or all [all]")
      ->type_name("DURATION");
  command.add_option("--by", stats_.by, "Any of namespace, agent, model, owner; or none")
      ->type_name("WORDS");
  command.add_option("-a,--agent", stats_.agent, "Only of the agent of this name");
  command.add_option("--model", stats_.model, "Only of the ModelConfig of this name");
  command.add_option("--owner", stats_.owner, "Only for this principal");
  add_list_flags(command, stats_.list);
}

void CommandLine::add_keys() {
  CLI::App& group = add_group("keys", "Keys that sign agent cards and seal stored secrets");
  CLI::App& list =
      add_command(group, texts::kKeysList, [this](Io& io) { return list_keys(key_list_, io); });
  add_list_flags(list, key_list_);
  const auto make = [&](const CommandText& text, Exit (*verb)(const KeyOptions&, Io&)) {
    CLI::App& command = add_command(group, text, [this, verb](Io& io) { return verb(key_, io); });
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

}  // namespace flotilla::app
