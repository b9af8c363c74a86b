#include "app/cli/command_line_internal.h"

// The commands about what runs did, and what agents remember.

namespace flotilla::app {

namespace {

constexpr CommandText kSteps{"steps", "Show what a run did: calls with latency, tokens and cost",
                             "  flotilla tasks steps 0198c0de-…\n"
                             "  flotilla tasks steps 0198c0de-… --watch\n"
                             "  flotilla tasks steps 0198c0de-… -o json"};
constexpr CommandText kRetry{"retry", "Make a new task of the messages of one that has ended",
                             "  flotilla tasks retry 0198c0de-…"};
constexpr CommandText kFork{"fork",
                            "Go on after a step in a new task; earlier calls are not made again",
                            "  flotilla tasks fork 0198c0de-… --at 3\n"
                            "  flotilla tasks fork 0198c0de-… --at 3 -m \"use the other cluster\""};
constexpr CommandText kReplay{"replay", "Run again on the answers and results in the journal",
                              "  flotilla tasks replay 0198c0de-…"};
constexpr CommandText kList{"list", "List what agents remember of you, newest first",
                            "  flotilla memory list\n"
                            "  flotilla memory list -a guide -o wide"};
constexpr CommandText kSearch{"search", "Show what an agent remembers that fits, best first",
                              "  flotilla memory search -a guide \"favourite colour\""};
constexpr CommandText kSave{"save", "Make an agent remember a text",
                            "  flotilla memory save -a guide \"she likes green tea\"\n"
                            "  flotilla memory save -a guide --name tea --ttl 30d green"};
constexpr CommandText kDelete{"delete", "Delete one memory of an agent, or all",
                              "  flotilla memory delete -a guide tea\n"
                              "  flotilla memory delete -a guide --all"};

}  // namespace

void CommandLine::add_task_runs(CLI::App& group) {
  CLI::App& steps =
      add_command(group, kSteps, [this](Io& io) { return list_steps(task_steps_, io); });
  steps.add_option("TASK", task_steps_.name, "Id of the task")->required()->type_name("");
  add_list_flags(steps, task_steps_.list);
  const auto add = [&](const CommandText& text, Exit (*verb)(const TaskAgainOptions&, Io&)) {
    CLI::App& command =
        add_command(group, text, [this, verb](Io& io) { return verb(task_again_, io); });
    add_subject(command, "TASK", "Id of the task", task_again_);
    return &command;
  };
  add(kRetry, retry_task);
  CLI::App* fork = add(kFork, fork_task);
  fork->add_option("--at", task_again_.step, "The last step that is taken over")
      ->required()
      ->type_name("STEP");
  fork->add_option("-m,--message", task_again_.message, "Say this before the model is asked on")
      ->type_name("TEXT");
  add(kReplay, replay_task);
}

void CommandLine::add_memory() {
  CLI::App& group = add_group("memory", "What agents remember of their users");
  const auto add_owner = [](CLI::App& command, std::string& owner) {
    command.add_option("--owner", owner, "Of this user, for admins; yours by default")
        ->type_name("NAME");
  };
  const auto add_agent = [](CLI::App& command, std::string& agent) {
    return command.add_option("-a,--agent", agent, "NAME or NAMESPACE/NAME of the agent")
        ->type_name("AGENT");
  };
  CLI::App& list =
      add_command(group, kList, [this](Io& io) { return list_memories(memory_list_, io); });
  add_agent(list, memory_list_.agent);
  CLI::App& search =
      add_command(group, kSearch, [this](Io& io) { return search_memories(memory_list_, io); });
  search.add_option("QUERY", memory_list_.query, "Words to look for")->required()->type_name("");
  add_agent(search, memory_list_.agent)->required();
  for (CLI::App* command : {&list, &search}) {
    add_owner(*command, memory_list_.owner);
    add_list_flags(*command, memory_list_.list);
  }
  CLI::App& save = add_command(group, kSave, [this](Io& io) { return save_memory(memory_, io); });
  save.add_option("TEXT", memory_.value, "What to remember")->required()->type_name("");
  save.add_option("--name", memory_.name, "Replace an earlier text of this name")
      ->type_name("NAME");
  add_duration(save, "--ttl", memory_.ttl, "Forget it after this time");
  CLI::App& remove =
      add_command(group, kDelete, [this](Io& io) { return delete_memory(memory_, io); });
  remove.add_option("NAME", memory_.name, "Its name, as the list shows it")->type_name("");
  remove.add_flag("--all", memory_.all, "All of this agent");
  for (CLI::App* command : {&save, &remove}) {
    add_agent(*command, memory_.agent)->required();
    add_owner(*command, memory_.owner);
    add_format(*command, memory_.format, {"json", "yaml", "name"});
    add_client_flags(*command, memory_.client);
  }
}

}  // namespace flotilla::app
