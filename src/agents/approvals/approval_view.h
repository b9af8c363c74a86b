#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agents/approvals/approval.h"
#include "json/struct_schema.h"

/// How items of the inbox look in JSON (native API, CLI, MCP tools), and how decisions about them
/// are written there.
namespace flotilla::agents {

struct ApprovalView {
  std::string id;
  std::string kind;  // tool-call, question
  std::string namespace_;
  std::string agent;
  std::string owner;
  std::string task;
  std::string session;
  std::optional<std::string> parent;
  std::int64_t step = 0;
  std::string callId;
  std::string tool;
  json::Object arguments;
  std::string argumentsHash;
  std::vector<Question> questions;
  std::vector<std::string> rules;
  std::optional<core::PolicyApprovers> approvers;
  std::string state;
  bool mayDecide = false;  // the caller, if it were pending
  std::optional<std::string> scope;
  std::optional<std::string> decidedBy;
  std::optional<std::string> via;
  std::optional<std::string> reason;
  std::optional<json::Object> editedArguments;
  std::vector<Answer> answers;
  Time createdAt;
  std::optional<Time> decidedAt;
  std::optional<Time> expiresAt;
  std::optional<bool> revoked;
};
BOOST_DESCRIBE_STRUCT(ApprovalView, (),
                      (id, kind, namespace_, agent, owner, task, session, parent, step, callId,
                       tool, arguments, argumentsHash, questions, rules, approvers, state,
                       mayDecide, scope, decidedBy, via, reason, editedArguments, answers,
                       createdAt, decidedAt, expiresAt, revoked))

struct ApprovalList {
  std::vector<ApprovalView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(ApprovalList, (), (items, nextCursor))
constexpr bool always_written(const ApprovalList*, std::string_view) {
  return true;
}

/// The body of a decision.
struct DecisionInput {
  std::string decision;
  std::optional<std::string> reason;
  std::optional<json::Object> arguments;
  std::optional<std::string> scope;
  std::vector<Answer> answers;
  std::optional<std::string> argumentsHash;
};
BOOST_DESCRIBE_STRUCT(DecisionInput, (),
                      (decision, reason, arguments, scope, answers, argumentsHash))

std::span<const json::FieldDoc> field_docs(const ApprovalView*);
std::span<const json::FieldDoc> field_docs(const DecisionInput*);

ApprovalView view_of(const Approval& approval, const Principal& caller);
ApprovalList list_of(const ApprovalPage& page, const Principal& caller);
/// invalid_argument names the member.
Result<Decision> decision_of(DecisionInput input, std::string via);
/// invalid_argument naming `state`.
Result<ApprovalState> parse_approval_state(const std::string& text);
/// The `cursor` of a list; invalid_argument when it is none of ours.
Result<std::pair<Time, ApprovalId>> approval_place(const std::string& cursor);

}  // namespace flotilla::agents
