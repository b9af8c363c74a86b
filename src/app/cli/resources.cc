#include "app/cli/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "app/cli/resource_files.h"
#include "app/cli/resource_kind.h"
#include "app/cli/resource_view.h"
#include "app/cli/resource_watch.h"
#include "compat/kagent/converter.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

/// What is named on the command line: all of one kind, or single ones.
struct Subjects {
  std::string kind;                                        // of all
  std::vector<std::pair<std::string, std::string>> names;  // kind and name
};

Error bad_subject(std::string_view what) {
  return Error(
      Code::invalid_argument,
      fmt::format("{}: expected KIND, KIND NAME or KIND/NAME, such as toolservers/github", what));
}

Result<Subjects> subjects_of(const std::vector<std::string>& words) {
  Subjects subjects;
  if (words.empty()) return fail(bad_subject("nothing is named"));
  if (words.front().contains('/')) {
    for (const auto& word : words) {
      const auto slash = word.find('/');
      if (slash == std::string::npos || slash == 0 || slash + 1 == word.size())
        return fail(bad_subject("'" + word + "'"));
      subjects.names.emplace_back(word.substr(0, slash), word.substr(slash + 1));
    }
    return subjects;
  }
  subjects.kind = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].contains('/')) return fail(bad_subject("'" + words[i] + "'"));
    subjects.names.emplace_back(words.front(), words[i]);
  }
  return subjects;
}

bool is_structured(Format format) {
  return format == Format::json || format == Format::yaml;
}

Async<Result<Exit>> get_named(const ResourceOptions& options, Subjects subjects, Io& io,
                              Remote& remote) {
  json::Array found;
  std::optional<Table> table;
  std::string table_kind;
  for (const auto& [word, name] : subjects.names) {
    CO_TRY(kind, co_await find_kind(remote, word));
    const auto path = resource_path(kind, remote.name_space(), name);
    CO_TRY(resource, co_await remote.get(path));
    if (options.format == Format::name) io.out << short_name(kind, resource) << "\n";
    if (options.format == Format::human || options.format == Format::wide) {
      const auto view = resource_view(kind, false);
      std::vector<std::string> titles;
      std::vector<std::string> cells;
      for (const auto& column : view.columns) {
        if (column.wide && options.format != Format::wide) continue;
        titles.push_back(column.title);
        cells.push_back(column.cell(resource, system_clock().now()));
      }
      if (table && table_kind != kind.kind) table->print(io);
      if (table_kind != kind.kind) table.emplace(std::move(titles));
      table_kind = kind.kind;
      table->add(std::move(cells));
    }
    found.push_back(std::move(resource));
  }
  if (table) table->print(io);
  if (!is_structured(options.format)) co_return Exit::done;
  if (found.size() == 1)
    print_value(found.front(), options.format, io);
  else
    print_value(json::Object{{"items", std::move(found)}}, options.format, io);
  co_return Exit::done;
}

Async<Result<Exit>> run_get(const ResourceOptions& options, Io& io, Remote& remote) {
  CO_TRY(subjects, subjects_of(options.subjects));
  if (!subjects.names.empty() && !options.watch)
    co_return co_await get_named(options, std::move(subjects), io, remote);
  if (subjects.names.size() > 1) co_return fail(bad_subject("--watch shows one, or all of a kind"));
  ResourceWatchOptions wanted;
  std::string word = subjects.kind;
  if (!subjects.names.empty()) {
    word = subjects.names.front().first;
    wanted.name = subjects.names.front().second;
  }
  CO_TRY(kind, co_await find_kind(remote, word));
  ListOptions list;
  list.client = options.client;
  list.format = options.format;
  list.watch = options.watch;
  list.all = true;
  auto view = resource_view(kind, options.all_namespaces);
  std::string name_space;
  if (!options.all_namespaces) name_space = remote.name_space();
  const auto path = resource_path(kind, name_space);
  std::vector<std::pair<std::string_view, std::string>> query;
  if (!options.selector.empty()) query.emplace_back("labelSelector", options.selector);
  if (!options.watch || kind.read_only)
    co_return co_await show_list(list, std::move(view), path, std::move(query), io, remote);
  wanted.kind = kind;
  wanted.path = path;
  wanted.selector = options.selector;
  wanted.format = options.format;
  co_return co_await watch_resources(std::move(wanted), std::move(view), io, remote);
}

