#pragma once

#include <string>
#include <vector>

#include "app/cli/list.h"

namespace flotilla::app {

struct ApprovalListOptions {
  ListOptions list;
  std::string state;  // empty: pending; `all`: of any state
  std::string agent;
  std::string task;
};

struct ApprovalOptions {
  ClientFlags client;
  std::string id;
  std::string reason;
  std::string arguments;  // a JSON object instead of the model's
  bool session = false;
  std::vector<std::string> answers;  // one for each question
  Format format = Format::human;
};

/// `flotilla approvals list|watch|get|approve|reject|answer|revoke`, over the native API. Decisions
/// are about what the command has just read: the server refuses them if that has changed.
Exit list_approvals(const ApprovalListOptions& options, Io& io);
Exit get_approval(const ApprovalOptions& options, Io& io);
Exit approve_call(const ApprovalOptions& options, Io& io);
Exit reject_call(const ApprovalOptions& options, Io& io);
Exit answer_question(const ApprovalOptions& options, Io& io);
Exit revoke_approval(const ApprovalOptions& options, Io& io);

}  // namespace flotilla::app
