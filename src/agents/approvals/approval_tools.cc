#include "agents/approvals/approval_tools.h"

#include "agents/approvals/approval_view.h"
#include "auth/access.h"

namespace flotilla::agents {

namespace {

constexpr std::int64_t kDefaultItems = 20;
constexpr std::int64_t kMostItems = 100;

struct ListApprovalsIn {
  std::optional<std::string> state;
  std::optional<std::string> agent;
  std::optional<std::string> task;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListApprovalsIn, (), (state, agent, task, limit, cursor))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const ListApprovalsIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"state", "pending (default), approved, rejected, answered, expired, withdrawn or all"},
      {"agent", "only of agents of this name"},
      {"task", "only of this task"},
      {"limit", "1 to 100; 20 if absent"},
      {"cursor", "nextCursor of the page before"}};
  return kDocs;
}

struct DecideApprovalIn {
  std::string id;
  std::string decision;
  std::optional<std::string> reason;
  std::optional<json::Object> arguments;
  std::optional<std::string> scope;
  std::vector<Answer> answers;
  std::optional<std::string> argumentsHash;
};
BOOST_DESCRIBE_STRUCT(DecideApprovalIn, (),
                      (id, decision, reason, arguments, scope, answers, argumentsHash))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const DecideApprovalIn*) {
  return field_docs(static_cast<const DecisionInput*>(nullptr));
}

Async<Result<ApprovalList>> list_approvals(Approvals& approvals, mcp::Exchange& exchange,
                                           ListApprovalsIn in) {
  const auto principal = exchange.caller().context.principal;
  ApprovalFilter filter;
  filter.state = ApprovalState::pending;
  if (in.state == "all") {
    filter.state.reset();
  } else if (in.state) {
    CO_TRY(state, parse_approval_state(*in.state));
    filter.state = state;
  }
  filter.agent = in.agent.value_or("");
  if (in.task) {
    filter.task = core::TaskId::parse(*in.task);
    if (!filter.task) co_return fail(invalid("/task", "is not the id of a task"));
  }
  const auto limit = in.limit.value_or(kDefaultItems);
  if (limit < 1 || limit > kMostItems) co_return fail(invalid("/limit", "must be from 1 to 100"));
  filter.limit = static_cast<std::size_t>(limit);
  if (in.cursor) {
    CO_TRY(place, approval_place(*in.cursor));
    filter.before = place;
  }
  CO_TRY(page, co_await approvals.list(principal, std::move(filter)));
  co_return list_of(page, *principal);
}

Async<Result<ApprovalView>> decide_approval(Approvals& approvals, mcp::Exchange& exchange,
                                            DecideApprovalIn in) {
  const auto principal = exchange.caller().context.principal;
  CO_TRY_VOID(auth::require(*principal, Role::operator_));
  DecisionInput input{std::move(in.decision), std::move(in.reason),  std::move(in.arguments),
                      std::move(in.scope),    std::move(in.answers), std::move(in.argumentsHash)};
  CO_TRY(decision, decision_of(std::move(input), "mcp"));
  CO_TRY(decided, co_await approvals.decide(principal, std::move(in.id), std::move(decision)));
  co_return view_of(decided, *principal);
}

}  // namespace

std::shared_ptr<gateway::ToolSource> make_approval_tools(Approvals& approvals) {
  auto source = std::make_shared<gateway::ToolSource>();
  source->add<ListApprovalsIn, ApprovalList>(
      {.name = "list_approvals",
       .title = "List approvals",
       .description = "Tool calls of agents that wait for a person's decision, and questions of "
                      "agents that wait for an answer.",
       .read_only = true},
      [&approvals](mcp::Exchange& exchange, ListApprovalsIn in) {
        return list_approvals(approvals, exchange, std::move(in));
      });
  source->add<DecideApprovalIn, ApprovalView>(
      {.name = "decide_approval",
       .title = "Decide an approval",
       .description = "Takes the user's decision about a waiting tool call, or the answers to an "
                      "agent's questions. Never call it without the user having decided.",
       .destructive = true},
      [&approvals](mcp::Exchange& exchange, DecideApprovalIn in) {
        return decide_approval(approvals, exchange, std::move(in));
      });
  return source;
}

}  // namespace flotilla::agents
