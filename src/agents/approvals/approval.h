#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/id.h"
#include "base/time.h"
#include "core/policy.h"
#include "core/task.h"
#include "json/map.h"

/// One item of the inbox: a call that a person has to decide, or a question to a person. Plain
/// values, any thread. docs/architecture.md I8.
namespace flotilla::agents {

using ApprovalId = Id<struct ApprovalTag>;

enum class ApprovalKind : std::uint8_t { tool_call, question };
enum class ApprovalState : std::uint8_t {
  pending,
  approved,   // a tool call may run
  rejected,   // it may not
  answered,   // a question
  expired,    // nobody decided in time: as rejected
  withdrawn,  // its task ended before anyone decided
};
/// For how much an approval counts: this call, or calls like it of the same session.
enum class ApprovalScope : std::uint8_t { call, session };
BOOST_DESCRIBE_ENUM(ApprovalKind, tool_call, question)
BOOST_DESCRIBE_ENUM(ApprovalState, pending, approved, rejected, answered, expired, withdrawn)
BOOST_DESCRIBE_ENUM(ApprovalScope, call, session)
std::string_view wire_name(ApprovalKind kind);  // tool-call, question
std::string_view to_string(ApprovalState state);
std::string_view to_string(ApprovalScope scope);

/// A question as ask_user has it (kagent.md 4.7).
struct Question {
  std::string question;
  std::vector<std::string> choices;
  bool multiple = false;
};
BOOST_DESCRIBE_STRUCT(Question, (), (question, choices, multiple))
constexpr bool has_defaults(const Question*) {
  return true;
}

/// The answer to the question of the same place.
struct Answer {
  std::vector<std::string> answer;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (answer))

struct Approval {
  ApprovalId id;
  ApprovalKind kind = ApprovalKind::tool_call;
  std::string name_space;
  std::string agent;
  std::string owner;  // of the task
  core::TaskId task;
  core::SessionId session;
  std::optional<core::TaskId> parent;  // the task that delegated and waits as well
  std::int64_t step = 0;
  std::string call_id;
  std::string tool;
  std::string arguments;           // JSON text, as they will be used
  std::string arguments_hash;      // hash_call() of tool and arguments
  std::vector<std::string> rules;  // why: `requireApproval`, `policy/NAME/INDEX@GENERATION`
  std::optional<core::PolicyApprovers> approvers;  // absent: who may write to the task
  ApprovalState state = ApprovalState::pending;
  ApprovalScope scope = ApprovalScope::call;
  std::string decided_by;
  std::string via;  // how the decision came: Decision::via
  std::string reason;
  std::optional<std::string> edited_arguments;  // JSON text; of approved
  std::optional<std::string> answers;           // JSON text of vector<Answer>; of answered
  Time created_at;
  std::optional<Time> decided_at;
  std::optional<Time> expires_at;
  bool revoked = false;  // an approval for the session that counts no more
};

struct ApprovalFilter {
  ApprovalFilter() = default;  // so that it may stand beside co_await
  std::string name_space;      // empty: all that the caller may enter
  std::string agent;
  std::optional<core::TaskId> task;
  std::optional<ApprovalState> state;  // absent: all
  /// (creation time, id) of the last row of the page before.
  std::optional<std::pair<Time, ApprovalId>> before;
  std::size_t limit = 50;
};

struct ApprovalPage {
  std::vector<Approval> items;  // newest first
  std::optional<std::pair<Time, ApprovalId>> next;
};

/// What a person says about one item.
struct Decision {
  Decision() = default;  // so that it may stand beside co_await
  enum class Verdict : std::uint8_t { approve, reject, answer };
  Verdict verdict = Verdict::reject;
  std::string reason;                         // of reject
  std::optional<json::Object> arguments;      // of approve: instead of the model's
  ApprovalScope scope = ApprovalScope::call;  // of approve
  std::vector<Answer> answers;                // of answer: one for each question
  std::optional<std::string> arguments_hash;  // of what the person saw: refused if not the item's
  std::string via;                            // api, mcp, a2a, elicitation: for the audit
};

/// Lower-case hex of SHA-256 over the tool's name and its arguments as they are written: members in
/// their order, numbers as text, so that no two different calls share one.
std::string hash_call(std::string_view tool, const json::Object& arguments);

/// Whether the principal may decide it. Agents, workers and executors never decide a tool call:
/// what they say may be a model's words.
bool may_decide(const Principal& principal, const Approval& approval);
/// Whether it is shown to the principal at all.
bool may_see(const Principal& principal, const Approval& approval);

}  // namespace flotilla::agents
