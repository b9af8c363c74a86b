#include "app/cli/task_runs.h"

#include <fmt/format.h>

#include <ostream>

#include "app/cli/tasks.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

std::string path_of(const std::string& id, std::string_view verb) {
  return fmt::format("/api/v1/tasks/{}/{}", http::percent_encode(id), verb);
}

View::Column json_column(std::string title, std::string member) {
  return {std::move(title), [member](const json::Value& item, Time) {
            const auto* value = find_at(item, {member});
            if (value == nullptr) return std::string();
            return value->if_string() != nullptr ? *value->if_string() : json::to_string(*value);
          }};
}

View step_view() {
  View view;
  view.columns = {
      text_column("STEP", {"number"}),
      text_column("TYPE", {"type"}),
      text_column("NAME", {"name"}),
      text_column("STATE", {"state"}),
      {"LATENCY",
       [](const json::Value& item, Time) {
         const std::string ms = text_at(item, {"latencyMs"});
         return ms.empty() ? ms : ms + "ms";
       }},
      {"TOKENS",
       [](const json::Value& item, Time) {
         const std::string in = text_at(item, {"tokens", "input"});
         return in.empty() ? in : in + "+" + text_at(item, {"tokens", "output"});
       }},
      text_column("USD", {"costUsd"}),
      text_column("TARGET", {"target"}, true),
      text_column("CHILD", {"child"}, true),
      json_column("INPUT", "input"),
      {"OUTPUT",
       [](const json::Value& item, Time) {
         const std::string error = text_at(item, {"error"});
         return error.empty() ? text_at(item, {"output"}) : "error: " + error;
       }},
  };
  view.name = [](const json::Value& item) {
    const std::string call = text_at(item, {"callId"});
    return text_at(item, {"number"}) + (call.empty() ? "" : "/" + call);
  };
  return view;
}

Async<Result<Exit>> make_task(const TaskAgainOptions& options, std::string verb, json::Value body,
                              Io& io, Remote& remote) {
  CO_TRY(task, co_await remote.post(path_of(options.name, verb), std::move(body)));
  const std::string id = text_at(task, {"id"});
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(task, options.format, io);
  else if (options.format == Format::name)
    io.out << id << "\n";
  else
    io.out << fmt::format("task {} made of {} ({})\n", id, options.name, verb);
  co_return Exit::done;
}

Exit make(const TaskAgainOptions& options, std::string verb, json::Value body, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return make_task(options, verb, body, io, remote); });
}

}  // namespace

Exit list_steps(const TaskStepsOptions& options, Io& io) {
  return run_remote(options.list.client, io, [&](Remote& remote) {
    return show_list(options.list, step_view(), path_of(options.name, "steps"), {}, io, remote);
  });
}

Exit retry_task(const TaskAgainOptions& options, Io& io) {
  return make(options, "retry", json::Value(json::Object()), io);
}

Exit fork_task(const TaskAgainOptions& options, Io& io) {
  json::Object body;
  body.set("step", json::Value(options.step));
  if (!options.message.empty()) body.set("message", json::Value(options.message));
  return make(options, "fork", json::Value(std::move(body)), io);
}

Exit replay_task(const TaskAgainOptions& options, Io& io) {
  return make(options, "replay", json::Value(json::Object()), io);
}

}  // namespace flotilla::app
