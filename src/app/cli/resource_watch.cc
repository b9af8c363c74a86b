#include "app/cli/resource_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "http/sse.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::seconds(5);

class Watcher {
 public:
  Watcher(ResourceWatchOptions options, View view, Io& io, Remote& remote)
      : options_(std::move(options)),
        view_(std::move(view)),
        io_(io),
        remote_(remote),
        table_(titles()) {}

  Async<Result<Exit>> run() {
    CO_TRY_VOID(co_await list());
    Duration pause = kFirstPause;
    for (;;) {
      const auto before = cursor_;
      auto ended = co_await follow();
      if (!ended && exit_of(ended.error()) != Exit::unreachable) co_return fail(ended.error());
      if (!ended && !lost_) io_.err << ended.error().message() << "; waiting for it" << std::endl;
      lost_ = !ended;
      pause = cursor_ != before ? kFirstPause : std::min<Duration>(pause * 2, kLongestPause);
      co_await system_clock().sleep_for(pause);
    }
  }

 private:
  [[nodiscard]] std::vector<std::string> titles() const {
    std::vector<std::string> out{"EVENT"};
    for (const auto& column : view_.columns)
      if (!column.wide || options_.format == Format::wide) out.push_back(column.title);
    return out;
  }

  /// What is there, and from where on changes are news.
  Async<Result<>> list() {
    std::string next;
    bool first = true;
    do {
      const auto path =
          options_.path +
          query_of({{"labelSelector", options_.selector}, {"limit", "500"}, {"cursor", next}});
      CO_TRY(page, co_await remote_.get(path));
      if (first) cursor_ = text_at(page, {"resourceVersion"});
      first = false;
      next = text_at(page, {"nextCursor"});
      const json::Value* items = find_at(page, {"items"});
      if (items == nullptr || items->if_array() == nullptr)
        co_return fail(Error(Code::internal, "the server's answer has no items"));
      for (const json::Value& item : *items->if_array()) show("added", item);
    } while (!next.empty());
    print_table();
    co_return ok();
  }

  Async<Result<>> follow() {
    const auto path = options_.path + query_of({{"labelSelector", options_.selector}});
    CO_TRY(stream, co_await remote_.events(path, cursor_));
    if (lost_) io_.err << "connected again" << std::endl;
    lost_ = false;
    http::SseParser parser;
    for (;;) {
      CO_TRY(piece, co_await stream->read());
      if (!piece) co_return ok();
      std::vector<http::SseMessage> messages;
      CO_TRY_VOID(parser.feed(*piece, messages));
      for (const auto& message : messages) {
        if (!message.id.empty()) cursor_ = message.id;
        if (message.event == "gap") CO_TRY_VOID(co_await list());
        if (message.event == "added" || message.event == "modified" || message.event == "deleted")
          tell(message);
      }
      print_table();
    }
  }

  void print_table() {
    if (options_.format == Format::human || options_.format == Format::wide) table_.print(io_);
  }

  void tell(const http::SseMessage& message) {
    const auto value = json::parse(message.data);
    const json::Value* object = value ? find_at(*value, {"object"}) : nullptr;
    if (object != nullptr) show(message.event, *object);
  }

  void show(const std::string& event, const json::Value& item) {
    if (!options_.name.empty() && text_at(item, {"metadata", "name"}) != options_.name) return;
    if (options_.format == Format::name) {
      io_.out << view_.name(item) << std::endl;
    } else if (options_.format == Format::json || options_.format == Format::yaml) {
      print_document(json::Object{{"type", event}, {"object", item}}, options_.format, io_);
    } else {
      std::vector<std::string> cells{fmt::format("{:<8}", event)};  // as wide as any
      const Time now = system_clock().now();
      for (const auto& column : view_.columns)
        if (!column.wide || options_.format == Format::wide)
          cells.push_back(column.cell(item, now));
      table_.add(std::move(cells));
    }
  }

  ResourceWatchOptions options_;
  View view_;
  Io& io_;
  Remote& remote_;
  Table table_;
  std::string cursor_;
  bool lost_ = false;
};

}  // namespace

Async<Result<Exit>> watch_resources(ResourceWatchOptions options, View view, Io& io,
                                    Remote& remote) {
  Watcher watcher(std::move(options), std::move(view), io, remote);
  co_return co_await watcher.run();
}

}  // namespace flotilla::app
