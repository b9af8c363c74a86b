#include "app/cli/sessions.h"

#include <fmt/format.h>

#include <ostream>

#include "app/cli/tasks.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kShownTasks = 20;

View session_view() {
  View view;
  view.columns = {
      text_column("UID", {"uid"}),
      text_column("NAMESPACE", {"namespace"}),
      text_column("AGENT", {"agent"}),
      text_column("KIND", {"kind"}),
      text_column("TITLE", {"title"}),
      age_column("ACTIVE", {"lastActivity"}),
      age_column("AGE", {"createdAt"}),
      text_column("OWNER", {"owner"}, true),
      text_column("CONTEXT", {"contextId"}, true),
  };
  view.name = [](const json::Value& item) { return text_at(item, {"uid"}); };
  view.live = true;
  return view;
}

void print_session(const json::Value& session, const Items& tasks, Io& io) {
  const Time now = system_clock().now();
  const auto when = [&](const char* member) {
    const std::string text = text_at(session, {member});
    return text.empty() ? text : fmt::format("{} ({} ago)", text, age(parse_time(text), now));
  };
  print_fields({{"Session", text_at(session, {"uid"})},
                {"Namespace", text_at(session, {"namespace"})},
                {"Agent", text_at(session, {"agent"})},
                {"Kind", text_at(session, {"kind"})},
                {"Title", text_at(session, {"title"})},
                {"Owner", text_at(session, {"owner"})},
                {"Context", text_at(session, {"contextId"})},
                {"Created", when("createdAt")},
                {"Active", when("lastActivity")},
                {"Expires", text_at(session, {"expiresAt"})}},
               io);
  if (tasks.items.empty()) return;
  io.out << "\nTasks:\n";
  const View view = task_view();
  Table table({"ID", "AGENT", "STATE", "AGE"});
  for (const json::Value& task : tasks.items)
    table.add({text_at(task, {"id"}), text_at(task, {"agent"}),
               short_state(text_at(task, {"state"})),
               age(parse_time(text_at(task, {"createdAt"})), now)});
  table.print(io);
}

Async<Result<Exit>> run_get(const SessionOptions& options, Io& io, Remote& remote) {
  CO_TRY(session, co_await fetch_session(remote, options.name));
  if (options.format == Format::json || options.format == Format::yaml) {
    print_value(session, options.format, io);
    co_return Exit::done;
  }
  if (options.format == Format::name) {
    io.out << text_at(session, {"uid"}) << "\n";
    co_return Exit::done;
  }
  std::vector<std::pair<std::string_view, std::string>> query;
  query.emplace_back("session", text_at(session, {"uid"}));
  CO_TRY(tasks, co_await fetch_items(remote, "/api/v1/tasks", query, kShownTasks));
  print_session(session, tasks, io);
  co_return Exit::done;
}

}  // namespace

std::pair<std::string, std::string> split_name(const std::string& text, const Remote& remote) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return {remote.name_space(), text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

Async<Result<json::Value>> fetch_session(Remote& remote, std::string uid) {
  const auto [name_space, name] = split_name(uid, remote);
  std::string path = fmt::format("/api/v1/namespaces/{}/sessions/{}",
                                 http::percent_encode(name_space), http::percent_encode(name));
  auto session = co_await remote.get(std::move(path));
  if (session || session.error().code() != Code::not_found) co_return session;
  co_return fail(Error(Code::not_found,
                       fmt::format("no session {} in namespace {}; see `flotilla sessions list`",
                                   name, name_space)));
}

Exit list_sessions(const ListOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return show_list(options, session_view(), "/api/v1/sessions",
                     {{"namespace", remote.target().name_space}}, io, remote);
  });
}

Exit get_session(const SessionOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_get(options, io, remote); });
}

}  // namespace flotilla::app
