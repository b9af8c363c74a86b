#include <fmt/format.h>

#include "agents/approvals/approval_tools.h"
#include "agents/approvals/approval_view.h"
#include "gateway/mcp/task_views.h"

namespace flotilla::agents {

namespace {

constexpr std::size_t kMostForms = 10;
constexpr std::string_view kSendMessage = "send_message";
constexpr std::string_view kGetTask = "get_task";
constexpr std::string_view kDecide = "decide_approval";

/// What comes back with the answers; sealed by the server's adapter.
struct AskedState {
  std::string task;      // whose answer is given at the end; empty: the item is
  std::string approval;  // of decide_approval
  std::map<std::string, std::string> hashes;  // of the arguments that were shown, by approval
};
BOOST_DESCRIBE_STRUCT(AskedState, (), (task, approval, hashes))
constexpr bool has_defaults(const AskedState*) {
  return true;
}

json::Object text_field(std::string title) {
  json::Object field;
  field.set("type", "string");
  field.set("title", std::move(title));
  return field;
}

json::Array choices(const std::vector<std::string>& values) {
  json::Array array;
  for (const auto& value : values) array.emplace_back(value);
  return array;
}

mcp::InputRequired::Request form(std::string message, json::Object properties, json::Array needed) {
  json::Object schema;
  schema.set("type", "object");
  schema.set("properties", std::move(properties));
  schema.set("required", std::move(needed));
  json::Object params;
  params.set("mode", "form");
  params.set("message", std::move(message));
  params.set("requestedSchema", std::move(schema));
  return {"elicitation/create", std::move(params)};
}

std::string field_of(std::size_t question) {
  return fmt::format("answer{}", question + 1);
}

mcp::InputRequired::Request form_of(const ApprovalView& item) {
  json::Object properties;
  json::Array needed;
  if (item.kind == "question") {
    for (std::size_t i = 0; i < item.questions.size(); ++i) {
      const auto& question = item.questions[i];
      auto field = text_field(question.question);
      if (!question.choices.empty() && !question.multiple)
        field.set("enum", choices(question.choices));
      properties.set(field_of(i), std::move(field));
      needed.emplace_back(field_of(i));
    }
    return form(fmt::format("Agent {}/{} asks you:", item.namespace_, item.agent),
                std::move(properties), std::move(needed));
  }
  auto decision = text_field("Decision");
  decision.set("enum", choices({"approve", "approve for session", "reject"}));
  properties.set("decision", std::move(decision));
  properties.set("reason", text_field("Reason of a rejection"));
  needed.emplace_back("decision");
  return form(fmt::format("Agent {}/{} wants to call {} with {}", item.namespace_, item.agent,
                          item.tool, json::to_string(json::Value(item.arguments))),
              std::move(properties), std::move(needed));
}

std::string text_of(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : std::string();
}

/// What the form was filled with; nullptr when the person did not send it.
const json::Object* accepted(const json::Value& response) {
  const auto* object = response.if_object();
  if (object == nullptr || text_of(*object, "action") != "accept") return nullptr;
  const auto* content = object->find("content");
  return content == nullptr ? nullptr : content->if_object();
}

Result<Decision> decision_in(const json::Object& content, const Approval& item) {
  Decision decision;
  decision.via = "elicitation";
  if (item.kind == ApprovalKind::question) {
    decision.verdict = Decision::Verdict::answer;
    for (std::size_t i = 0; content.find(field_of(i)) != nullptr; ++i)
      decision.answers.push_back(Answer{{text_of(content, field_of(i))}});
    return decision;
  }
  const auto said = text_of(content, "decision");
  if (said == "reject") {
    decision.reason = text_of(content, "reason");
    return decision;
  }
  if (said != "approve" && said != "approve for session")
    return fail(invalid("/decision", "must be approve, approve for session or reject"));
  decision.verdict = Decision::Verdict::approve;
  if (said != "approve") decision.scope = ApprovalScope::session;
  return decision;
}

/// The task that a reply of send_message tells to wait; empty: none does.
std::string waiting_task(const mcp::Reply& reply) {
  const auto* done = std::get_if<mcp::Complete>(&reply);
  if (done == nullptr) return {};
  const auto* content = done->result.find("structuredContent");
  if (content == nullptr || content->if_object() == nullptr) return {};
  const auto* task = content->if_object()->find("task");
  if (task == nullptr || task->if_object() == nullptr) return {};
  return text_of(*task->if_object(), "state") == "input-required"
             ? text_of(*task->if_object(), "id")
             : std::string();
}

class Eliciting final : public gateway::PartialHandler {
 public:
  Eliciting(std::shared_ptr<mcp::Handler> tools, Approvals& approvals, core::Tasks& tasks)
      : tools_(std::move(tools)), approvals_(approvals), tasks_(tasks) {}

  Async<Result<mcp::ListPage>> list(mcp::Caller caller, mcp::ListKind kind,
                                    std::optional<std::string> cursor) override {
    return tools_->list(std::move(caller), kind, std::move(cursor));
  }
  Async<std::vector<std::pair<std::string, std::vector<std::string>>>> header_parameters(
      mcp::Caller caller, std::string tool) override {
    return tools_->header_parameters(std::move(caller), std::move(tool));
  }

