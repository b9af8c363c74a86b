#include "app/cli/send.h"

#include <fmt/format.h>

#include <istream>
#include <iterator>
#include <ostream>

#include "app/cli/agent_link.h"
#include "app/cli/remote.h"
#include "app/cli/turn.h"
#include "async/cancel.h"
#include "json/map.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kInputLimit = std::size_t{16} << 20;
/// A call that waits for an agent may take as long as the agent does.
constexpr Duration kPatience = std::chrono::hours(24);

Result<std::string> read_text(const SendOptions& options, Io& io) {
  if (options.text != "-") return options.text;
  std::string text;
  char piece[4096];
  while (io.in.read(piece, sizeof piece) || io.in.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(io.in.gcount()));
    if (text.size() > kInputLimit)
      return fail(Error(Code::invalid_argument, "standard input is larger than 16 MiB"));
  }
  return text;
}

a2a::SendMessageRequest make_request(const SendOptions& options, a2a::Message message) {
  a2a::SendMessageRequest request;
  if (!options.context_id.empty()) message.contextId = options.context_id;
  if (!options.task.empty()) message.taskId = options.task;
  request.message = std::move(message);
  a2a::SendMessageConfiguration configuration;
  configuration.historyLength = options.history;
  configuration.returnImmediately = options.no_wait;
  request.configuration = std::move(configuration);
  return request;
}

bool structured(Format format) {
  return format == Format::json || format == Format::yaml;
}

Async<Result<>> follow(a2a::Client& client, a2a::SendMessageRequest request,
                       const SendOptions& options, Turn& turn, Io& io) {
  CO_TRY(events, co_await client.stream(std::move(request)));
  while (true) {
    CO_TRY(event, co_await events->next());
    if (!event) co_return ok();
    if (options.stream && structured(options.format))
      print_document(json::to_value(*event), options.format, io);
    const bool changed = event->statusUpdate.has_value();
    turn.take(std::move(*event));
    // The stream may stay open while a task waits, for an authorization above all.
    if (changed && turn.exit() == Exit::waiting) co_return ok();
  }
}

Async<Result<>> exchange(a2a::Client& client, a2a::SendMessageRequest request,
                         const SendOptions& options, Turn& turn, Io& io) {
  // A stream waits for the task without a limit and survives a restart of the server.
  const bool streams = client.card().capabilities.streaming.value_or(false);
  if (!options.no_wait && (streams || options.stream))
    co_return co_await follow(client, std::move(request), options, turn, io);
  CO_TRY(response, co_await client.send(std::move(request)));
  turn.take(std::move(response));
  co_return ok();
}

void hint(const SendOptions& options, const Turn& turn, Io& io) {
  if (!io.err_terminal || turn.task_id().empty()) return;
  const std::string agent = options.link.agent.empty() ? "" : " -a " + options.link.agent;
  if (turn.exit() == Exit::waiting)
    io.err << fmt::format("answer with: flotilla send{} --task {} \"…\"\n", agent, turn.task_id());
  else if (options.no_wait && !a2a::is_terminal(turn.state()))
    io.err << fmt::format("follow it with: flotilla logs -f {}\n", turn.task_id());
}

Async<Result<>> show_result(a2a::Client& client, const SendOptions& options, Turn& turn, Io& io) {
  if (options.format == Format::name) {
    if (!turn.task_id().empty()) io.out << turn.task_id() << "\n";
    co_return ok();
  }
  if (!structured(options.format)) {
    turn.finish();
    hint(options, turn, io);
    co_return ok();
  }
  if (options.stream) co_return ok();
  a2a::SendMessageResponse response;
  response.message = turn.message();
  if (turn.task() && !turn.message()) {
    a2a::GetTaskRequest request;
    request.id = turn.task_id();
    request.historyLength = options.history;
    CO_TRY(task, co_await client.get_task(std::move(request)));
    response.task = std::move(task);
  }
  print_value(json::to_value(response), options.format, io);
  co_return ok();
}

/// Waits as long as it takes or `--timeout` says; false when time was up.
Async<Result<bool>> exchange_in_time(a2a::Client& client, a2a::SendMessageRequest request,
                                     const SendOptions& options, Turn& turn, Io& io) {
  auto work = exchange(client, std::move(request), options, turn, io);
  if (!options.timeout) {
    CO_TRY_VOID(co_await std::move(work));
    co_return true;
  }
  Clock& clock = system_clock();
  const SteadyTime deadline = clock.steady_now() + *options.timeout;
  auto done = co_await with_deadline(std::move(work), deadline, clock);
  if (!done) co_return false;
  if (!*done) co_return fail(done->error());
  co_return true;
}

Async<Result<Exit>> run_send(const SendOptions& options, a2a::Message message, Io& io,
                             Remote& remote) {
  CO_TRY(client, co_await connect_agent(remote, options.link, kPatience, io));
  const bool human = options.format == Format::human || options.format == Format::wide;
  Turn turn(io, options.stream && human);
  auto request = make_request(options, std::move(message));
  CO_TRY(in_time, co_await exchange_in_time(*client, std::move(request), options, turn, io));
  if (!in_time) {
    turn.finish();
    std::string message_text = fmt::format("no result after {}", format_duration(*options.timeout));
    if (!turn.task_id().empty())
      message_text += fmt::format("; task {0} goes on: flotilla tasks get {0}", turn.task_id());
    co_return fail(Error(Code::deadline_exceeded, std::move(message_text)));
  }
  CO_TRY_VOID(co_await show_result(*client, options, turn, io));
  if (options.no_wait && turn.exit() == Exit::unreachable) co_return Exit::done;
  co_return turn.exit();
}

}  // namespace

Exit send(const SendOptions& options, Io& io) {
  auto text = read_text(options, io);
  if (!text) return report(text.error(), io);
  auto message = user_message(std::move(*text), options.files);
  if (!message) return report(message.error(), io);
  if (message->parts.empty()) {
    io.err << "flotilla: nothing to send: give TEXT, - for standard input, or --file PATH\n";
    return Exit::usage;
  }
  return run_remote(options.client, io, [&](Remote& remote) {
    return run_send(options, std::move(*message), io, remote);
  });
}

}  // namespace flotilla::app
