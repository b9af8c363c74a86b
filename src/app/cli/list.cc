#include "app/cli/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <ostream>

#include "http/sse.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kPageLimit = 500;  // of the API
constexpr Duration kWatchInterval = std::chrono::seconds(1);
/// Events seldom come alone.
constexpr Duration kSettle = std::chrono::milliseconds(200);

using Query = std::vector<std::pair<std::string_view, std::string>>;

/// Prints what it has not printed in this form before.
class Printer {
 public:
  Printer(const ListOptions& options, const View& view, Io& io)
      : options_(options), view_(view), io_(io), table_(titles(options, view)) {}

  void first(const Items& items) {
    for (const json::Value& item : items.items) is_news(item);
    if (options_.format == Format::json || options_.format == Format::yaml) {
      print_structured(items.items);
    } else {
      for (const json::Value& item : items.items) add(item);
      if (items.items.empty() && !options_.watch)
        io_.err << "nothing found\n";
      else if (options_.format != Format::name && !items.items.empty())
        table_.print(io_);
    }
    if (items.more && !options_.watch)
      io_.err << fmt::format("there are more: --limit N or --all (shown: {})\n", options_.limit);
  }

  void changes(const json::Array& items) {
    bool any = false;
    // Lists come newest first; news are told in the order of time.
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
      if (!is_news(*item)) continue;
      any = true;
      if (options_.format == Format::json || options_.format == Format::yaml)
        print_document(*item, options_.format, io_);
      else
        add(*item);
    }
    if (any && (options_.format == Format::human || options_.format == Format::wide))
      table_.print(io_);
  }

 private:
  static std::vector<std::string> titles(const ListOptions& options, const View& view) {
    std::vector<std::string> out;
    for (const View::Column& column : view.columns)
      if (!column.wide || options.format == Format::wide) out.push_back(column.title);
    return out;
  }

  bool is_news(const json::Value& item) {
    std::string& known = known_[view_.name(item)];
    std::string text = json::to_string(item);
    if (known == text) return false;
    known = std::move(text);
    return true;
  }

  void print_structured(const json::Array& items) {
    if (!options_.watch) {
      print_value(json::Object{{"items", items}}, options_.format, io_);
      return;
    }
    for (const json::Value& item : items) print_document(item, options_.format, io_);
  }

  void add(const json::Value& item) {
    if (options_.format == Format::name) {
      io_.out << view_.name(item) << "\n";
      io_.out.flush();
      return;
    }
    const Time now = system_clock().now();
    std::vector<std::string> cells;
    for (const View::Column& column : view_.columns)
      if (!column.wide || options_.format == Format::wide) cells.push_back(column.cell(item, now));
    table_.add(std::move(cells));
  }

  const ListOptions& options_;
  const View& view_;
  Io& io_;
  Table table_;
  std::map<std::string, std::string> known_;
};

/// When to look again: as soon as the live feed tells of an event, for lists that it covers; else,
/// or while the feed cannot be had, every second.
class Pulse {
 public:
  Pulse(Remote& remote, bool live) : remote_(remote), live_(live) {}

  Async<> wait() {
    if (live_) {
      const auto happened = co_await next_event();
      if (happened) {
        co_await system_clock().sleep_for(kSettle);
        co_return;
      }
      stream_.reset();
      live_ = exit_of(happened.error()) == Exit::unreachable;
    }
    co_await system_clock().sleep_for(kWatchInterval);
  }

 private:
  /// Also once the feed is open: what came before it is not told.
  Async<Result<>> next_event() {
    if (!stream_) {
      CO_TRY(stream, co_await remote_.events("/api/v1/events", ""));
      stream_ = std::move(stream);
      parser_ = http::SseParser();
      co_return ok();
    }
    std::vector<http::SseMessage> messages;
    while (messages.empty()) {
      CO_TRY(piece, co_await stream_->read());
      if (!piece) co_return fail(Error(Code::unavailable, "the feed has ended"));
      CO_TRY_VOID(parser_.feed(*piece, messages));
    }
    co_return ok();
  }

  Remote& remote_;
  bool live_;
  std::unique_ptr<http::ClientStream> stream_;
  http::SseParser parser_;
};

Async<Result<Exit>> watch(Printer& printer, bool live, std::size_t limit, std::string path,
                          Query query, Io& io, Remote& remote) {
  bool reachable = true;
  Pulse pulse(remote, live);
  while (true) {
    co_await pulse.wait();
    auto items = co_await fetch_items(remote, path, query, limit);
    if (items) {
      if (!reachable) io.err << "connected again" << std::endl;
      reachable = true;
      printer.changes(items->items);
    } else if (exit_of(items.error()) != Exit::unreachable) {
      co_return fail(items.error());
    } else if (reachable) {
      io.err << items.error().message() << "; waiting for it" << std::endl;
      reachable = false;
    }
  }
}

}  // namespace

Async<Result<Items>> fetch_items(Remote& remote, std::string path, Query query, std::size_t limit) {
  Items found;
  query.emplace_back("cursor", "");
  query.emplace_back("limit", "");
  std::string& cursor = query[query.size() - 2].second;
  while (found.items.size() < limit) {
    query.back().second = std::to_string(std::min(limit - found.items.size(), kPageLimit));
    const std::string full_path = path + query_of(query);
    CO_TRY(page, co_await remote.get(full_path));
    json::Value* items = page.if_object() != nullptr ? page.if_object()->find("items") : nullptr;
    json::Array* list = items == nullptr ? nullptr : items->if_array();
    if (list == nullptr) co_return fail(Error(Code::internal, "the server's answer has no items"));
    cursor = text_at(page, {"nextCursor"});
    std::ranges::move(*list, std::back_inserter(found.items));
    found.more = !cursor.empty();
    if (!found.more || list->empty()) break;
  }
  co_return found;
}

Async<Result<Exit>> show_list(const ListOptions& options, View view, std::string path, Query query,
                              Io& io, Remote& remote) {
  const std::size_t limit = options.all ? std::numeric_limits<std::size_t>::max()
                                        : std::max<std::size_t>(options.limit, 1);
  CO_TRY(items, co_await fetch_items(remote, path, query, limit));
  Printer printer(options, view, io);
  printer.first(items);
  if (!options.watch) co_return Exit::done;
  co_return co_await watch(printer, view.live, limit, std::move(path), std::move(query), io,
                           remote);
}

View::Column text_column(std::string title, std::vector<std::string> path, bool wide) {
  return {std::move(title), [path](const json::Value& item, Time) { return text_at(item, path); },
          wide};
}

View::Column age_column(std::string title, std::vector<std::string> path, bool wide) {
  return {std::move(title),
          [path](const json::Value& item, Time now) {
            return age(parse_time(text_at(item, path)), now);
          },
          wide};
}

void print_fields(const std::vector<std::pair<std::string, std::string>>& fields, Io& io) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields)
    if (!value.empty()) width = std::max(width, name.size());
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    io.out << name << ":" << std::string(width - name.size() + 2, ' ') << printable_line(value)
           << "\n";
  }
  io.out.flush();
}

}  // namespace flotilla::app
