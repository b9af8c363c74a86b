#include "app/cli/chat.h"

#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ostream>

#include "app/cli/agent_link.h"
#include "app/cli/agents.h"
#include "app/cli/line_editor.h"
#include "app/cli/sessions.h"
#include "app/cli/turn.h"
#include "async/task_group.h"

namespace flotilla::app {

namespace {

constexpr Duration kPatience = std::chrono::hours(24);
constexpr std::int32_t kShownTasks = 5;
constexpr std::int32_t kShownHistory = 20;
constexpr std::string_view kHelp =
    "/help     this\n"
    "/new      begin another conversation\n"
    "/agents   list the agents; name one in your message to be handed over\n"
    "/cancel   cancel the task that waits for your answer\n"
    "/quit     leave (also Ctrl-D)\n"
    "Ctrl-C    cancel the running task; once more: leave\n";

/// One conversation: which context it goes on in, and which task waits for an answer.
class Chat {
 public:
  Chat(const ChatOptions& options, Io& io, Remote& remote, std::unique_ptr<a2a::Client> client,
       std::unique_ptr<LineSource> lines)
      : options_(options),
        io_(io),
        remote_(remote),
        client_(std::move(client)),
        reader_("lines", 1, 1),
        lines_(std::move(lines)) {}

  Async<Result<>> resume();
  Async<Exit> run();

 private:
  Async<Result<std::string>> context_to_resume();
  Async<Result<>> show_past();
  Async<Line> read_line();
  Async<bool> obey(std::string command);
  Async<> say(std::string text);
  Async<> converse(a2a::SendMessageRequest request);
  Async<> go_on(std::string task);
  Async<> watch_interrupts();
  Async<> cancel(std::string task);
  Async<Result<>> show(Result<std::unique_ptr<a2a::ClientEvents>> events);
  Async<> attend(Async<> work);
  Async<> end_with(Async<> work);
  void note(std::string_view text);
  void conclude(Result<> shown);

