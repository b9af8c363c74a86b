#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "app/cli/resource_files.h"
#include "app/cli/resource_kind.h"
#include "app/cli/resources.h"
#include "app/cli/text_diff.h"
#include "http/message.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

/// What the server made of the documents, or would make.
Async<Result<json::Array>> apply_all(const ApplyOptions& options, bool dry_run,
                                     std::vector<ManifestDocument> documents, Remote& remote) {
  json::Array values;
  for (const auto& document : documents) values.push_back(document.value);
  const std::string name_space = remote.name_space();
  const std::string path =
      "/api/v1/apply" + query_of({{"namespace", name_space},
                                  {"dryRun", dry_run ? "server" : ""},
                                  {"prune", options.prune ? options.selector : ""}});
  auto answer = co_await remote.post(path, json::Value(std::move(values)), true);
  if (!answer) co_return fail(located(answer.error(), documents));
  json::Value* items =
      answer->if_object() == nullptr ? nullptr : answer->if_object()->find("items");
  if (items == nullptr || items->if_array() == nullptr)
    co_return fail(Error(Code::internal, "the server's answer has no items"));
  co_return std::move(*items->if_array());
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

std::string name_of(const json::Value& item) {
  return printable_line(lower(text_at(item, {"kind"})) + "/" + text_at(item, {"name"}));
}

void report_failed(const json::Value& item, std::size_t index,
                   const std::vector<ManifestDocument>& documents, Io& io) {
  io.err << "flotilla: ";
  if (index < documents.size())
    io.err << fmt::format("{}, document {}: ", documents[index].file, documents[index].number);
  io.err << name_of(item) << ": " << printable(text_at(item, {"error", "message"})) << "\n";
}

Async<Result<Exit>> run_apply(const ApplyOptions& options, Io& io, Remote& remote) {
  CO_TRY(documents, read_resource_files(options.files, io));
  if (documents.empty())
    co_return fail(Error(Code::invalid_argument, "there are no documents to apply"));
  const bool dry_run = options.dry_run == "server";
  CO_TRY(items, co_await apply_all(options, dry_run, documents, remote));
  Exit exit = Exit::done;
  json::Array resources;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto result = text_at(items[i], {"result"});
    if (result == "failed") {
      report_failed(items[i], i, documents, io);
      exit = Exit::error;
    } else if (options.format == Format::name) {
      io.out << name_of(items[i]) << "\n";
    } else if (options.format == Format::json || options.format == Format::yaml) {
      if (const json::Value* resource = find_at(items[i], {"resource"}))
        resources.push_back(*resource);
    } else {
      io.out << name_of(items[i]) << " " << printable_line(result)
             << (dry_run ? " (server dry run)" : "") << "\n";
    }
  }
  if (options.format == Format::json || options.format == Format::yaml)
    print_value(json::Object{{"items", std::move(resources)}}, options.format, io);
  co_return exit;
}

/// What a person compares: not what the server alone writes.
std::string comparable(const json::Value& resource) {
  json::Value copy = resource;
  json::Object& object = *copy.if_object();
  object.erase("status");
  if (json::Value* metadata = object.find("metadata"); metadata != nullptr && metadata->if_object())
    for (const char* own : {"resourceVersion", "uid", "creationTimestamp"})
      metadata->if_object()->erase(own);
  return json::to_yaml(copy);
}

Async<Result<Exit>> run_diff(const ApplyOptions& options, Io& io, Remote& remote, bool& compared) {
  CO_TRY(documents, read_resource_files(options.files, io));
  if (documents.empty())
    co_return fail(Error(Code::invalid_argument, "there are no documents to compare"));
  CO_TRY(items, co_await apply_all(options, true, documents, remote));
  bool differs = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& item = items[i];
    const auto result = text_at(item, {"result"});
    if (result == "failed") {
      report_failed(item, i, documents, io);
      co_return Exit::usage;
    }
    if (result == "unchanged") continue;
    differs = true;
    std::string before;
    std::string after;
    if (result != "created") {
      const auto word = text_at(item, {"kind"});
      CO_TRY(kind, co_await find_kind(remote, word));
      const auto path = resource_path(kind, text_at(item, {"namespace"}), text_at(item, {"name"}));
      CO_TRY(stored, co_await remote.get(path));
      before = comparable(stored);
    }
    if (const json::Value* resource = find_at(item, {"resource"});
        result != "pruned" && resource != nullptr && resource->if_object() != nullptr)
      after = comparable(*resource);
    const auto title = fmt::format("{}/{}", text_at(item, {"namespace"}), name_of(item));
    io.out << printable(unified_diff(before, after, title));
  }
  compared = true;
  // 1, as diff(1) has it.
  co_return differs ? Exit::error : Exit::done;
}

Exit refuse(std::string_view what, Io& io) {
  io.err << "flotilla: " << what << "\n";
  return Exit::usage;
}

}  // namespace

Exit apply_resources(const ApplyOptions& options, Io& io) {
  if (options.prune && options.selector.empty())
    return refuse("--prune needs -l: what it selects and no file names is deleted", io);
  if (!options.prune && !options.selector.empty())
    return refuse("-l says what --prune deletes; give both", io);
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_apply(options, io, remote); });
}

Exit diff_resources(const ApplyOptions& options, Io& io) {
  bool compared = false;
  const auto compare = [&](Remote& remote) { return run_diff(options, io, remote, compared); };
  const Exit exit = run_remote(options.client, io, compare);
  // What says that there are differences must not say that something went wrong.
  return exit == Exit::error && !compared ? Exit::usage : exit;
}

}  // namespace flotilla::app
