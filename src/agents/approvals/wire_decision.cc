#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "agents/approvals/approvals.h"
#include "agents/approvals/limits.h"
#include "agents/approvals/wire.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

using Verdict = Decision::Verdict;

/// 0.x: the data of a part.
struct DataDecision {
  std::string decision_type;
  std::optional<std::string> rejection_reason;
  std::map<std::string, std::string> decisions;
  std::map<std::string, std::string> rejection_reasons;
  std::optional<std::vector<Answer>> ask_user_answers;
  std::map<std::string, json::Object> edited_arguments;
  std::optional<std::string> scope;
};
BOOST_DESCRIBE_STRUCT(DataDecision, (),
                      (decision_type, rejection_reason, decisions, rejection_reasons,
                       ask_user_answers, edited_arguments, scope))

/// hitl/v1: the payload in the metadata.
struct ApprovalItem {
  std::string id;
  bool approved = false;
  std::optional<std::string> rejection_reason;
  std::optional<json::Object> edited_arguments;
  std::optional<std::string> scope;
};
BOOST_DESCRIBE_STRUCT(ApprovalItem, (), (id, approved, rejection_reason, edited_arguments, scope))

struct ExtensionDecision {
  std::string type;
  std::vector<ApprovalItem> approvals;
  std::optional<std::string> id;
  std::optional<std::vector<Answer>> answers;
};
BOOST_DESCRIBE_STRUCT(ExtensionDecision, (), (type, approvals, id, answers))

Result<ApprovalScope> scope_of(const std::optional<std::string>& text, const std::string& at) {
  if (!text || *text == "call") return ApprovalScope::call;
  if (*text == "session") return ApprovalScope::session;
  return fail(invalid(at, "must be call or session"));
}

const json::Object* data_decision(const a2a::Part& part) {
  if (!part.data) return nullptr;
  const auto* data = part.data->if_object();
  return data != nullptr && data->find("decision_type") != nullptr ? data : nullptr;
}

Decision plain(Verdict verdict) {
  Decision decision;
  decision.verdict = verdict;
  return decision;
}

/// `decision_type: batch`.
Result<> read_batch(DataDecision& data, const std::string& at, WireDecisions& decisions) {
  TRY(scope, scope_of(data.scope, at + "/scope"));
  if (data.decisions.empty())
    return fail(invalid(at + "/decisions", "is needed: the id of each call and approve or reject"));
  for (const auto& [id, word] : data.decisions) {
    if (word != "approve" && word != "reject")
      return fail(invalid(at + "/decisions/" + id, "must be approve or reject"));
    auto decision = plain(word == "approve" ? Verdict::approve : Verdict::reject);
    const auto why = data.rejection_reasons.find(id);
    if (why != data.rejection_reasons.end() && decision.verdict == Verdict::reject)
      decision.reason = why->second;
    if (decision.verdict == Verdict::approve) {
      decision.scope = scope;
      if (auto edited = data.edited_arguments.extract(id)) decision.arguments = edited.mapped();
    }
    decisions.by_id.emplace_back(id, std::move(decision));
  }
  if (!data.edited_arguments.empty())
    return fail(invalid(at + "/edited_arguments/" + data.edited_arguments.begin()->first,
                        "is for no call that is approved here"));
  return ok();
}

Result<WireDecisions> read_data(const json::Object& object, const std::string& at) {
  TRY(data, json::read<DataDecision>(json::Value(object), {.at = at}));
  WireDecisions decisions;
  if (data.decision_type == "batch") {
    TRY_VOID(read_batch(data, at, decisions));
    return decisions;
  }
  if (data.decision_type != "approve" && data.decision_type != "reject")
    return fail(invalid(at + "/decision_type", "must be approve, reject or batch"));
  if (data.ask_user_answers) {
    decisions.answers = std::move(data.ask_user_answers);
    if (data.decision_type == "approve") return decisions;
    decisions.answers.reset();
  }
  auto decision = plain(data.decision_type == "approve" ? Verdict::approve : Verdict::reject);
  if (decision.verdict == Verdict::reject) {
    decision.reason = data.rejection_reason.value_or("");
    decisions.all = std::move(decision);
    return decisions;
  }
  TRY(scope, scope_of(data.scope, at + "/scope"));
  decision.scope = scope;
  if (data.edited_arguments.empty()) {
    decisions.all = std::move(decision);
    return decisions;
  }
  // Who edits says which calls are meant.
  for (auto& [id, arguments] : data.edited_arguments) {
    decision.arguments = std::move(arguments);
    decisions.by_id.emplace_back(id, decision);
  }
  return decisions;
}

Result<WireDecisions> read_extension(const a2a::Message& message, const json::Value& payload) {
  const std::string at = "/message/metadata/hitl";
  if (std::ranges::find(message.extensions, kHitlExtension) == message.extensions.end())
    return fail(
        invalid("/message/extensions",
                fmt::format("must name {}, whose payload the metadata has", kHitlExtension)));
  TRY(data, json::read<ExtensionDecision>(payload, {.at = at}));
  WireDecisions decisions;
  if (data.type == "ask_user_response") {
    if (!data.id || data.id->empty()) return fail(invalid(at + "/id", "is needed"));
    if (!data.answers) return fail(invalid(at + "/answers", "is needed"));
    decisions.question = std::move(*data.id);
    decisions.answers = std::move(data.answers);
    return decisions;
  }
  if (data.type != "tool_approval_response")
    return fail(invalid(at + "/type", "must be tool_approval_response or ask_user_response"));
  decisions.complete = true;
  for (std::size_t i = 0; i < data.approvals.size(); ++i) {
    auto& item = data.approvals[i];
    const auto here = fmt::format("{}/approvals/{}", at, i);
    if (item.approved && item.rejection_reason)
      return fail(invalid(here + "/rejection_reason", "does not fit an approval"));
    if (!item.approved && (item.edited_arguments || item.scope))
      return fail(invalid(here, "edited_arguments and scope do not fit a rejection"));
    auto decision = plain(item.approved ? Verdict::approve : Verdict::reject);
    decision.reason = item.rejection_reason.value_or("");
    TRY(scope, scope_of(item.scope, here + "/scope"));
    decision.scope = scope;
    decision.arguments = std::move(item.edited_arguments);
    decisions.by_id.emplace_back(std::move(item.id), std::move(decision));
  }
  return decisions;
}

