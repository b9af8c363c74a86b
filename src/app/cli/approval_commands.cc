#include "app/cli/command_line_internal.h"

namespace flotilla::app {

namespace {

constexpr CommandText kList{"list", "List what waits for a decision, newest first",
                            "  flotilla approvals list\n"
                            "  flotilla approvals list --state all -a deployer\n"
                            "  flotilla approvals list -o json"};
constexpr CommandText kWatch{"watch", "Show what waits, and what comes, until interrupted",
                             "  flotilla approvals watch\n"
                             "  flotilla approvals watch -a deployer"};
constexpr CommandText kGet{"get", "Show one: the call with its arguments, or the questions",
                           "  flotilla approvals get 0198c0de-…"};
constexpr CommandText kApprove{
    "approve", "Let the agent make the call",
    "  flotilla approvals approve 0198c0de-…\n"
    "  flotilla approvals approve 0198c0de-… --arguments '{\"replicas\": 3}'\n"
    "  flotilla approvals approve 0198c0de-… --for-session"};
constexpr CommandText kReject{"reject", "Keep the agent from making the call",
                              "  flotilla approvals reject 0198c0de-… --reason \"not on Fridays\""};
constexpr CommandText kAnswer{"answer", "Answer an agent's questions, each in its place",
                              "  flotilla approvals answer 0198c0de-… \"the blue one\""};
constexpr CommandText kRevoke{"revoke", "End an approval that was given for a session",
                              "  flotilla approvals revoke 0198c0de-…"};

}  // namespace

void CommandLine::add_approvals() {
  CLI::App& group = add_group("approvals", "Calls of agents that wait for a person's decision");
  CLI::App& list =
      add_command(group, kList, [this](Io& io) { return list_approvals(approval_list_, io); });
  CLI::App& watch = add_command(group, kWatch, [this](Io& io) {
    approval_list_.list.watch = true;
    return list_approvals(approval_list_, io);
  });
  for (CLI::App* command : {&list, &watch}) {
    add_choice(*command, "--state", "Only in this state; pending by default", approval_list_.state,
               {"pending", "approved", "rejected", "answered", "expired", "withdrawn", "all"});
    command->add_option("-a,--agent", approval_list_.agent, "Only of agents of this name")
        ->type_name("NAME");
    command->add_option("--task", approval_list_.task, "Only of this task")->type_name("ID");
    add_list_flags(*command, approval_list_.list);
  }
  const auto add = [&](const CommandText& text, Exit (*verb)(const ApprovalOptions&, Io&)) {
    CLI::App& command =
        add_command(group, text, [this, verb](Io& io) { return verb(approval_, io); });
    command.add_option("APPROVAL", approval_.id, "Id of the item")->required()->type_name("");
    add_format(command, approval_.format, {"json", "yaml", "name"});
    add_client_flags(command, approval_.client);
    return &command;
  };
  add(kGet, get_approval);
  CLI::App* approve_command = add(kApprove, approve_call);
  CLI::Option* arguments = approve_command->add_option(
      "--arguments", approval_.arguments, "Call the tool with these instead of the model's");
  arguments->type_name("JSON");
  approve_command
      ->add_flag("--for-session", approval_.session,
                 "Ask no more for this tool in the session, as far as the same rules ask")
      ->excludes(arguments);
  add(kReject, reject_call)
      ->add_option("--reason", approval_.reason, "What the model is told")
      ->type_name("TEXT");
  add(kAnswer, answer_question)
      ->add_option("ANSWER", approval_.answers, "One for each question")
      ->required()
      ->type_name("");
  add(kRevoke, revoke_approval);
}

}  // namespace flotilla::app
