#include "app/cli/approvals.h"

#include <fmt/format.h>

#include <ostream>

#include "http/message.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

constexpr std::string_view kPath = "/api/v1/approvals";

/// What it is about, in a line: the call, or the first question.
std::string summary_of(const json::Value& item) {
  const auto* object = item.if_object();
  if (object == nullptr) return {};
  if (text_at(item, {"kind"}) == "question") {
    const auto* questions = object->find("questions");
    if (questions == nullptr || questions->if_array() == nullptr || questions->if_array()->empty())
      return "?";
    return text_at(questions->if_array()->front(), {"question"});
  }
  const auto* arguments = object->find("arguments");
  return text_at(item, {"tool"}) + " " +
         (arguments == nullptr ? std::string("{}") : json::to_string(*arguments));
}

View approval_view() {
  View view;
  view.columns = {
      text_column("ID", {"id"}),
      text_column("STATE", {"state"}),
      text_column("NAMESPACE", {"namespace"}),
      text_column("AGENT", {"agent"}),
      text_column("OWNER", {"owner"}),
      text_column("TASK", {"task"}, true),
      text_column("BY", {"decidedBy"}, true),
      {"WHAT", [](const json::Value& item, Time) { return summary_of(item); }, false},
      age_column("AGE", {"createdAt"}),
  };
  view.name = [](const json::Value& item) { return text_at(item, {"id"}); };
  return view;
}

std::string path_of(const ApprovalOptions& options, std::string_view verb) {
  return fmt::format("{}/{}{}", kPath, http::percent_encode(options.id), verb);
}

std::string json_at(const json::Value& item, std::string_view member) {
  const auto* object = item.if_object();
  const auto* value = object == nullptr ? nullptr : object->find(member);
  return value == nullptr ? std::string() : json::to_string(*value);
}

void print_questions(const json::Value& item, Io& io) {
  const auto* object = item.if_object();
  const auto* questions = object == nullptr ? nullptr : object->find("questions");
  if (questions == nullptr || questions->if_array() == nullptr) return;
  for (const auto& question : *questions->if_array()) {
    io.out << "\n" << printable(text_at(question, {"question"})) << "\n";
    const auto* choices =
        question.if_object() == nullptr ? nullptr : question.if_object()->find("choices");
    if (choices == nullptr || choices->if_array() == nullptr) continue;
    for (const auto& choice : *choices->if_array())
      if (choice.if_string() != nullptr) io.out << "  - " << printable(*choice.if_string()) << "\n";
  }
}

void print_item(const json::Value& item, Format format, Io& io) {
  if (format == Format::json || format == Format::yaml) return print_value(item, format, io);
  if (format == Format::name) {
    io.out << text_at(item, {"id"}) << "\n";
    return;
  }
  print_fields({{"ID", text_at(item, {"id"})},
                {"State", text_at(item, {"state"})},
                {"Agent", text_at(item, {"namespace"}) + "/" + text_at(item, {"agent"})},
                {"Owner", text_at(item, {"owner"})},
                {"Task", text_at(item, {"task"})},
                {"Tool", text_at(item, {"tool"})},
                {"Arguments", json_at(item, "arguments")},
                {"Because of", json_at(item, "rules")},
                {"Approvers", json_at(item, "approvers")},
                {"Expires", text_at(item, {"expiresAt"})},
                {"Decided by", text_at(item, {"decidedBy"})},
                {"Reason", text_at(item, {"reason"})},
                {"Made with", json_at(item, "editedArguments")},
                {"Answers", json_at(item, "answers")},
                {"For", text_at(item, {"scope"})}},
               io);
  print_questions(item, io);
}

Async<Result<Exit>> show(const ApprovalOptions& options, Io& io, Remote& remote) {
  CO_TRY(item, co_await remote.get(path_of(options, "")));
  print_item(item, options.format, io);
  co_return Exit::done;
}

/// One argument for each question.
json::Array answers_of(const ApprovalOptions& options) {
  json::Array answers;
  for (const auto& text : options.answers) {
    json::Object one;
    one.set("answer", json::Array{json::Value(text)});
    answers.emplace_back(std::move(one));
  }
  return answers;
}

Result<json::Object> body_of(const ApprovalOptions& options, std::string_view decision) {
  json::Object body;
  body.set("decision", std::string(decision));
  if (!options.reason.empty()) body.set("reason", options.reason);
  if (!options.arguments.empty()) {
    auto arguments = json::parse(options.arguments);
    if (!arguments || arguments->if_object() == nullptr)
      return fail(invalid("--arguments", "must be a JSON object"));
    body.set("arguments", std::move(*arguments));
  }
  if (options.session) body.set("scope", "session");
  if (decision == "answer") body.set("answers", answers_of(options));
  return body;
}

Async<Result<Exit>> send_decision(const ApprovalOptions& options, std::string_view decision, Io& io,
                                  Remote& remote) {
  CO_TRY(body, body_of(options, decision));
  CO_TRY(seen, co_await remote.get(path_of(options, "")));
  // What is decided is what was there to be seen.
  body.set("argumentsHash", text_at(seen, {"argumentsHash"}));
  CO_TRY(item, co_await remote.post(path_of(options, "/decide"), json::Value(std::move(body))));
  if (options.format != Format::human) {
    print_item(item, options.format, io);
  } else {
    io.out << printable_line(summary_of(item)) << ": " << text_at(item, {"state"}) << "\n";
  }
  co_return Exit::done;
}

Async<Result<Exit>> send_revocation(const ApprovalOptions& options, Io& io, Remote& remote) {
  CO_TRY(item, co_await remote.post(path_of(options, "/revoke")));
  if (options.format != Format::human)
    print_item(item, options.format, io);
  else
    io.out << "approval " << printable_line(options.id) << " counts for its session no more\n";
  co_return Exit::done;
}

Exit decide(const ApprovalOptions& options, std::string_view decision, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return send_decision(options, decision, io, remote); });
}

}  // namespace

Exit list_approvals(const ApprovalListOptions& options, Io& io) {
  std::string state = options.state.empty() ? "pending" : options.state;
  if (state == "all") state.clear();
  return run_remote(options.list.client, io, [&](Remote& remote) {
    return show_list(options.list, approval_view(), std::string(kPath),
                     {{"state", state}, {"agent", options.agent}, {"task", options.task}}, io,
                     remote);
  });
}

Exit get_approval(const ApprovalOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) { return show(options, io, remote); });
}

Exit approve_call(const ApprovalOptions& options, Io& io) {
  return decide(options, "approve", io);
}

Exit reject_call(const ApprovalOptions& options, Io& io) {
  return decide(options, "reject", io);
}

Exit answer_question(const ApprovalOptions& options, Io& io) {
  return decide(options, "answer", io);
}

Exit revoke_approval(const ApprovalOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return send_revocation(options, io, remote); });
}

}  // namespace flotilla::app