  Async<Result<mcp::Reply>> call_tool(mcp::Exchange& exchange, mcp::CallTool request) override {
    const bool shows_forms = exchange.caller().capabilities.elicitation_form;
    const bool sends = request.name == kSendMessage;
    if (!shows_forms || (!sends && request.name != kDecide))
      co_return co_await tools_->call_tool(exchange, std::move(request));
    if (!request.rounds.state.empty()) co_return co_await resume(exchange, std::move(request));
    if (!sends) co_return co_await ask_about(exchange, std::move(request));
    CO_TRY(reply, co_await tools_->call_tool(exchange, std::move(request)));
    co_return co_await ask(exchange, std::move(reply));
  }

 private:
  static std::shared_ptr<const Principal> who(const mcp::Exchange& exchange) {
    return exchange.caller().context.principal;
  }

  /// Forms for what the task waits for, as far as the caller may decide; else the reply as it is.
  Async<Result<mcp::Reply>> ask(mcp::Exchange& exchange, mcp::Reply reply) {
    AskedState state;
    state.task = waiting_task(reply);
    ApprovalFilter filter;
    filter.task = core::TaskId::parse(state.task);
    if (!filter.task) co_return reply;
    filter.state = ApprovalState::pending;
    filter.limit = kMostForms;
    CO_TRY(page, co_await approvals_.list(who(exchange), std::move(filter)));
    mcp::InputRequired asked;
    for (const auto& item : page.items) add_form(item, *who(exchange), asked, state);
    if (asked.requests.empty()) co_return reply;
    asked.state = json::to_text(state);
    co_return mcp::Reply(std::move(asked));
  }

  static void add_form(const Approval& item, const Principal& principal, mcp::InputRequired& asked,
                       AskedState& state) {
    if (!may_decide(principal, item)) return;
    auto id = item.id.to_string();
    asked.requests.emplace_back(id, form_of(view_of(item, principal)));
    state.hashes.emplace(std::move(id), item.arguments_hash);
  }

  /// decide_approval: its arguments may be a model's, so the person is asked.
  Async<Result<mcp::Reply>> ask_about(mcp::Exchange& exchange, mcp::CallTool request) {
    AskedState state;
    state.approval = text_of(request.arguments, "id");
    auto item = co_await approvals_.get(who(exchange), state.approval);
    mcp::InputRequired asked;
    if (item && item->state == ApprovalState::pending)
      add_form(*item, *who(exchange), asked, state);
    // Refused with its own words.
    if (asked.requests.empty()) co_return co_await tools_->call_tool(exchange, std::move(request));
    asked.state = json::to_text(state);
    co_return mcp::Reply(std::move(asked));
  }

  /// How many of the forms decided something.
  Async<Result<std::size_t>> decide(std::shared_ptr<const Principal> principal,
                                    const AskedState& state, const json::Object& responses) {
    std::size_t decided = 0;
    for (const auto& [id, hash] : state.hashes) {
      const auto* response = responses.find(id);
      const auto* content = response == nullptr ? nullptr : accepted(*response);
      if (content == nullptr) continue;
      CO_TRY(item, co_await approvals_.get(principal, id));
      CO_TRY(decision, decision_in(*content, item));
      decision.arguments_hash = hash;
      CO_TRY_VOID(co_await approvals_.decide(principal, id, std::move(decision)));
      ++decided;
    }
    co_return decided;
  }

  Async<Result<mcp::Reply>> resume(mcp::Exchange& exchange, mcp::CallTool request) {
    CO_TRY(state, json::from_text<AskedState>(request.rounds.state));
    auto decided = co_await decide(who(exchange), state, request.rounds.responses);
    if (!decided) co_return gateway::error_result(decided.error());
    if (!state.approval.empty()) {
      if (*decided == 0)
        co_return gateway::error_result(
            Error(Code::failed_precondition, "the user has not decided; it still waits"));
      CO_TRY(item, co_await approvals_.get(who(exchange), state.approval));
      co_return gateway::structured_result(json::to_value(view_of(item, *who(exchange))));
    }
    core::Visibility visible;
    visible.principal = who(exchange);
    CO_TRY(log, co_await tasks_.find(state.task, std::move(visible)));
    if (*decided > 0) CO_TRY_VOID(co_await core::TaskLog::settled(log));
    CO_TRY(reply, co_await answer_of(exchange, state.task));
    if (*decided == 0) co_return reply;
    co_return co_await ask(exchange, std::move(reply));
  }

  /// As send_message answers.
  Async<Result<mcp::Reply>> answer_of(mcp::Exchange& exchange, std::string task) {
    mcp::CallTool get;
    get.name = kGetTask;
    get.arguments.set("task_id", task);
    CO_TRY(reply, co_await tools_->call_tool(exchange, std::move(get)));
    const auto* done = std::get_if<mcp::Complete>(&reply);
    const auto* content = done == nullptr ? nullptr : done->result.find("structuredContent");
    if (content == nullptr) co_return reply;
    CO_TRY(detail, json::read<gateway::TaskDetail>(*content));
    json::Object out;
    out.set("text", gateway::answer_text(detail));
    out.set("context_id", detail.context_id);
    out.set("task", *content);
    auto answer = gateway::structured_result(std::move(out));
    if (detail.state == "failed" || detail.state == "rejected")
      std::get<mcp::Complete>(answer).result.set("isError", true);
    co_return answer;
  }

  std::shared_ptr<mcp::Handler> tools_;  // shared with who looks up its names
  Approvals& approvals_;
  core::Tasks& tasks_;
};

}  // namespace

std::shared_ptr<mcp::Handler> with_elicitation(std::shared_ptr<mcp::Handler> tools,
                                               Approvals& approvals, core::Tasks& tasks) {
  return std::make_shared<Eliciting>(std::move(tools), approvals, tasks);
}

}  // namespace flotilla::agents
