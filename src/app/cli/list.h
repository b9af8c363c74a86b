#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "app/cli/output.h"
#include "app/cli/remote.h"
#include "json/value.h"

namespace flotilla::app {

/// How one kind of thing is shown.
struct View {
  struct Column {
    std::string title;
    std::function<std::string(const json::Value& item, Time now)> cell;
    bool wide = false;  // only with `-o wide`
  };
  std::vector<Column> columns;
  /// What names the item to other commands; also what tells items apart when watching.
  std::function<std::string(const json::Value& item)> name;
  /// Whatever changes such an item is an event of the live feed.
  bool live = false;
};

/// The text, or how long ago the time is, that stands at a path of member names.
View::Column text_column(std::string title, std::vector<std::string> path, bool wide = false);
View::Column age_column(std::string title, std::vector<std::string> path, bool wide = false);

struct ListOptions {
  ClientFlags client;
  Format format = Format::human;
  bool watch = false;
  bool all = false;
  std::size_t limit = 50;
};

/// Shows the items of a list route, page after page up to the limit. With `watch` it then looks
/// again at each event, or every second, and shows the items that are new or changed, until it is
/// interrupted; a server that goes away meanwhile is told once and waited for.
Async<Result<Exit>> show_list(const ListOptions& options, View view, std::string path,
                              std::vector<std::pair<std::string_view, std::string>> query, Io& io,
                              Remote& remote);

/// Items of all pages up to `limit`; whether there are more.
struct Items {
  json::Array items;
  bool more = false;
};
Async<Result<Items>> fetch_items(Remote& remote, std::string path,
                                 std::vector<std::pair<std::string_view, std::string>> query,
                                 std::size_t limit);

/// `Name:   value` lines; empty values are left out.
void print_fields(const std::vector<std::pair<std::string, std::string>>& fields, Io& io);

}  // namespace flotilla::app
