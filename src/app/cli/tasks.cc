#include "app/cli/tasks.h"

#include <fmt/format.h>

#include <ostream>

#include "a2a/types.h"
#include "app/cli/turn.h"
#include "json/map.h"

namespace flotilla::app {

namespace {

std::string task_path(const std::string& id, std::string_view rest = "") {
  return fmt::format("/api/v1/tasks/{}{}", http::percent_encode(id), rest);
}

void print_messages(const a2a::Task& task, Io& io) {
  if (!task.history.empty()) io.out << "\nMessages:\n";
  for (const a2a::Message& message : task.history) {
    const char* who = message.role == a2a::MessageRole::user ? "user" : "agent";
    io.out << "  " << who << ": " << printable_line(a2a::text_of(message.parts)) << "\n";
  }
}

std::string usage_of(const json::Value& task) {
  const json::Value* cost = find_at(task, {"usage", "costUsd"});
  if (cost == nullptr) return {};
  return fmt::format("{} tokens, {:.4f} USD", text_at(task, {"usage", "tokens"}),
                     cost->as_double().value_or(0));
}

void print_task(const json::Value& value, Io& io) {
  const Time now = system_clock().now();
  const std::string created = text_at(value, {"createdAt"});
  const std::string changed = text_at(value, {"statusAt"});
  print_fields(
      {{"Task", text_at(value, {"id"})},
       {"Agent", text_at(value, {"namespace"}) + "/" + text_at(value, {"agent"})},
       {"State", fmt::format("{} (since {}, {} ago)", short_state(text_at(value, {"state"})),
                             changed, age(parse_time(changed), now))},
       {"Created", fmt::format("{} ({} ago)", created, age(parse_time(created), now))},
       {"Owner", text_at(value, {"owner"})},
       {"Session", text_at(value, {"session"})},
       {"Context", text_at(value, {"contextId"})},
       {"Parent", text_at(value, {"parent"})},
       {"Events", text_at(value, {"seq"})},
       {"Usage", usage_of(value)}},
      io);
  const json::Value* body = find_at(value, {"task"});
  if (body == nullptr) return;
  auto task = json::read<a2a::Task>(*body);
  if (!task) return;
  print_messages(*task, io);
  if (task->artifacts.empty() && !task->status.message) return;
  io.out << "\nResult:\n";
  Turn turn(io, false);
  a2a::StreamResponse snapshot;
  snapshot.task = std::move(*task);
  turn.take(std::move(snapshot));
  turn.finish();
}

void print_one(const json::Value& value, const View& view, Format format, Io& io) {
  if (format == Format::json || format == Format::yaml)
    print_value(value, format, io);
  else if (format == Format::name)
    io.out << view.name(value) << "\n";
  else
    print_task(value, io);
}

Async<Result<Exit>> run_get(const TaskOptions& options, Io& io, Remote& remote) {
  CO_TRY(task, co_await remote.get(task_path(options.name)));
  print_one(task, task_view(), options.format, io);
  co_return Exit::done;
}

Async<Result<Exit>> run_cancel(const TaskOptions& options, Io& io, Remote& remote) {
  CO_TRY(task, co_await remote.post(task_path(options.name, "/cancel")));
  if (options.format != Format::human) {
    print_one(task, task_view(), options.format, io);
    co_return Exit::done;
  }
  const std::string state = short_state(text_at(task, {"state"}));
  io.out << fmt::format("task {} {}\n", options.name, state.empty() ? "canceled" : state);
  co_return Exit::done;
}

}  // namespace

View task_view() {
  View view;
  view.columns = {
      text_column("ID", {"id"}),
      text_column("NAMESPACE", {"namespace"}),
      text_column("AGENT", {"agent"}),
      {"STATE",
       [](const json::Value& item, Time) { return short_state(text_at(item, {"state"})); }},
      age_column("CHANGED", {"statusAt"}),
      age_column("AGE", {"createdAt"}),
      text_column("OWNER", {"owner"}, true),
      text_column("CONTEXT", {"contextId"}, true),
      text_column("EVENTS", {"seq"}, true),
      text_column("PARENT", {"parent"}, true),
  };
  view.name = [](const json::Value& item) { return text_at(item, {"id"}); };
  view.live = true;
  return view;
}

Exit list_tasks(const TaskListOptions& options, Io& io) {
  return run_remote(options.list.client, io, [&](Remote& remote) {
    return show_list(options.list, task_view(), "/api/v1/tasks",
                     {{"namespace", remote.target().name_space},
                      {"agent", options.agent},
                      {"state", options.state},
                      {"contextId", options.context_id},
                      {"session", options.session}},
                     io, remote);
  });
}

Exit get_task(const TaskOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_get(options, io, remote); });
}

Exit cancel_task(const TaskOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_cancel(options, io, remote); });
}

}  // namespace flotilla::app
