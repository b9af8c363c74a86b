#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "a2a/types.h"
#include "agents/approvals/approval.h"
#include "base/result.h"

/// Requests and decisions as A2A messages carry them, in the two forms that clients of kagent know:
/// data parts (0.x) and the extension hitl/v1. A request has both, and a text for everyone else.
/// References: kagent.md 4.7 and 4.8. Beyond those, a decision may have `edited_arguments` and
/// `scope: "session"`.
namespace flotilla::agents {

inline constexpr std::string_view kHitlExtension = "https://kagent.dev/extensions/hitl/v1";

/// The agent that the work was given to, when the items are of its task.
struct NestedIn {
  std::string agent;
  std::string task;
  std::string context;
  std::string call_id;  // of the call that gave it the work
};

/// Makes the message one that asks for these items; they are pending, and not empty.
void put_request(a2a::Message& message, const std::vector<Approval>& items,
                 const std::optional<NestedIn>& nested);

/// What a message decides, before it is known of what.
struct WireDecisions {
  /// For everything that is pending.
  std::optional<Decision> all;
  /// By id: an approval's, or a call's.
  std::vector<std::pair<std::string, Decision>> by_id;
  /// by_id must name everything that is pending, each once (hitl/v1).
  bool complete = false;
  std::optional<std::vector<Answer>> answers;
  std::string question;  // id that the answers are for; empty: the only one
};

/// Cheap: whether parse_decisions() would look.
bool carries_decision(const a2a::Message& message);
/// nullopt: it decides nothing. invalid_argument names the member.
Result<std::optional<WireDecisions>> parse_decisions(const a2a::Message& message);

/// Decisions with the pending items that they are about; rows of one call get the same one.
/// invalid_argument for ids that are unknown, named twice, or (complete) missing. What is not
/// named is not decided.
using Assigned = std::vector<std::pair<Approval, Decision>>;
Result<Assigned> assign(const WireDecisions& decisions, const std::vector<Approval>& pending);
/// A plain text answers the only question when nothing else is pending.
Assigned assign_text(const std::string& text, const std::vector<Approval>& pending);

/// The message that a decision by other ways becomes, so that it wakes the task.
void put_decisions(a2a::Message& message, const Assigned& decided);

/// Questions of a call of ask_user. invalid_argument: for the model to try again.
Result<std::vector<Question>> parse_questions(const json::Object& arguments);
/// Answers fit the questions: as many, and of the choices where there are any.
Result<> check_answers(const std::vector<Question>& questions, const std::vector<Answer>& answers);

}  // namespace flotilla::agents
