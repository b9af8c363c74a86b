#include <fmt/format.h>

#include <algorithm>

#include "agents/approvals/approval_sql.h"
#include "agents/approvals/approvals_internal.h"
#include "agents/approvals/limits.h"
#include "auth/access.h"
#include "json/json.h"

namespace flotilla::agents {

using core::EventKind;

namespace {

constexpr int kMaxAttempts = 8;
constexpr std::size_t kMaxPending = 10 * kMaxCallsAtOnce;

Error no_approval(const std::string& id) {
  return {Code::not_found, fmt::format("there is no approval {} here", id)};
}

/// What a decision makes of an item.
ApprovalState state_after(Decision::Verdict verdict) {
  switch (verdict) {
    case Decision::Verdict::approve:
      return ApprovalState::approved;
    case Decision::Verdict::answer:
      return ApprovalState::answered;
    case Decision::Verdict::reject:
      break;
  }
  return ApprovalState::rejected;
}

std::string who_may(const Approval& item) {
  if (!item.approvers) return "whoever may write to the task, an agent never";
  std::string who;
  for (const auto& role : item.approvers->roles) who += (who.empty() ? "" : ", ") + role + "s";
  for (const auto& name : item.approvers->principals) who += (who.empty() ? "" : ", ") + name;
  return who;
}

Result<> check_person(const Principal& principal, const Approval& item) {
  if (may_decide(principal, item)) return ok();
  return fail(Error(Code::permission_denied,
                    fmt::format("{} may not decide approval {}; these may: {}", principal.name,
                                item.id.to_string(), who_may(item))));
}

/// Neither twice nor late.
Result<> check_open(const core::TaskRow& row, const Approval& item, Time now) {
  const auto id = item.id.to_string();
  const bool expired =
      item.state == ApprovalState::expired ||
      (item.state == ApprovalState::pending && item.expires_at && *item.expires_at <= now);
  if (expired)
    return fail(Error(Code::failed_precondition,
                      fmt::format("approval {} has expired; the call counts as rejected", id)));
  const bool open = item.state == ApprovalState::pending;
  if (!open && item.state != ApprovalState::withdrawn)
    return fail(Error(Code::conflict, fmt::format("approval {} was decided before: {} by {}", id,
                                                  to_string(item.state), item.decided_by)));
  if (open && !a2a::is_terminal(row.state)) return ok();
  return fail(Error(Code::failed_precondition,
                    fmt::format("the task of approval {} goes on without it, or has ended", id)));
}

Result<> check_answer(const Approval& item, const Decision& decision) {
  if (decision.arguments) return fail(invalid("/arguments", "does not fit an answer"));
  const auto arguments = json::parse(item.arguments);
  if (!arguments || arguments->if_object() == nullptr)
    return fail(Error(Code::data_loss, "the questions cannot be read"));
  TRY(questions, parse_questions(*arguments->if_object()));
  return check_answers(questions, decision.answers);
}

Result<> check_content(const Approval& item, const Decision& decision, bool shared_call) {
  using Verdict = Decision::Verdict;
  const bool question = item.kind == ApprovalKind::question;
  if (question && decision.verdict == Verdict::approve)
    return fail(invalid("/decision", "a question is answered or rejected, not approved"));
  if (!question && decision.verdict == Verdict::answer)
    return fail(invalid("/decision", "a tool call is approved or rejected, not answered"));
  if (decision.reason.size() > kMaxReason)
    return fail(invalid("/reason", fmt::format("is longer than {} bytes", kMaxReason)));
  if (decision.arguments_hash && *decision.arguments_hash != item.arguments_hash)
    return fail(Error(Code::conflict,
                      fmt::format("approval {} is about other arguments than those that were seen; "
                                  "get it again",
                                  item.id.to_string())));
  if (decision.verdict == Verdict::answer) return check_answer(item, decision);
  if (decision.verdict != Verdict::approve &&
      (decision.arguments || decision.scope != ApprovalScope::call))
    return fail(invalid("/decision", "arguments and scope fit an approval only"));
  if (!decision.arguments) return ok();
  if (decision.scope == ApprovalScope::session)
    return fail(invalid("/scope", "edited arguments count for this call only"));
  if (shared_call)
    return fail(invalid("/arguments",
                        "others decide about this call, too, as it is; reject it "
                        "with a reason instead"));
  if (json::to_string(json::Value(*decision.arguments)).size() > kMaxShownArguments)
    return fail(invalid("/arguments", fmt::format("has more than {} bytes", kMaxShownArguments)));
  return ok();
}

bool same_call(const Approval& a, const Approval& b) {
  return a.task == b.task && a.step == b.step && a.call_id == b.call_id;
}

}  // namespace

std::string entry_of(std::string_view action, const Approval& item, const Principal* by) {
  json::Object entry;
  entry.set("action", std::string(action));
  entry.set("id", item.id.to_string());
  entry.set("kind", std::string(wire_name(item.kind)));
  entry.set("step", item.step);
  entry.set("callId", item.call_id);
  entry.set("tool", item.tool);
  entry.set("argumentsHash", item.arguments_hash);
  entry.set("rules", json::to_value(item.rules));
  if (action == "requested") {
    if (item.approvers) entry.set("approvers", json::to_value(*item.approvers));
    if (item.expires_at) entry.set("expiresAt", format_time(*item.expires_at));
  }
  if (!item.decided_by.empty()) entry.set("by", item.decided_by);
  if (by != nullptr && by->name == item.decided_by)
    entry.set("byKind", std::string(auth::to_string(by->kind)));
  if (!item.via.empty()) entry.set("via", item.via);
  if (!item.reason.empty()) entry.set("reason", item.reason);
  if (item.scope == ApprovalScope::session) entry.set("scope", "session");
  if (item.edited_arguments)
    if (auto edited = json::parse(*item.edited_arguments); edited && edited->if_object() != nullptr)
      entry.set("editedArgumentsHash", hash_call(item.tool, *edited->if_object()));
  return json::to_string(json::Value(std::move(entry)));
}

Result<Approval> Approvals::Impl::decided_item(const Principal& principal, const core::TaskRow& row,
                                               const Approval& item, const Decision& decision,
                                               bool shared_call) const {
  const Time now = services.clock.now();
  TRY_VOID(check_person(principal, item));
  TRY_VOID(check_open(row, item, now));
  TRY_VOID(check_content(item, decision, shared_call));
  Approval decided = item;
  decided.state = state_after(decision.verdict);
  decided.scope = decision.scope;
  decided.decided_by = principal.name;
  decided.via = decision.via;
  decided.reason = decision.reason;
  decided.decided_at = now;
  if (decision.arguments)
    decided.edited_arguments = json::to_string(json::Value(*decision.arguments));
  if (decision.verdict == Decision::Verdict::answer)
    decided.answers = json::to_text(decision.answers);
  return decided;
}

/// All or none. The rows are read after the journal's place, which guards them.
Async<Result<Decided>> Approvals::Impl::decide_all(std::shared_ptr<const Principal> principal,
                                                   core::TaskRow row, const Assigned& assigned) {
  Decided decided;
  std::vector<Approval> withdrawn;
  for (const auto& [named, decision] : assigned) {
    std::vector<db::Value> of_step{named.task.to_string(), named.step};
    CO_TRY(rows, co_await read(sql::kSelectOfStep, std::move(of_step), kMaxPending));
    const auto item = std::ranges::find(rows, named.id, &Approval::id);
    if (item == rows.end()) co_return fail(no_approval(named.id.to_string()));
    const auto calls =
        std::ranges::count_if(rows, [&](const auto& other) { return same_call(other, *item); });
    CO_TRY(after, decided_item(*principal, row, *item, decision, calls > 1));
    if (after.state == ApprovalState::rejected)
      for (const auto& other : rows)
        if (same_call(other, after) && other.id != after.id &&
            other.state == ApprovalState::pending)
          withdrawn.push_back(other);
    decided.told.emplace_back(after, decision);
    decided.items.push_back(std::move(after));
  }
  // One "no" is enough: the others need not be asked any more.
  for (auto& other : withdrawn) {
    if (std::ranges::find(decided.items, other.id, &Approval::id) != decided.items.end()) continue;
    other.state = ApprovalState::withdrawn;
    other.decided_at = services.clock.now();
    decided.items.push_back(std::move(other));
  }
  co_return decided;
}

core::InputAddition Approvals::Impl::addition(const Principal& principal, const Decided& decided,
                                              bool wakes) {
  static const Error raced(Code::conflict, "the approval was decided by somebody else meanwhile");
  core::InputAddition added;
  for (const auto& item : decided.items) {
    added.rows.add(sql::kDecide, sql::decide_parameters(item, wakes), {1, raced});
    added.entries.push_back(core::Draft::record(EventKind::approval, principal.name,
                                                entry_of(to_string(item.state), item, &principal)));
  }
  return added;
}

Async<Result<bool>> Approvals::Impl::store(core::TaskLog::Ptr log, core::TaskRow row,
                                           std::shared_ptr<const Principal> principal,
                                           Decided decided, std::optional<core::TaskId> before) {
  std::vector<db::Value> of_task{row.id.to_string()};
  CO_TRY(pending, co_await read(sql::kSelectPendingOf, std::move(of_task), kMaxPending));
  const bool last = std::ranges::all_of(pending, [&](const Approval& other) {
    return std::ranges::find(decided.items, other.id, &Approval::id) != decided.items.end();
  });
  auto added = addition(*principal, decided, last);
  std::optional<a2a::Message> message;
  if (last) {
    message.emplace();
    message->messageId = make_uuid_v7(services.clock.now(), services.random).to_string();
    message->role = a2a::MessageRole::user;
    put_decisions(*message, decided.told);
  }
  CO_TRY(stored, co_await services.tasks.add_decided(log, principal, row.seq, std::move(added),
                                                     std::move(message)));
  if (stored && last && row.parent) CO_TRY_VOID(co_await wake_up(*row.parent, before));
  co_return stored;
}

Async<Result<>> Approvals::Impl::decide_in(core::TaskId task,
                                           std::shared_ptr<const Principal> principal,
                                           Assigned assigned, std::optional<core::TaskId> before) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CO_TRY(log, co_await find(task));
    CO_TRY_VOID(co_await core::TaskLog::durable(log));
    const auto row = log->committed();
    CO_TRY(decided, co_await decide_all(principal, row, assigned));
    CO_TRY(stored, co_await store(log, row, principal, std::move(decided), before));
    if (stored) co_return ok();
  }
  co_return fail(Error(Code::unavailable, "the task changes too quickly; try again"));
}