std::string joined(const json::Value* map) {
  std::string text;
  if (map == nullptr || map->if_object() == nullptr) return text;
  for (const auto& [key, value] : map->if_object()->members())
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key,
                        value.if_string() == nullptr ? "" : *value.if_string());
  return text;
}

std::string owners_of(const json::Value& resource) {
  std::string text;
  const json::Value* owners = find_at(resource, {"metadata", "ownerReferences"});
  if (owners == nullptr || owners->if_array() == nullptr) return text;
  for (const json::Value& owner : *owners->if_array())
    text += fmt::format("{}{}/{}", text.empty() ? "" : ", ", text_at(owner, {"kind"}),
                        text_at(owner, {"name"}));
  return text;
}

void print_block(std::string_view title, const json::Value& value, Io& io) {
  io.out << "\n" << title << ":\n";
  std::string text = json::to_yaml(value);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    io.out << "  " << printable_line(text.substr(begin, end - begin)) << "\n";
    begin = end + 1;
  }
}

void print_conditions(const json::Value& resource, Io& io) {
  const json::Value* conditions = find_at(resource, {"status", "conditions"});
  if (conditions == nullptr || conditions->if_array() == nullptr) return;
  io.out << "\n";
  Table table({"CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"});
  const Time now = system_clock().now();
  for (const json::Value& one : *conditions->if_array())
    table.add({text_at(one, {"type"}), text_at(one, {"status"}), text_at(one, {"reason"}),
               age(parse_time(text_at(one, {"lastTransitionTime"})), now),
               text_at(one, {"message"})});
  table.print(io);
}

/// All that stands beside metadata, or in the spec.
json::Object body_of(const json::Value& resource) {
  json::Object body;
  for (const auto& [name, value] : resource.if_object()->members())
    if (name != "apiVersion" && name != "kind" && name != "metadata" && name != "status")
      body.append(name, value);
  return body;
}

void print_description(const json::Value& resource, Io& io) {
  print_fields({{"Name", text_at(resource, {"metadata", "name"})},
                {"Namespace", text_at(resource, {"metadata", "namespace"})},
                {"Kind", text_at(resource, {"kind"})},
                {"Labels", joined(find_at(resource, {"metadata", "labels"}))},
                {"Annotations", joined(find_at(resource, {"metadata", "annotations"}))},
                {"Owned by", owners_of(resource)},
                {"Created", text_at(resource, {"metadata", "creationTimestamp"})},
                {"Generation", text_at(resource, {"metadata", "generation"})},
                {"Version", text_at(resource, {"metadata", "resourceVersion"})},
                {"UID", text_at(resource, {"metadata", "uid"})}},
               io);
  const auto body = body_of(resource);
  if (const json::Value* spec = body.find("spec")) {
    print_block("Spec", *spec, io);
  } else if (!body.empty()) {
    print_block("Values", body, io);
  }
  print_conditions(resource, io);
  const json::Value* status = find_at(resource, {"status"});
  if (status == nullptr || status->if_object() == nullptr) return;
  json::Object rest = *status->if_object();
  rest.erase("conditions");
  if (!rest.empty()) print_block("Status", rest, io);
}

