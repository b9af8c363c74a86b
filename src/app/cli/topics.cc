#include "app/cli/topics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "app/cli/remote.h"
#include "base/id.h"
#include "http/sse.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::app {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::seconds(5);

std::string path_in(const Remote& remote, std::string_view rest) {
  return fmt::format("/api/v1/namespaces/{}{}", http::percent_encode(remote.name_space()), rest);
}

std::string subscription_path(const Remote& remote, const std::string& name,
                              std::string_view rest = "") {
  return path_in(remote, fmt::format("/subscriptions/{}{}", http::percent_encode(name), rest));
}

Async<Result<Exit>> run_publish(const PublishOptions& options, json::Value data, Io& io,
                                Remote& remote) {
  json::Object body;
  body.set("name", options.name);
  if (!data.is_null()) body.set("data", std::move(data));
  if (!options.agent.empty()) body.set("agent", options.agent);
  if (options.shared) body.set("shared", true);
  if (!options.context_id.empty()) body.set("contextId", options.context_id);
  std::string key = options.key;
  if (key.empty()) key = make_uuid_v7(system_clock().now(), system_random()).to_string();
  body.set("key", std::move(key));
  CO_TRY(event, co_await remote.post(path_in(remote, "/events"), std::move(body), true));
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(event, options.format, io);
  else
    io.out << printable_line(fmt::format("published {} at {}", text_at(event, {"name"}),
                                         text_at(event, {"cursor"})))
           << "\n";
  co_return Exit::done;
}

/// Events being shown, and the cursor after what was shown.
class Events {
 public:
  Events(const SubscribeOptions& options, Io& io, Remote& remote)
      : options_(options), io_(io), remote_(remote) {}

  Async<Result<Exit>> run();

 private:
  /// The durable subscription and where it stands.
  Async<Result<>> open();
  /// Until the stream ends; ok when it can be taken up again.
  Async<Result<>> read_stream();
  Async<Result<>> acknowledge();
  void take(const http::SseMessage& message);
  void show(const json::Value& event);
  [[nodiscard]] bool over() const { return options_.count > 0 && shown_ >= options_.count; }
  [[nodiscard]] std::string beginning() const;

  const SubscribeOptions& options_;
  Io& io_;
  Remote& remote_;
  std::string path_;
  std::string cursor_;  // empty: from now on
  std::string acknowledged_;
  std::uint64_t shown_ = 0;
  bool reached_ = false;
};

std::string Events::beginning() const {
  if (options_.from == "start") return "0";
  return options_.from == "now" ? "" : options_.from;
}

Async<Result<>> Events::open() {
  if (options_.durable.empty()) {
    cursor_ = beginning();
    const auto patterns = fmt::format("{}", fmt::join(options_.patterns, ","));
    path_ = path_in(remote_, "/events" + query_of({{"pattern", patterns}}));
    co_return ok();
  }
  path_ = subscription_path(remote_, options_.durable, "/events");
  json::Value subscription;
  if (options_.patterns.empty()) {
    CO_TRY(found, co_await remote_.get(subscription_path(remote_, options_.durable)));
    subscription = std::move(found);
  } else {
    json::Object body;
    body.set("name", options_.durable);
    body.set("patterns", json::to_value(options_.patterns));
    if (const auto after = beginning(); !after.empty()) body.set("after", after);
    CO_TRY(opened,
           co_await remote_.post(path_in(remote_, "/subscriptions"), std::move(body), true));
    subscription = std::move(opened);
  }
  cursor_ = text_at(subscription, {"cursor"});
  if (!options_.from.empty() && options_.from != "now") cursor_ = beginning();
  acknowledged_ = cursor_;
  co_return ok();
}

void Events::show(const json::Value& event) {
  ++shown_;
  if (options_.format == Format::json || options_.format == Format::yaml) {
    print_document(event, options_.format, io_);
    return;
  }
  const json::Value* data = find_at(event, {"data"});
  const std::string head =
      fmt::format("{}  {:>6}  ", text_at(event, {"at"}), text_at(event, {"cursor"}));
  io_.out << toned(printable_line(head), Tone::dim, io_.colour())
          << printable_line(fmt::format("{}  {}  {}", text_at(event, {"name"}),
                                        text_at(event, {"from"}),
                                        data == nullptr ? "" : json::to_string(*data)))
          << "\n";
}

