#include "app/cli/logs.h"

#include <fmt/format.h>

#include <ostream>

#include "a2a/types.h"
#include "app/cli/remote.h"
#include "http/sse.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::app {

namespace {

constexpr std::string_view kPageLimit = "500";
constexpr Duration kFirstPause = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::seconds(5);

/// The parts in one line: texts joined, others by what they are.
std::string parts_text(const json::Value* parts) {
  std::string out;
  const json::Array* list = parts == nullptr ? nullptr : parts->if_array();
  if (list == nullptr) return out;
  for (const json::Value& part : *list) {
    std::string text = text_at(part, {"text"});
    if (text.empty() && find_at(part, {"data"}) != nullptr) text = text_at(part, {"data"});
    if (text.empty() && find_at(part, {"raw"}) != nullptr) text = "[file]";
    if (text.empty()) text = text_at(part, {"url"});
    if (!out.empty() && !text.empty()) out += ' ';
    out += text;
  }
  return out;
}

a2a::TaskState state_of(const json::Value& event) {
  const std::string name = text_at(event, {"payload", "status", "state"});
  for (int i = 0; i <= static_cast<int>(a2a::TaskState::auth_required); ++i) {
    const auto state = static_cast<a2a::TaskState>(i);
    if (a2a::wire_name(state) == name) return state;
  }
  return a2a::TaskState::unspecified;
}

/// One journal being shown, its cursor and what is known of the task's end.
class Journal {
 public:
  Journal(const LogsOptions& options, Io& io, Remote& remote)
      : options_(options),
        io_(io),
        remote_(remote),
        path_(fmt::format("/api/v1/tasks/{}/events", http::percent_encode(options.task))),
        cursor_(std::to_string(options.after)) {}

  Async<Result<>> show_pages();
  Async<Result<Exit>> follow();

 private:
  /// Until the stream ends; ok when it was cut and can be taken up again.
  Async<Result<>> read_stream();
  Async<Result<Exit>> outcome();
  void take(const http::SseMessage& message);
  void show(const json::Value& event);

  const LogsOptions& options_;
  Io& io_;
  Remote& remote_;
  std::string path_;
  std::string cursor_;
  a2a::TaskState state_ = a2a::TaskState::unspecified;
  bool ended_ = false;
  bool reached_ = false;  // the server answered since the last pause
};

void Journal::show(const json::Value& event) {
  cursor_ = text_at(event, {"seq"});
  if (text_at(event, {"kind"}) == "status") state_ = state_of(event);
  if (options_.format == Format::json || options_.format == Format::yaml) {
    print_document(event, options_.format, io_);
    return;
  }
  const std::string kind = text_at(event, {"kind"});
  const std::string head = fmt::format("{}  {:>5}  ", text_at(event, {"at"}), cursor_);
  io_.out << toned(printable_line(head), Tone::dim, io_.colour())
          << printable_line(fmt::format("{:<8}  {:<12}  {}", kind, text_at(event, {"actor"}),
                                        describe_event(event)))
          << "\n";
  io_.out.flush();
}

Async<Result<>> Journal::show_pages() {
  std::string next = cursor_;
  while (!next.empty()) {
    std::string page_path = path_;
    page_path += "?after=" + next;
    page_path += fmt::format("&limit={}", kPageLimit);
    CO_TRY(page, co_await remote_.get(std::move(page_path)));
    const json::Value* items = find_at(page, {"items"});
    if (items == nullptr || items->if_array() == nullptr)
      co_return fail(Error(Code::internal, "the server's answer has no items"));
    for (const json::Value& event : *items->if_array()) show(event);
    next = text_at(page, {"nextCursor"});
  }
  co_return ok();
}

void Journal::take(const http::SseMessage& message) {
  const auto data = json::parse(message.data);
  if (!data) return;
  if (message.event == "bye") {
    ended_ = text_at(*data, {"reason"}) == "ended";
  } else if (message.event == "gap") {
    io_.err << fmt::format("events {} to {} are no longer kept\n", text_at(*data, {"from"}),
                           text_at(*data, {"to"}));
  } else {
    show(*data);
  }
}

Async<Result<>> Journal::read_stream() {
  std::string stream_path = path_;
  stream_path += "?after=" + cursor_;
  CO_TRY(stream, co_await remote_.events(std::move(stream_path), cursor_));
  reached_ = true;
  http::SseParser parser;
  std::vector<http::SseMessage> messages;
  while (true) {
    auto piece = co_await stream->read();
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return ok();
    messages.clear();
    CO_TRY_VOID(parser.feed(**piece, messages));
    for (const http::SseMessage& message : messages) take(message);
  }
}

Async<Result<Exit>> Journal::outcome() {
  if (state_ == a2a::TaskState::unspecified) {
    std::string task_path = fmt::format("/api/v1/tasks/{}", http::percent_encode(options_.task));
    CO_TRY(task, co_await remote_.get(std::move(task_path)));
    json::Object status{{"status", json::Object{{"state", text_at(task, {"state"})}}}};
    state_ = state_of(json::Object{{"payload", std::move(status)}});
  }
  co_return exit_of(state_);
}

Async<Result<Exit>> Journal::follow() {
  Duration pause = kFirstPause;
  bool told = false;
  bool connected = false;
  while (true) {
    reached_ = false;
    auto read = co_await read_stream();
    connected = connected || reached_;
    if (ended_ || a2a::is_terminal(state_)) co_return co_await outcome();
    if (!read && (!connected || exit_of(read.error()) != Exit::unreachable))
      co_return fail(read.error());
    if (!told) {
      io_.err << "connection to " << remote_.target().url << " lost; waiting for it" << std::endl;
      told = true;
    }
    if (reached_) pause = kFirstPause;
    co_await system_clock().sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

Async<Result<Exit>> run_logs(const LogsOptions& options, Io& io, Remote& remote) {
  Journal journal(options, io, remote);
  if (options.follow) co_return co_await journal.follow();
  CO_TRY_VOID(co_await journal.show_pages());
  co_return Exit::done;
}

}  // namespace

std::string describe_event(const json::Value& event) {
  const std::string kind = text_at(event, {"kind"});
  const json::Value* payload = find_at(event, {"payload"});
  if (payload == nullptr) return {};
  if (kind == "message") {
    const bool user = text_at(*payload, {"role"}) == "ROLE_USER";
    return fmt::format("{}: {}", user ? "user" : "agent", parts_text(find_at(*payload, {"parts"})));
  }
  if (kind == "status") {
    const std::string state = short_state(text_at(*payload, {"status", "state"}));
    const std::string text = parts_text(find_at(*payload, {"status", "message", "parts"}));
    return text.empty() ? state : state + ": " + text;
  }
  if (kind == "artifact") {
    std::string name = text_at(*payload, {"artifact", "name"});
    if (name.empty()) name = text_at(*payload, {"artifact", "artifactId"});
    return fmt::format("{}: {}", name, parts_text(find_at(*payload, {"artifact", "parts"})));
  }
  return json::to_string(*payload);
}

Exit logs(const LogsOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_logs(options, io, remote); });
}

}  // namespace flotilla::app
