#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "agents/approvals/approval_sql.h"
#include "agents/approvals/approvals_internal.h"
#include "agents/approvals/limits.h"
#include "json/json.h"

namespace flotilla::agents {

namespace {

constexpr int kMaxAttempts = 100;

CallOutcome refusal(std::string text) {
  CallOutcome outcome;
  outcome.action = CallOutcome::Action::answer;
  outcome.text = std::move(text);
  outcome.is_error = true;
  return outcome;
}

CallOutcome permission(json::Object arguments, bool edited, std::string approval) {
  CallOutcome outcome;
  outcome.action = CallOutcome::Action::run;
  outcome.arguments = std::move(arguments);
  outcome.edited = edited;
  outcome.approval = std::move(approval);
  return outcome;
}

/// What the model is told of a call that may not run. The first sentence is kagent's.
std::string refusal_text(const Approval& row) {
  if (row.state == ApprovalState::rejected) {
    if (row.kind == ApprovalKind::question)
      return row.reason.empty() ? "The user declined to answer."
                                : "The user declined to answer. Reason: " + row.reason;
    return row.reason.empty() ? "Tool call was rejected by user."
                              : "Tool call was rejected by user. Reason: " + row.reason;
  }
  return row.kind == ApprovalKind::question ? "Nobody answered in time."
                                            : "Tool call was not approved in time.";
}

/// Each question with its answer, as JSON.
std::string answer_text(const Approval& row) {
  json::Array told;
  const auto arguments = json::parse(row.arguments);
  const auto answers = json::from_text<std::vector<Answer>>(row.answers.value_or("[]"));
  if (!arguments || arguments->if_object() == nullptr || !answers) return "[]";
  const auto questions = parse_questions(*arguments->if_object());
  if (!questions) return "[]";
  for (std::size_t i = 0; i < questions->size() && i < answers->size(); ++i) {
    json::Object one;
    one.set("question", (*questions)[i].question);
    one.set("answer", json::to_value((*answers)[i].answer));
    told.emplace_back(std::move(one));
  }
  return json::to_string(json::Value(std::move(told)));
}

bool same_circle(const std::optional<core::PolicyApprovers>& a,
                 const std::optional<core::PolicyApprovers>& b) {
  if (!a || !b) return !a && !b;
  return a->roles == b->roles && a->principals == b->principals;
}

std::vector<const Approval*> rows_of(const std::vector<Approval>& stored, const std::string& call) {
  std::vector<const Approval*> rows;
  for (const auto& row : stored)
    if (row.call_id == call) rows.push_back(&row);
  return rows;
}

/// The arguments that the rows are about: a person's, where one was allowed to write them.
Result<json::Object> arguments_in(const std::vector<const Approval*>& rows,
                                  const CallToSettle& call, bool& edited) {
  for (const auto* row : rows) {
    if (!row->edited_arguments) continue;
    TRY(value, json::parse(*row->edited_arguments));
    if (value.if_object() == nullptr)
      return fail(Error(Code::data_loss, "edited arguments are no object"));
    edited = true;
    return *value.if_object();
  }
  return call.arguments;
}

/// Whether the rows are about this very call: the tool, and arguments as the model wrote them or as
/// a person changed them.
bool is_bound(const std::vector<const Approval*>& rows, const CallToSettle& call,
              const json::Object& arguments) {
  const auto asked = hash_call(call.tool, call.arguments);
  const auto used = hash_call(call.tool, arguments);
  const bool begun = std::ranges::any_of(rows, [&](const auto* row) {
    return row->arguments_hash == asked && row->tool == call.tool;
  });
  return begun && std::ranges::all_of(rows, [&](const auto* row) {
           return row->tool == call.tool &&
                  (row->arguments_hash == asked || row->arguments_hash == used);
         });
}

}  // namespace

Approval Approvals::Impl::blank_item(const core::TaskRow& row, std::uint64_t step,
                                     const CallToSettle& call) {
  Approval item;
  item.name_space = row.name_space;
  item.agent = row.agent;
  item.owner = row.owner;
  item.task = row.id;
  item.session = row.session;
  item.parent = row.parent;
  item.step = static_cast<std::int64_t>(step);
  item.call_id = call.id;
  item.tool = call.tool;
  item.kind = call.ask_user ? ApprovalKind::question : ApprovalKind::tool_call;
  item.created_at = services.clock.now();
  return item;
}

namespace {

/// What is still needed for the call, and in which parts it is asked for.
struct Asking {
  Approval blank;
  std::int64_t part = 0;
  Clock& clock;
  Random& random;