void Events::take(const http::SseMessage& message) {
  if (over() || message.event == "bye") return;
  if (message.event == "message") {
    const auto event = json::parse(message.data);
    if (event) show(*event);
  }
  if (!message.id.empty()) cursor_ = message.id;
}

Async<Result<>> Events::acknowledge() {
  if (options_.durable.empty() || cursor_ == acknowledged_) co_return ok();
  json::Object body;
  body.set("cursor", cursor_);
  CO_TRY_VOID(co_await remote_.post(subscription_path(remote_, options_.durable, "/ack"),
                                    std::move(body), true));
  acknowledged_ = cursor_;
  co_return ok();
}

Async<Result<>> Events::read_stream() {
  CO_TRY_VOID(co_await acknowledge());  // what was shown before the stream was cut
  CO_TRY(stream, co_await remote_.events(path_, cursor_));
  reached_ = true;
  http::SseParser parser;
  std::vector<http::SseMessage> messages;
  while (!over()) {
    auto piece = co_await stream->read();
    if (!piece) co_return fail(piece.error());
    if (!*piece) co_return ok();
    messages.clear();
    CO_TRY_VOID(parser.feed(**piece, messages));
    for (const http::SseMessage& message : messages) take(message);
    io_.out.flush();
    CO_TRY_VOID(co_await acknowledge());
  }
  co_return ok();
}

Async<Result<Exit>> Events::run() {
  CO_TRY_VOID(co_await open());
  Duration pause = kFirstPause;
  bool told = false;
  bool connected = false;
  while (true) {
    reached_ = false;
    auto read = co_await read_stream();
    connected = connected || reached_;
    if (read && over()) co_return Exit::done;
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

Async<Result<Exit>> run_subscribe(const SubscribeOptions& options, Io& io, Remote& remote) {
  Events events(options, io, remote);
  co_return co_await events.run();
}

Async<Result<Exit>> run_delete(const SubscriptionOptions& options, Io& io, Remote& remote) {
  CO_TRY_VOID(co_await remote.remove(subscription_path(remote, options.name)));
  io.out << "subscription " << printable_line(options.name) << " deleted\n";
  co_return Exit::done;
}

std::string patterns_of(const json::Value& item) {
  const json::Value* patterns = find_at(item, {"patterns"});
  std::string text;
  if (patterns == nullptr || patterns->if_array() == nullptr) return text;
  for (const json::Value& one : *patterns->if_array())
    text += (text.empty() ? "" : " ") + text_at(one, {});
  return text;
}

View subscription_view() {
  View view;
  view.columns = {
      text_column("NAME", {"name"}),
      {"PATTERNS", [](const json::Value& item, Time) { return patterns_of(item); }},
      text_column("CURSOR", {"cursor"}),
      age_column("ACKED", {"ackedAt"}),
      age_column("AGE", {"createdAt"}, true),
  };
  view.name = [](const json::Value& item) { return text_at(item, {"name"}); };
  return view;
}

bool is_beginning(const std::string& from) {
  return from.empty() || from == "now" || from == "start" ||
         std::ranges::all_of(from, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Exit publish(const PublishOptions& options, Io& io) {
  std::string text = options.data;
  if (text == "-")
    text.assign(std::istreambuf_iterator<char>(io.in), std::istreambuf_iterator<char>());
  json::Value data;
  if (!text.empty()) {
    auto parsed = json::parse(text);
    if (!parsed) {
      io.err << "flotilla: JSON: " << parsed.error().message()
             << "; put text in quotes of its own: '\"text\"'\n";
      return Exit::usage;
    }
    data = std::move(*parsed);
  }
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_publish(options, data, io, remote); });
}

Exit subscribe(const SubscribeOptions& options, Io& io) {
  if (!is_beginning(options.from)) {
    io.err << "flotilla: --from: expected now, start or the cursor of an event\n";
    return Exit::usage;
  }
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_subscribe(options, io, remote); });
}

Exit list_subscriptions(const ListOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return show_list(options, subscription_view(), path_in(remote, "/subscriptions"), {}, io,
                     remote);
  });
}

Exit delete_subscription(const SubscriptionOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_delete(options, io, remote); });
}

}  // namespace flotilla::app
