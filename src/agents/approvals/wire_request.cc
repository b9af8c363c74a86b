#include <fmt/format.h>

#include "agents/approvals/approvals.h"
#include "agents/approvals/wire.h"
#include "json/json.h"

namespace flotilla::agents {

namespace {

constexpr std::size_t kShownArguments = 2000;

json::Object arguments_of(const Approval& item) {
  auto parsed = json::parse(item.arguments);
  if (parsed && parsed->if_object() != nullptr) return *parsed->if_object();
  return {};
}

/// Rows of one call are one question to the client.
bool same_call(const Approval& a, const Approval& b) {
  return a.task == b.task && a.step == b.step && a.call_id == b.call_id;
}

std::vector<const Approval*> calls_of(const std::vector<Approval>& items) {
  std::vector<const Approval*> calls;
  for (const auto& item : items)
    if (calls.empty() || !same_call(*calls.back(), item)) calls.push_back(&item);
  return calls;
}

std::string people(const Approval& item) {
  if (!item.approvers) return {};
  std::string who;
  for (const auto& role : item.approvers->roles) who += (who.empty() ? "" : ", ") + role + "s";
  for (const auto& name : item.approvers->principals) who += (who.empty() ? "" : ", ") + name;
  return " by " + who;
}

std::string hint_of(const Approval& item) {
  if (item.kind == ApprovalKind::question) return "The agent asks you something.";
  return fmt::format("The call of {} needs approval{}.", item.tool, people(item));
}

json::Object original_call(const Approval& item) {
  json::Object call;
  call.set("name", item.tool);
  call.set("args", arguments_of(item));
  call.set("id", item.call_id);
  return call;
}

json::Object confirmation(std::string id, json::Object original, std::string hint,
                          json::Value payload) {
  json::Object confirm;
  confirm.set("hint", std::move(hint));
  confirm.set("confirmed", false);
  confirm.set("payload", std::move(payload));
  json::Object args;
  args.set("originalFunctionCall", std::move(original));
  args.set("toolConfirmation", std::move(confirm));
  json::Object data;
  data.set("name", "adk_request_confirmation");
  data.set("id", std::move(id));
  data.set("args", std::move(args));
  return data;
}

void add_part(a2a::Message& message, json::Object data) {
  a2a::Part part;
  part.data = json::Value(std::move(data));
  part.metadata.set("kagent_type", "function_call");
  part.metadata.set("kagent_is_long_running", true);
  message.parts.push_back(std::move(part));
}

void add_text(std::string& text, const Approval& item) {
  if (!text.empty()) text += '\n';
  if (item.kind == ApprovalKind::tool_call) {
    auto arguments = item.arguments;
    if (arguments.size() > kShownArguments) arguments = arguments.substr(0, kShownArguments) + "…";
    text += fmt::format("Approval needed{}: {} with {} (approval {})", people(item), item.tool,
                        arguments, item.id.to_string());
    return;
  }
  const auto questions = parse_questions(arguments_of(item));
  if (!questions) return;
  for (const auto& question : *questions) {
    if (text.ends_with('\n') || text.empty()) {
      text += question.question;
    } else {
      text += '\n' + question.question;
    }
    for (const auto& choice : question.choices) text += "\n- " + choice;
  }
}

/// 0.x: a part for each call; those of another agent inside the call that gave it the work.
void put_parts(a2a::Message& message, const std::vector<const Approval*>& calls,
               const std::optional<NestedIn>& nested) {
  if (!nested) {
    for (const auto* item : calls)
      add_part(message, confirmation(item->id.to_string(), original_call(*item), hint_of(*item),
                                     json::Value()));
    return;
  }
  json::Array inner;
  for (const auto* item : calls) {
    json::Object part;
    part.set("name", "adk_request_confirmation");
    part.set("id", item->id.to_string());
    part.set("originalFunctionCall", original_call(*item));
    inner.emplace_back(std::move(part));
  }
  json::Object payload;
  payload.set("task_id", nested->task);
  payload.set("context_id", nested->context);
  payload.set("subagent_name", nested->agent);
  payload.set("hitl_parts", std::move(inner));
  json::Object outer;
  outer.set("name", nested->agent);
  outer.set("args", json::Object{});
  outer.set("id", nested->call_id);
  add_part(message, confirmation(nested->call_id, std::move(outer),
                                 fmt::format("Agent {} waits for decisions.", nested->agent),
                                 std::move(payload)));
}

json::Array tools_of(const std::vector<const Approval*>& calls) {
  json::Array tools;
  for (const auto* item : calls) {
    if (item->kind != ApprovalKind::tool_call) continue;
    json::Object tool;
    tool.set("id", item->id.to_string());
    tool.set("call_id", item->call_id);
    tool.set("name", item->tool);
    tool.set("args", arguments_of(*item));
    tools.emplace_back(std::move(tool));
  }
  return tools;
}

/// hitl/v1 knows one kind of request at a time: calls first, then the questions one by one.
void put_extension(a2a::Message& message, const std::vector<const Approval*>& calls,
                   const std::optional<NestedIn>& nested) {
  json::Object payload;
  json::Object inside;
  if (nested) {
    inside.set("subagent_name", nested->agent);
    inside.set("task_id", nested->task);
    inside.set("context_id", nested->context);
  }
  auto tools = tools_of(calls);
  const Approval& first = *calls.front();
  if (!tools.empty()) {
    payload.set("type", "tool_approval_request");
    payload.set("hint", hint_of(first));
    if (nested) {
      json::Object outer;
      outer.set("id", nested->call_id);
      outer.set("call_id", nested->call_id);
      outer.set("name", nested->agent);
      outer.set("args", json::Object{});
      inside.set("tools", std::move(tools));
      payload.set("tools", json::Array{json::Value(std::move(outer))});
    } else {
      payload.set("tools", std::move(tools));
    }
  } else {
    payload.set("type", "ask_user_request");
    payload.set("id", first.id.to_string());
    const auto arguments = arguments_of(first);
    if (const auto* questions = arguments.find("questions")) payload.set("questions", *questions);
  }
  if (nested) payload.set("nested", std::move(inside));
  message.metadata.set(std::string(kHitlExtension), std::move(payload));
  message.extensions.emplace_back(kHitlExtension);
}

}  // namespace

void put_request(a2a::Message& message, const std::vector<Approval>& items,
                 const std::optional<NestedIn>& nested) {
  const auto calls = calls_of(items);
  std::string text;
  for (const auto& item : items) add_text(text, item);
  message.parts.clear();
  message.parts.push_back(a2a::text_part(std::move(text)));
  put_parts(message, calls, nested);
  put_extension(message, calls, nested);
}

void put_decisions(a2a::Message& message, const Assigned& decided) {
  json::Array approvals;
  std::string text;
  for (const auto& [item, decision] : decided) {
    if (!text.empty()) text += '\n';
    if (decision.verdict == Decision::Verdict::answer) {
      json::Object payload;
      payload.set("type", "ask_user_response");
      payload.set("id", item.id.to_string());
      payload.set("answers", json::to_value(decision.answers));
      message.metadata.set(std::string(kHitlExtension), std::move(payload));
      text += "Answered the agent's question.";
      continue;
    }
    const bool approved = decision.verdict == Decision::Verdict::approve;
    json::Object one;
    one.set("id", item.id.to_string());
    one.set("approved", approved);
    if (!decision.reason.empty()) one.set("rejection_reason", decision.reason);
    approvals.emplace_back(std::move(one));
    text += fmt::format("{} the call of {}.", approved ? "Approved" : "Rejected", item.tool);
  }
  if (!approvals.empty()) {
    json::Object payload;
    payload.set("type", "tool_approval_response");
    payload.set("approvals", std::move(approvals));
    message.metadata.set(std::string(kHitlExtension), std::move(payload));
  }
  message.extensions.emplace_back(kHitlExtension);
  message.parts.push_back(a2a::text_part(std::move(text)));
}

}  // namespace flotilla::agents