bool names(const std::string& id, const Approval& item) {
  return item.id.to_string() == id || item.call_id == id;
}

/// The call of the item that `id` names: which of its rows the client saw does not matter.
const Approval* find_call(const std::vector<Approval>& pending, const std::string& id) {
  const auto found =
      std::ranges::find_if(pending, [&](const auto& item) { return names(id, item); });
  return found == pending.end() ? nullptr : &*found;
}

bool same_call(const Approval& a, const Approval& b) {
  return a.task == b.task && a.step == b.step && a.call_id == b.call_id;
}

Result<> check_named_once(const WireDecisions& decisions, const std::vector<Approval>& pending) {
  std::set<std::pair<core::TaskId, std::string>> named;
  for (const auto& [id, decision] : decisions.by_id) {
    const auto* item = find_call(pending, id);
    if (item == nullptr || item->kind != ApprovalKind::tool_call)
      return fail(invalid("/message", fmt::format("no approval of '{}' is pending here", id)));
    if (!named.emplace(item->task, item->call_id).second)
      return fail(invalid("/message", fmt::format("'{}' is decided twice", id)));
    for (const auto& other : pending)
      if (other.call_id == id && !same_call(other, *item))
        return fail(invalid("/message",
                            fmt::format("'{}' names several calls; use the approvals' ids", id)));
  }
  if (!decisions.complete) return ok();
  for (const auto& item : pending)
    if (item.kind == ApprovalKind::tool_call && !named.contains({item.task, item.call_id}))
      return fail(invalid("/message", fmt::format("the decision about '{}' is missing; every id "
                                                  "is needed, each once",
                                                  item.id.to_string())));
  return ok();
}

Result<> assign_answers(const WireDecisions& decisions, const std::vector<Approval>& pending,
                        Assigned& assigned) {
  const Approval* question = nullptr;
  for (const auto& item : pending) {
    if (item.kind != ApprovalKind::question) continue;
    if (!decisions.question.empty() && !names(decisions.question, item)) continue;
    if (question != nullptr)
      return fail(invalid("/message", "several questions are open; say which one is answered"));
    question = &item;
  }
  if (question == nullptr)
    return fail(invalid("/message", "no question is open here that the answers are for"));
  auto decision = plain(Verdict::answer);
  decision.answers = *decisions.answers;
  assigned.emplace_back(*question, std::move(decision));
  return ok();
}

}  // namespace

bool carries_decision(const a2a::Message& message) {
  if (message.metadata.find(kHitlExtension) != nullptr) return true;
  return std::ranges::any_of(message.parts,
                             [](const auto& part) { return data_decision(part) != nullptr; });
}

bool is_decision(const a2a::Message& message) {
  return message.role == a2a::MessageRole::user && carries_decision(message);
}

Result<std::optional<WireDecisions>> parse_decisions(const a2a::Message& message) {
  std::optional<WireDecisions> decisions;
  if (const auto* payload = message.metadata.find(kHitlExtension)) {
    TRY(read, read_extension(message, *payload));
    decisions = std::move(read);
  }
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto* data = data_decision(message.parts[i]);
    if (data == nullptr) continue;
    const auto at = fmt::format("/message/parts/{}/data", i);
    if (decisions) return fail(invalid(at, "is a second decision; a message has one"));
    TRY(read, read_data(*data, at));
    decisions = std::move(read);
  }
  return decisions;
}

Result<Assigned> assign(const WireDecisions& decisions, const std::vector<Approval>& pending) {
  Assigned assigned;
  if (decisions.answers) {
    TRY_VOID(assign_answers(decisions, pending, assigned));
    return assigned;
  }
  if (decisions.all) {
    // A question cannot be approved, but whoever rejects may mean it, too.
    for (const auto& item : pending)
      if (item.kind == ApprovalKind::tool_call || decisions.all->verdict == Verdict::reject)
        assigned.emplace_back(item, *decisions.all);
    if (assigned.empty())
      return fail(invalid("/message",
                          "a question is open; its answers (ask_user_answers) are "
                          "missing"));
    return assigned;
  }
  TRY_VOID(check_named_once(decisions, pending));
  for (const auto& [id, decision] : decisions.by_id) {
    const auto* call = find_call(pending, id);
    for (const auto& item : pending)
      if (same_call(item, *call)) assigned.emplace_back(item, decision);
  }
  return assigned;
}

Assigned assign_text(const std::string& text, const std::vector<Approval>& pending) {
  Assigned assigned;
  if (pending.size() != 1 || pending.front().kind != ApprovalKind::question || text.empty())
    return assigned;
  auto decision = plain(Verdict::answer);
  const auto arguments = json::parse(pending.front().arguments);
  if (!arguments || arguments->if_object() == nullptr) return assigned;
  const auto questions = parse_questions(*arguments->if_object());
  if (!questions) return assigned;
  // In the person's own words, for each question: the model sees which part is for which.
  Answer answer;
  answer.answer.push_back(text);
  decision.answers.assign(questions->size(), answer);
  assigned.emplace_back(pending.front(), std::move(decision));
  return assigned;
}

}  // namespace flotilla::agents