  const ChatOptions& options_;
  Io& io_;
  Remote& remote_;
  std::unique_ptr<a2a::Client> client_;
  BlockingPool reader_;
  std::unique_ptr<LineSource> lines_;  // used on the reader's thread
  std::string context_;
  std::string waiting_;  // the task that the next line answers
  std::unique_ptr<Turn> turn_;
  Exit last_ = Exit::done;
  bool quit_ = false;
  TaskGroup* group_ = nullptr;  // while a turn runs
};

void Chat::note(std::string_view text) {
  io_.err << toned(text, Tone::dim, io_.err_terminal && io_.colour()) << "\n";
  io_.err.flush();
}

Async<Result<std::string>> Chat::context_to_resume() {
  if (!options_.context_id.empty()) co_return options_.context_id;
  if (!options_.session.empty()) {
    CO_TRY(session, co_await fetch_session(remote_, options_.session));
    co_return text_at(session, {"contextId"});
  }
  if (!options_.last) co_return std::string();
  std::vector<std::pair<std::string_view, std::string>> query;
  query.emplace_back("namespace", remote_.target().name_space);
  CO_TRY(sessions, co_await fetch_items(remote_, "/api/v1/sessions", query, 500));
  std::string best;
  std::string context;
  for (const json::Value& session : sessions.items) {
    std::string active = text_at(session, {"lastActivity"});
    if (active <= best) continue;  // RFC 3339 in UTC sorts by time
    best = std::move(active);
    context = text_at(session, {"contextId"});
  }
  if (context.empty())
    co_return fail(Error(Code::not_found, "there is no session yet; begin one: flotilla chat"));
  co_return context;
}

/// The last turns, so that the person knows where they were.
Async<Result<>> Chat::show_past() {
  a2a::ListTasksRequest request;
  request.contextId = context_;
  request.pageSize = kShownTasks;
  request.historyLength = kShownHistory;
  request.includeArtifacts = true;
  auto page = co_await client_->list_tasks(std::move(request));
  // An old server cannot list; the conversation goes on all the same.
  if (!page && page.error().reason() == reason::kUnsupportedOperation) co_return ok();
  if (!page) co_return fail(page.error());
  std::string running;
  for (auto task = page->tasks.rbegin(); task != page->tasks.rend(); ++task) {
    for (const a2a::Message& message : task->history)
      if (message.role == a2a::MessageRole::user)
        io_.out << toned("> " + printable_line(a2a::text_of(message.parts)), Tone::dim,
                         io_.colour())
                << "\n";
    const a2a::TaskState state = task->status.state;
    waiting_ = a2a::is_interrupted(state) ? task->id : std::string();
    if (!a2a::is_terminal(state) && !a2a::is_interrupted(state)) {
      running = task->id;
      continue;
    }
    Turn past(io_, false);
    a2a::StreamResponse snapshot;
    snapshot.task = std::move(*task);
    past.take(std::move(snapshot));
    past.finish();
  }
  if (!running.empty()) {
    auto work = go_on(std::move(running));
    co_await attend(std::move(work));
  }
  co_return ok();
}

Async<Result<>> Chat::resume() {
  CO_TRY(context, co_await context_to_resume());
  context_ = std::move(context);
  if (context_.empty()) co_return ok();
  co_return co_await show_past();
}

Async<Line> Chat::read_line() {
  std::move_only_function<Result<Line>()> read = [this] {
    return Result<Line>(lines_->read("> "));
  };
  auto line = co_await reader_.run<Line>(std::move(read));
  if (line) co_return std::move(*line);
  Line end;
  end.kind = Line::Kind::end;
  co_return end;
}

/// False when the chat is over.
Async<bool> Chat::obey(std::string command) {
  if (command == "/quit" || command == "/exit") co_return false;
  if (command == "/help") {
    io_.out << kHelp << std::flush;
  } else if (command == "/new") {
    context_.clear();
    waiting_.clear();
    note("a new conversation");
  } else if (command == "/agents") {
    auto shown = co_await print_agents(remote_, io_);
    if (!shown) last_ = report(shown.error(), io_);
  } else if (command == "/cancel") {
    if (waiting_.empty()) {
      note("no task waits");
    } else {
      co_await cancel(std::move(waiting_));
      waiting_.clear();
    }
  } else {
    note("unknown command; /help lists them");
  }
  co_return true;
}

Async<> Chat::cancel(std::string task) {
  a2a::CancelTaskRequest request;
  request.id = std::move(task);
  auto canceled = co_await client_->cancel_task(std::move(request));
  if (!canceled) report(canceled.error(), io_);
}

Async<Result<>> Chat::show(Result<std::unique_ptr<a2a::ClientEvents>> events) {
  if (!events) co_return fail(events.error());
  while (true) {
    CO_TRY(event, co_await (*events)->next());
    if (!event) co_return ok();
    const bool changed = event->statusUpdate.has_value();
    turn_->take(std::move(*event));
    if (changed && turn_->exit() == Exit::waiting) co_return ok();  // the stream may stay open
  }
}

void Chat::conclude(Result<> shown) {
  turn_->finish();
  if (!turn_->context_id().empty()) context_ = turn_->context_id();
  waiting_ = a2a::is_interrupted(turn_->state()) ? turn_->task_id() : std::string();
  last_ = shown ? turn_->exit() : report(shown.error(), io_);
}

Async<> Chat::converse(a2a::SendMessageRequest request) {
  auto events = co_await client_->stream(std::move(request));
  auto shown = co_await show(std::move(events));
  conclude(std::move(shown));
}

Async<> Chat::go_on(std::string task) {
  a2a::SubscribeToTaskRequest request;
  request.id = std::move(task);
  auto events = co_await client_->subscribe(std::move(request), std::nullopt);
  auto shown = co_await show(std::move(events));
  conclude(std::move(shown));
}

Async<> Chat::watch_interrupts() {
  const Executor executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals(executor, SIGINT);
  co_await signals.async_wait(boost::asio::use_awaitable);
  std::string task = turn_->task_id();
  if (!task.empty()) {
    note("canceling; Ctrl-C again leaves");
    group_->spawn(cancel(std::move(task)));
    co_await signals.async_wait(boost::asio::use_awaitable);
    quit_ = true;
  }
  group_->cancel();
}

Async<> Chat::end_with(Async<> work) {
  co_await std::move(work);
  group_->cancel();
}

/// Runs the work while Ctrl-C is watched.
Async<> Chat::attend(Async<> work) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  turn_ = std::make_unique<Turn>(io_, true);
  TaskGroup group(executor);
  group_ = &group;
  group.spawn(watch_interrupts());
  group.spawn(end_with(std::move(work)));
  co_await group.join();
  group_ = nullptr;
}

Async<> Chat::say(std::string text) {
  auto message = user_message(std::move(text), {});
  if (!context_.empty()) message->contextId = context_;
  if (!waiting_.empty()) message->taskId = waiting_;
  a2a::SendMessageRequest request;
  request.message = std::move(*message);
  auto work = converse(std::move(request));
  co_await attend(std::move(work));
}

Async<Exit> Chat::run() {
  bool interrupted = false;
  while (!quit_) {
    Line line = co_await read_line();
    if (line.kind == Line::Kind::end) break;
    if (line.kind == Line::Kind::interrupted) {
      if (interrupted) break;
      interrupted = true;
      note("Ctrl-C again or /quit leaves");
      continue;
    }
    interrupted = false;
    if (line.text.find_first_not_of(" \t") == std::string::npos) continue;
    if (line.text.starts_with('/')) {
      const bool more = co_await obey(std::move(line.text));
      if (!more) break;
    } else {
      co_await say(std::move(line.text));
    }
  }
  if (io_.in_terminal && !context_.empty())
    note(fmt::format("go on later with: flotilla chat --context-id {}", context_));
  co_return io_.in_terminal ? Exit::done : last_;
}

std::unique_ptr<LineSource> open_lines(Io& io) {
  if (!io.in_terminal || !io.out_terminal) return std::make_unique<StreamLines>(io.in);
  const std::string directory = xdg_directory(io, "XDG_STATE_HOME", ".local/state");
  return std::make_unique<LineEditor>(directory.empty() ? "" : directory + "/chat_history");
}

Async<Result<Exit>> run_chat(const ChatOptions& options, Io& io, Remote& remote) {
  CO_TRY(client, co_await connect_agent(remote, options.link, kPatience, io));
  const std::string name = printable_line(client->card().name);
  auto lines = open_lines(io);
  Chat chat(options, io, remote, std::move(client), std::move(lines));
  if (io.in_terminal) io.err << "Talking with " << name << ". /help helps, /quit leaves.\n";
  CO_TRY_VOID(co_await chat.resume());
  co_return co_await chat.run();
}

}  // namespace

Exit chat(const ChatOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_chat(options, io, remote); });
}

}  // namespace flotilla::app