Async<Result<Exit>> run_describe(const ResourceOptions& options, Io& io, Remote& remote) {
  CO_TRY(subjects, subjects_of(options.subjects));
  if (subjects.names.empty()) {
    CO_TRY(kind, co_await find_kind(remote, subjects.kind));
    std::vector<std::pair<std::string_view, std::string>> query;
    if (!options.selector.empty()) query.emplace_back("labelSelector", options.selector);
    const auto path = resource_path(kind, remote.name_space());
    CO_TRY(items, co_await fetch_items(remote, path, std::move(query), 10'000));
    bool first = true;
    for (const json::Value& item : items.items) {
      if (!std::exchange(first, false)) io.out << "\n\n";
      print_description(item, io);
    }
    if (items.items.empty()) io.err << "nothing found\n";
    co_return Exit::done;
  }
  bool first = true;
  for (const auto& [word, name] : subjects.names) {
    CO_TRY(kind, co_await find_kind(remote, word));
    const auto path = resource_path(kind, remote.name_space(), name);
    CO_TRY(resource, co_await remote.get(path));
    if (!std::exchange(first, false)) io.out << "\n\n";
    print_description(resource, io);
  }
  co_return Exit::done;
}

/// One thing to delete.
struct Doomed {
  KindInfo kind;
  std::string name_space;
  std::string name;
};

Async<Result<std::vector<Doomed>>> doomed_of(const ResourceOptions& options, Io& io,
                                             Remote& remote) {
  std::vector<Doomed> doomed;
  CO_TRY(documents, read_resource_files(options.files, io));
  for (const auto& document : documents) {
    auto word = text_at(document.value, {"kind"});
    const auto version = text_at(document.value, {"apiVersion"});
    // Of another system: what the server has made of it.
    if (auto ours = compat::kagent::Converter().kind_of(version, word)) word = std::move(*ours);
    const auto name = text_at(document.value, {"metadata", "name"});
    if (word.empty() || name.empty())
      co_return fail(Error(Code::invalid_argument,
                           fmt::format("{}, document {}: kind and metadata.name are needed",
                                       document.file, document.number)));
    CO_TRY(kind, co_await find_kind(remote, word));
    auto name_space = text_at(document.value, {"metadata", "namespace"});
    if (name_space.empty()) name_space = remote.name_space();
    doomed.push_back({std::move(kind), std::move(name_space), name});
  }
  // What was made last goes first.
  std::ranges::reverse(doomed);
  if (options.subjects.empty()) co_return doomed;
  CO_TRY(subjects, subjects_of(options.subjects));
  for (const auto& [word, name] : subjects.names) {
    CO_TRY(kind, co_await find_kind(remote, word));
    doomed.push_back({std::move(kind), remote.name_space(), name});
  }
  if (!subjects.names.empty()) co_return doomed;
  if (options.selector.empty())
    co_return fail(Error(Code::invalid_argument,
                         "name what to delete, or select it by -l; all of a kind is never meant"));
  CO_TRY(kind, co_await find_kind(remote, subjects.kind));
  std::vector<std::pair<std::string_view, std::string>> query{{"labelSelector", options.selector}};
  const auto path = resource_path(kind, remote.name_space());
  CO_TRY(items, co_await fetch_items(remote, path, std::move(query), 10'000));
  for (const json::Value& item : items.items)
    doomed.push_back(
        {kind, text_at(item, {"metadata", "namespace"}), text_at(item, {"metadata", "name"})});
  co_return doomed;
}

/// What others still refer to is tried again after them.
Async<Result<Exit>> run_delete(const ResourceOptions& options, Io& io, Remote& remote) {
  CO_TRY(left, co_await doomed_of(options, io, remote));
  const std::string query = options.dry_run == "server" ? "?dryRun=server" : "";
  Exit exit = Exit::done;
  for (bool last_round = false; !left.empty();) {
    std::vector<Doomed> refused;
    const auto before = left.size();
    for (auto& one : left) {
      const auto path = resource_path(one.kind, one.name_space, one.name) + query;
      auto removed = co_await remote.remove(path);
      const auto name = one.kind.singular + "/" + one.name;
      if (removed) {
        if (options.format == Format::name)
          io.out << name << "\n";
        else
          io.out << name << " deleted" << (query.empty() ? "" : " (server dry run)") << "\n";
        continue;
      }
      const auto code = removed.error().code();
      if (code == Code::not_found && options.ignore_missing) continue;
      if (code == Code::conflict && !last_round) {
        refused.push_back(std::move(one));
        continue;
      }
      exit = report(removed.error(), io);
    }
    last_round = refused.size() == before;
    left = std::move(refused);
  }
  co_return exit;
}

}  // namespace

Exit get_resources(const ResourceOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_get(options, io, remote); });
}

Exit describe_resource(const ResourceOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_describe(options, io, remote); });
}

Exit delete_resources(const ResourceOptions& options, Io& io) {
  if (options.subjects.empty() && options.files.empty()) {
    io.err << "flotilla: nothing is named: KIND NAME, KIND -l SELECTOR, or -f FILE\n";
    return Exit::usage;
  }
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_delete(options, io, remote); });
}

}  // namespace flotilla::app
