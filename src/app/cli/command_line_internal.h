#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/agents.h"
#include "app/cli/approvals.h"
#include "app/cli/chat.h"
#include "app/cli/command_text.h"
#include "app/cli/command_tree.h"
#include "app/cli/keys.h"
#include "app/cli/logs.h"
#include "app/cli/mcp.h"
#include "app/cli/memory.h"
#include "app/cli/resources.h"
#include "app/cli/send.h"
#include "app/cli/sessions.h"
#include "app/cli/stats.h"
#include "app/cli/task_runs.h"
#include "app/cli/tasks.h"
#include "app/cli/tool_servers.h"
#include "app/cli/topics.h"
#include "app/cli/version_command.h"
#include "base/config.h"

namespace flotilla::app {

using Choices = std::vector<std::string>;

inline const Choices kAllFormats = {"json", "yaml", "wide", "name"};
inline const Choices kDocumentFormats = {"json", "yaml"};

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
  void add_files(CLI::App& command, std::vector<std::string>& files, bool required);
  [[nodiscard]] static std::vector<config::Entry> serve_entries(const CLI::App& command);

  void add_serve();
  void add_config();
  void add_send();
  void add_chat();
  void add_mcp();
  void add_tasks();
  void add_task_runs(CLI::App& group);
  void add_memory();
  void add_sessions();
  void add_agents();
  void add_stats();
  void add_approvals();
  void add_keys();
  void add_logs();
  void add_topics();
  void add_apply();
  void add_resources();
  void add_tool_servers();
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
  McpOptions mcp_;
  TaskListOptions task_list_;
  TaskOptions task_;
  TaskStepsOptions task_steps_;
  TaskAgainOptions task_again_;
  MemoryListOptions memory_list_;
  MemoryOptions memory_;
  ListOptions session_list_;
  SessionOptions session_;
  ListOptions agent_list_;
  AgentOptions agent_;
  StatsOptions stats_;
  ApprovalListOptions approval_list_;
  ApprovalOptions approval_;
  ListOptions key_list_;
  KeyOptions key_;
  LogsOptions logs_;
  PublishOptions publish_;
  SubscribeOptions subscribe_;
  ListOptions subscription_list_;
  SubscriptionOptions subscription_;
  ApplyOptions apply_;
  ApplyOptions diff_;
  ResourceOptions get_;
  ResourceOptions describe_;
  ResourceOptions delete_;
  ExplainOptions explain_;
  ToolServerOptions tool_server_;
  VersionOptions version_;
  std::string shell_;
};

template <class Options>
void CommandLine::add_subject(CLI::App& command, const std::string& name, const std::string& help,
                              Options& options) {
  command.add_option(name, options.name, help)->required()->type_name("");
  add_format(command, options.format, {"json", "yaml", "name"});
  add_client_flags(command, options.client);
}

}  // namespace flotilla::app