  void add(const json::Object& arguments, Need need, StepPlan& plan) {
    Approval item = blank;
    item.id = ApprovalId{make_uuid_v7(clock.now(), random)};
    item.arguments = json::to_string(json::Value(arguments));
    item.arguments_hash = hash_call(item.tool, arguments);
    item.rules = std::move(need.rules);
    item.approvers = std::move(need.approvers);
    if (need.expires)
      item.expires_at =
          std::chrono::time_point_cast<std::chrono::milliseconds>(item.created_at + *need.expires);
    plan.added.emplace_back(std::move(item), part++);
  }
};

/// A call that was asked for before: its rows decide, whatever the rules say by now. What a person
/// wrote instead of the model's arguments is judged again: others may have to allow it.
Result<CallOutcome> judge_stored(const std::vector<const Approval*>& rows, const CallToSettle& call,
                                 const PolicyRules& rules, const std::vector<std::string>& named,
                                 Asking asking, StepPlan& plan) {
  bool edited = false;
  TRY(arguments, arguments_in(rows, call, edited));
  if (!is_bound(rows, call, arguments))
    return refusal("Tool call was not made: it is not the call that a person was asked about.");
  const auto rejected = std::ranges::find(rows, ApprovalState::rejected, &Approval::state);
  if (rejected != rows.end()) return refusal(refusal_text(**rejected));
  std::string ids;
  for (const auto* row : rows) {
    ids += (ids.empty() ? "" : " ") + row->id.to_string();
    if (row->state == ApprovalState::answered) {
      CallOutcome outcome;
      outcome.action = CallOutcome::Action::answer;
      outcome.text = answer_text(*row);
      outcome.approval = ids;
      return outcome;
    }
    if (row->state != ApprovalState::approved && row->state != ApprovalState::pending)
      return refusal(refusal_text(*row));
  }
  CallOutcome wait;
  bool waits = false;
  for (const auto* row : rows) {
    if (row->state != ApprovalState::pending) continue;
    plan.pending.push_back(*row);
    waits = true;
  }
  if (waits) return wait;
  if (!edited) return permission(std::move(arguments), false, std::move(ids));
  TRY(needs, rules.needs(named, {call.tool, &arguments, call.require_approval}));
  const auto added = plan.added.size();
  asking.part = static_cast<std::int64_t>(rows.size());
  for (auto& need : needs)
    if (std::ranges::none_of(
            rows, [&](const auto* row) { return same_circle(row->approvers, need.approvers); }))
      asking.add(arguments, std::move(need), plan);
  if (plan.added.size() > added) return wait;
  return permission(std::move(arguments), true, std::move(ids));
}

}  // namespace

/// A call that nobody was asked about yet. The caller awaits at once.
Async<Result<>> Approvals::Impl::plan_call(const core::TaskRow& row, const PolicyRules& rules,
                                           const std::vector<std::string>& named,
                                           const CallToSettle& call, Approval blank,
                                           StepPlan& plan) {
  Asking asking{std::move(blank), 0, services.clock, services.random};
  if (call.ask_user) {
    const auto questions = parse_questions(call.arguments);
    if (questions) {
      asking.add(call.arguments, {{std::string(kAskUser)}, {}, {}}, plan);
      plan.outcomes.emplace_back();
    } else {
      plan.outcomes.push_back(refusal(questions.error().message()));
    }
    co_return ok();
  }
  CO_TRY(needs, rules.needs(named, {call.tool, &call.arguments, call.require_approval}));
  if (needs.empty()) {
    plan.outcomes.push_back(permission(call.arguments, false, ""));
    co_return ok();
  }
  if (json::to_string(json::Value(call.arguments)).size() > kMaxShownArguments) {
    plan.outcomes.push_back(refusal(fmt::format(
        "Tool call was not made: it needs approval, and its arguments have more than {} bytes.",
        kMaxShownArguments)));
    co_return ok();
  }
  std::vector<db::Value> session{row.session.to_string(), call.tool};
  CO_TRY(grants, co_await read(sql::kSelectGrants, std::move(session), 100));
  std::string ids;
  std::vector<std::string> entries;
  const auto added = plan.added.size();
  for (auto& need : needs) {
    const auto grant = std::ranges::find_if(grants, [&](const Approval& given) {
      return given.name_space == row.name_space && given.agent == row.agent &&
             given.owner == row.owner && same_circle(given.approvers, need.approvers) &&
             covers(given.rules, need.rules);
    });
    if (grant == grants.end()) {
      asking.add(call.arguments, std::move(need), plan);
      continue;
    }
    ids += (ids.empty() ? "" : " ") + grant->id.to_string();
    Approval used = asking.blank;
    used.id = grant->id;
    used.rules = need.rules;
    used.arguments_hash = hash_call(call.tool, call.arguments);
    used.decided_by = grant->decided_by;
    entries.push_back(entry_of("granted", used, nullptr));
  }
  if (plan.added.size() > added) {
    plan.outcomes.emplace_back();
    co_return ok();
  }
  for (auto& entry : entries) plan.grants.push_back(std::move(entry));
  plan.outcomes.push_back(permission(call.arguments, false, std::move(ids)));
  co_return ok();
}

// The caller awaits at once.
Async<Result<StepPlan>> Approvals::Impl::plan(core::TaskRow row,
                                              const std::vector<std::string>& named,
                                              std::uint64_t step,
                                              const std::vector<CallToSettle>& calls,
                                              const std::vector<Approval>& stored) {
  CO_TRY(rules, co_await policies.rules_of(row.name_space));
  StepPlan plan;
  for (const auto& call : calls) {
    auto blank = blank_item(row, step, call);
    const auto rows = rows_of(stored, call.id);
    if (rows.empty()) {
      CO_TRY_VOID(co_await plan_call(row, *rules, named, call, std::move(blank), plan));
      continue;
    }
    Asking asking{std::move(blank), 0, services.clock, services.random};
    CO_TRY(outcome, judge_stored(rows, call, *rules, named, std::move(asking), plan));
    plan.outcomes.push_back(std::move(outcome));
  }
  co_return plan;
}

// The caller awaits at once.
Async<Result<bool>> Approvals::Impl::ask(core::Run& run, const StepPlan& plan) {
  std::vector<Approval> items = plan.pending;
  std::vector<std::string> entries;
  db::Batch rows;
  CO_TRY(above, co_await waiters_of(run.row().parent));
  for (const auto& [item, part] : plan.added) {
    for (const auto& task : above)
      rows.add(sql::kInsertWaiter, {task.to_string(), item.id.to_string()});
    rows.add(sql::kInsertApproval, sql::insert_parameters(item, part));
    entries.push_back(entry_of("requested", item, nullptr));
    items.push_back(item);
  }
  auto message = run.message("");
  put_request(message, items, std::nullopt);
  co_return co_await run.ask(std::move(entries), std::move(rows), std::move(message));
}

Async<Result<Settlement>> Approvals::Impl::settle(core::Run& run, std::vector<std::string> named,
                                                  std::uint64_t step, bool fresh,
                                                  std::vector<CallToSettle> calls) {
  std::set<std::string_view> ids;
  for (const auto& call : calls)
    if (!ids.insert(call.id).second)
      co_return fail(Error(Code::invalid_argument,
                           fmt::format("two calls of one step have the id '{}'", call.id)));
  if (calls.size() > kMaxCallsAtOnce)
    co_return fail(Error(
        Code::resource_exhausted,
        fmt::format("a step has {} calls; at most {} are settled", calls.size(), kMaxCallsAtOnce)));
  Settlement result;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    std::vector<Approval> stored;
    if (!fresh || attempt > 0) {
      CO_TRY_VOID(co_await run.flush());
      std::vector<db::Value> values{run.row().id.to_string(), static_cast<std::int64_t>(step)};
      CO_TRY(rows, co_await read(sql::kSelectOfStep, std::move(values), 10 * kMaxCallsAtOnce));
      stored = std::move(rows);
    }
    CO_TRY(planned, co_await plan(run.row(), named, step, calls, stored));
    result.waits = planned.waits();
    result.calls = std::move(planned.outcomes);
    if (!result.waits) {
      for (auto& entry : planned.grants)
        CO_TRY_VOID(co_await run.record(core::EventKind::approval, std::move(entry)));
      co_return result;
    }
    CO_TRY(asked, co_await ask(run, planned));
    if (asked) co_return result;
    for (auto& message : run.take_messages()) result.messages.push_back(std::move(message));
  }
  co_return fail(Error(Code::unavailable, "messages come faster than the run can ask"));
}

}  // namespace flotilla::agents
