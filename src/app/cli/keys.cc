#include "app/cli/keys.h"

#include <fmt/format.h>

#include <ostream>

#include "http/message.h"

namespace flotilla::app {

namespace {

constexpr std::string_view kPath = "/api/v1/keys";

View key_view() {
  View view;
  view.columns = {
      text_column("ID", {"id"}),
      text_column("KIND", {"kind"}),
      text_column("ALGORITHM", {"algorithm"}),
      text_column("STATE", {"state"}),
      age_column("AGE", {"createdAt"}),
  };
  view.name = [](const json::Value& item) { return text_at(item, {"id"}); };
  return view;
}

std::string path_of(const KeyOptions& options, std::string_view verb) {
  return fmt::format("{}/{}{}", kPath, http::percent_encode(options.id), verb);
}

void print_key(const json::Value& key, std::string_view what, Format format, Io& io) {
  if (format == Format::json || format == Format::yaml)
    print_value(key, format, io);
  else if (format == Format::name)
    io.out << text_at(key, {"id"}) << "\n";
  else
    io.out << text_at(key, {"kind"}) << " key " << text_at(key, {"id"}) << " "
           << text_at(key, {"algorithm"}) << " " << what << "\n";
}

Async<Result<Exit>> change(const KeyOptions& options, std::string path, std::string_view what,
                           Io& io, Remote& remote) {
  CO_TRY(key, co_await remote.post(std::move(path)));
  print_key(key, what, options.format, io);
  co_return Exit::done;
}

Async<Result<Exit>> run_delete(const KeyOptions& options, Io& io, Remote& remote) {
  CO_TRY(nothing, co_await remote.remove(path_of(options, "")));
  std::ignore = nothing;
  io.out << "key " << printable_line(options.id) << " deleted\n";
  co_return Exit::done;
}

std::string choice_of(const KeyOptions& options) {
  return query_of({{"kind", options.sealing ? "sealing" : ""}, {"algorithm", options.algorithm}});
}

}  // namespace

Exit list_keys(const ListOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return show_list(options, key_view(), std::string(kPath), {}, io, remote);
  });
}

Exit create_key(const KeyOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return change(options, std::string(kPath) + choice_of(options), "made", io, remote);
  });
}

Exit rotate_key(const KeyOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return change(options, fmt::format("{}/rotate{}", kPath, choice_of(options)),
                  "made, older ones retired", io, remote);
  });
}

Exit retire_key(const KeyOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return change(options, path_of(options, "/retire"), "retired", io, remote);
  });
}

Exit delete_key(const KeyOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_delete(options, io, remote); });
}

}  // namespace flotilla::app
