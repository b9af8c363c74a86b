#include "agents/approvals/approval_view.h"

#include "agents/approvals/wire.h"
#include "core/place.h"
#include "json/json.h"

namespace flotilla::agents {

namespace {

constexpr json::FieldDoc kViewDocs[] = {
    {"kind", "tool-call or question"},
    {"owner", "whose task it is"},
    {"parent", "the task that delegated this one"},
    {"arguments", "of the call, as it will be made"},
    {"argumentsHash", "send it with a decision: then it counts for these arguments only"},
    {"rules", "why: requireApproval of the agent, or policy/NAME/RULE"},
    {"approvers", "who may decide; absent: whoever may write to the task, but no agent"},
    {"state", "pending, approved, rejected, answered, expired or withdrawn"},
    {"mayDecide", "whether you may"},
    {"scope", "call, or session: it counts for later calls of the tool there, too"},
    {"revoked", "the approval of the session counts no more"},
};
constexpr json::FieldDoc kDecisionDocs[] = {
    {"decision", "approve, reject or answer", "^(approve|reject|answer)$"},
    {"reason", "of reject: what the model is told"},
    {"arguments", "of approve: made with these instead of the model's"},
    {"scope", "of approve: call (default) or session", "^(call|session)$"},
    {"answers", "of answer: one for each question, in its place"},
    {"argumentsHash", "of what you saw; refused if the item has another"},
};

std::optional<json::Object> object_of(const std::string& text) {
  auto value = json::parse(text);
  if (!value || value->if_object() == nullptr) return std::nullopt;
  return std::move(*value->if_object());
}

}  // namespace

std::span<const json::FieldDoc> field_docs(const ApprovalView*) {
  return kViewDocs;
}
std::span<const json::FieldDoc> field_docs(const DecisionInput*) {
  return kDecisionDocs;
}

ApprovalView view_of(const Approval& approval, const Principal& caller) {
  ApprovalView view;
  view.id = approval.id.to_string();
  view.kind = wire_name(approval.kind);
  view.namespace_ = approval.name_space;
  view.agent = approval.agent;
  view.owner = approval.owner;
  view.task = approval.task.to_string();
  view.session = approval.session.to_string();
  if (approval.parent) view.parent = approval.parent->to_string();
  view.step = approval.step;
  view.callId = approval.call_id;
  view.tool = approval.tool;
  view.arguments = object_of(approval.arguments).value_or(json::Object());
  view.argumentsHash = approval.arguments_hash;
  if (approval.kind == ApprovalKind::question)
    if (auto questions = parse_questions(view.arguments)) view.questions = std::move(*questions);
  view.rules = approval.rules;
  view.approvers = approval.approvers;
  view.state = to_string(approval.state);
  view.mayDecide = may_decide(caller, approval);
  if (approval.scope == ApprovalScope::session) view.scope = "session";
  if (!approval.decided_by.empty()) view.decidedBy = approval.decided_by;
  if (!approval.via.empty()) view.via = approval.via;
  if (!approval.reason.empty()) view.reason = approval.reason;
  if (approval.edited_arguments) view.editedArguments = object_of(*approval.edited_arguments);
  if (approval.answers)
    if (auto answers = json::from_text<std::vector<Answer>>(*approval.answers))
      view.answers = std::move(*answers);
  view.createdAt = approval.created_at;
  view.decidedAt = approval.decided_at;
  view.expiresAt = approval.expires_at;
  if (approval.revoked) view.revoked = true;
  return view;
}

ApprovalList list_of(const ApprovalPage& page, const Principal& caller) {
  ApprovalList list;
  for (const auto& item : page.items) list.items.push_back(view_of(item, caller));
  if (page.next)
    list.nextCursor = core::encode_place({page.next->first, core::TaskId{page.next->second.uuid}});
  return list;
}

Result<Decision> decision_of(DecisionInput input, std::string via) {
  Decision decision;
  decision.via = std::move(via);
  if (input.decision == "approve")
    decision.verdict = Decision::Verdict::approve;
  else if (input.decision == "reject")
    decision.verdict = Decision::Verdict::reject;
  else if (input.decision == "answer")
    decision.verdict = Decision::Verdict::answer;
  else
    return fail(invalid("/decision", "must be approve, reject or answer"));
  if (input.scope && *input.scope != "call" && *input.scope != "session")
    return fail(invalid("/scope", "must be call or session"));
  if (input.scope == "session") decision.scope = ApprovalScope::session;
  if (input.reason && decision.verdict != Decision::Verdict::reject)
    return fail(invalid("/reason", "fits a rejection only"));
  if (!input.answers.empty() && decision.verdict != Decision::Verdict::answer)
    return fail(invalid("/answers", "fit the decision answer only"));
  decision.reason = std::move(input.reason).value_or("");
  decision.arguments = std::move(input.arguments);
  decision.answers = std::move(input.answers);
  decision.arguments_hash = std::move(input.argumentsHash);
  return decision;
}

Result<ApprovalState> parse_approval_state(const std::string& text) {
  auto state = json::read<ApprovalState>(json::Value(text));
  if (state) return *state;
  return fail(invalid("state", "'" + text +
                                   "' is not pending, approved, rejected, answered, "
                                   "expired or withdrawn"));
}

Result<std::pair<Time, ApprovalId>> approval_place(const std::string& cursor) {
  const auto place = core::decode_place(cursor);
  if (!place) return fail(invalid("cursor", "is not a nextCursor of this list"));
  return std::make_pair(place->first, ApprovalId{place->second.uuid});
}

}  // namespace flotilla::agents
