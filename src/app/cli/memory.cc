#include "app/cli/memory.h"

#include <fmt/format.h>

#include <ostream>

#include "app/cli/sessions.h"

namespace flotilla::app {

namespace {

std::string agent_path(const std::string& agent, const Remote& remote) {
  const auto [name_space, name] = split_name(agent, remote);
  return fmt::format("/api/v1/namespaces/{}/agents/{}/memories", http::percent_encode(name_space),
                     http::percent_encode(name));
}

View memory_view(bool scored) {
  View view;
  view.columns = {
      text_column("NAME", {"name"}),
      text_column("AGENT", {"agent"}),
      text_column("OWNER", {"owner"}, true),
      age_column("SAVED", {"updatedAt"}),
      text_column("EXPIRES", {"expiresAt"}, true),
      text_column("USED", {"used"}, true),
  };
  if (scored) view.columns.push_back(text_column("SCORE", {"score"}));
  view.columns.push_back(text_column("VALUE", {"value"}));
  view.name = [](const json::Value& item) { return text_at(item, {"name"}); };
  return view;
}

Async<Result<Exit>> show(const MemoryListOptions& options, Io& io, Remote& remote) {
  std::string path = options.agent.empty() ? fmt::format("/api/v1/namespaces/{}/memories",
                                                         http::percent_encode(remote.name_space()))
                                           : agent_path(options.agent, remote);
  std::vector<std::pair<std::string_view, std::string>> query;
  query.emplace_back("query", options.query);
  query.emplace_back("owner", options.owner);
  auto view = memory_view(!options.query.empty());
  co_return co_await show_list(options.list, std::move(view), std::move(path), std::move(query), io,
                               remote);
}

Async<Result<Exit>> save(const MemoryOptions& options, Io& io, Remote& remote) {
  json::Object body;
  body.set("value", json::Value(options.value));
  if (!options.name.empty()) body.set("name", json::Value(options.name));
  if (options.ttl) body.set("ttl", json::Value(format_duration(*options.ttl)));
  auto path = agent_path(options.agent, remote) + query_of({{"owner", options.owner}});
  auto document = json::Value(std::move(body));
  CO_TRY(saved, co_await remote.post(std::move(path), std::move(document)));
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(saved, options.format, io);
  else if (options.format == Format::name)
    io.out << text_at(saved, {"name"}) << "\n";
  else
    io.out << fmt::format("{} remembers {}\n", options.agent, text_at(saved, {"name"}));
  co_return Exit::done;
}

Async<Result<Exit>> remove(const MemoryOptions& options, Io& io, Remote& remote) {
  if (options.name.empty() != options.all)
    co_return fail(invalid("NAME", "name one memory, or say --all for all of them"));
  auto path = agent_path(options.agent, remote);
  if (!options.all) path += "/" + http::percent_encode(options.name);
  path += query_of({{"owner", options.owner}});
  CO_TRY(done, co_await remote.remove(std::move(path)));
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(done, options.format, io);
  else
    io.out << fmt::format("{} deleted\n", text_at(done, {"deleted"}));
  co_return Exit::done;
}

}  // namespace

Exit list_memories(const MemoryListOptions& options, Io& io) {
  return run_remote(options.list.client, io,
                    [&](Remote& remote) { return show(options, io, remote); });
}

Exit search_memories(const MemoryListOptions& options, Io& io) {
  return list_memories(options, io);
}

Exit save_memory(const MemoryOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) { return save(options, io, remote); });
}

Exit delete_memory(const MemoryOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return remove(options, io, remote); });
}

}  // namespace flotilla::app