Async<Result<Approval>> Approvals::Impl::decide(std::shared_ptr<const Principal> principal,
                                                std::string id, Decision decision) {
  CO_TRY(item, co_await get(principal, id));
  Assigned assigned;
  assigned.emplace_back(item, std::move(decision));
  CO_TRY_VOID(co_await decide_in(item.task, principal, std::move(assigned)));
  co_return co_await get(principal, std::move(id));
}

namespace {

Error too_late() {
  return {Code::failed_precondition,
          "nothing is pending in this task: what the message decides was decided before, has "
          "expired, or was never asked"};
}

/// Of what the message decides, that which the sender may. Refused when that is nothing.
Result<Assigned> permitted(const Principal& principal, Assigned assigned) {
  Assigned mine;
  for (auto& one : assigned)
    if (may_decide(principal, one.first)) mine.push_back(std::move(one));
  if (!mine.empty() || assigned.empty()) return mine;
  TRY_VOID(check_person(principal, assigned.front().first));
  return mine;
}

}  // namespace

// The caller awaits at once.
Async<Result<core::InputAddition>> Approvals::Impl::admit(
    core::TaskRow row, std::shared_ptr<const Principal> principal, const a2a::Message& message) {
  if (a2a::is_terminal(row.state)) co_return core::InputAddition{};
  std::vector<db::Value> of_task{row.id.to_string()};
  CO_TRY(pending, co_await read(sql::kSelectPendingOf, of_task, kMaxPending));
  CO_TRY(below, co_await pending_below(row.id));
  for (auto& item : below) pending.push_back(std::move(item));
  if (pending.empty()) {
    if (!carries_decision(message)) co_return core::InputAddition{};
    CO_TRY(any, co_await services.database.read(sql::kSelectAnyOf, of_task, 1));
    // Decisions of a kind that is not ours: an agent elsewhere asked for them.
    if (any.empty()) co_return core::InputAddition{};
    co_return fail(too_late());
  }
  CO_TRY(decisions, parse_decisions(message));
  Assigned assigned;
  if (decisions) {
    CO_TRY(named, assign(*decisions, pending));
    CO_TRY(mine, permitted(*principal, std::move(named)));
    assigned = std::move(mine);
  } else {
    assigned = assign_text(a2a::text_of(message.parts), pending);
    std::erase_if(assigned, [&](const auto& one) { return !may_decide(*principal, one.first); });
  }
  std::map<core::TaskId, Assigned> by_task;
  for (auto& one : assigned) {
    one.second.via = "a2a";
    by_task[one.first.task].push_back(std::move(one));
  }
  Assigned own;
  if (auto mine = by_task.extract(row.id)) own = std::move(mine.mapped());
  // Judged before another task is changed, so that a refusal changes nothing.
  CO_TRY(decided, co_await decide_all(principal, row, own));
  for (auto& [task, theirs] : by_task)
    CO_TRY_VOID(co_await decide_in(task, principal, std::move(theirs), row.id));
  auto added = addition(*principal, decided, true);
  if (!by_task.empty()) added.rows.add(sql::kAwake, {row.id.to_string()});
  co_return added;
}

}  // namespace flotilla::agents
