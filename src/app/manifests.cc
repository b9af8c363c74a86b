#include "app/manifests.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "app/cli/files.h"
#include "json/json.h"

namespace flotilla::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 1000;

bool is_manifest_file(const fs::path& path) {
  const auto ending = path.extension().string();
  return ending == ".yaml" || ending == ".yml" || ending == ".json";
}

Error in_file(const std::string& file, const Error& error) {
  return Error(error.code(), error.reason(), fmt::format("{}: {}", file, error.message()));
}

const json::Array* items_of_list(const json::Value& value) {
  if (const auto* array = value.if_array()) return array;
  const auto* object = value.if_object();
  const auto* kind = object == nullptr ? nullptr : object->find("kind");
  const auto* items = object == nullptr ? nullptr : object->find("items");
  if (items == nullptr || (kind != nullptr && *kind != json::Value("List"))) return nullptr;
  return items->if_array();
}

Result<std::vector<fs::path>> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_regular_file(failed) || !is_manifest_file(at->path())) continue;
    files.push_back(at->path());
    if (files.size() > kMaxFiles)
      return fail(Error(Code::invalid_argument,
                        fmt::format("{}: has more than {} files", folder.string(), kMaxFiles)));
  }
  if (failed)
    return fail(Error(Code::failed_precondition,
                      fmt::format("{}: cannot be read: {}", folder.string(), failed.message())));
  if (files.empty())
    return fail(Error(Code::not_found,
                      fmt::format("{}: has no file *.yaml, *.yml or *.json", folder.string())));
  std::ranges::sort(files);
  return files;
}

/// The index that a pointer begins with, which is taken off.
std::optional<std::size_t> take_index(std::string_view& pointer) {
  if (!pointer.starts_with('/')) return std::nullopt;
  std::size_t index = 0;
  const auto* end = pointer.data() + pointer.size();
  const auto [stop, failed] = std::from_chars(pointer.data() + 1, end, index);
  if (failed != std::errc{} || (stop != end && *stop != '/')) return std::nullopt;
  pointer.remove_prefix(static_cast<std::size_t>(stop - pointer.data()));
  return index;
}

}  // namespace

Result<std::vector<ManifestDocument>> parse_manifests(const std::string& file,
                                                      std::string_view text) {
  json::Array parsed;
  if (file.ends_with(".json")) {
    auto value = json::parse(text);
    if (!value) return fail(in_file(file, value.error()));
    parsed.push_back(std::move(*value));
  } else {
    auto values = json::parse_yaml_documents(text);
    if (!values) return fail(in_file(file, values.error()));
    parsed = std::move(*values);
  }
  std::vector<ManifestDocument> documents;
  for (auto& value : parsed) {
    if (const auto* items = items_of_list(value)) {
      for (const auto& item : *items) documents.push_back({file, documents.size() + 1, item});
    } else {
      documents.push_back({file, documents.size() + 1, std::move(value)});
    }
  }
  return documents;
}

Result<std::vector<ManifestDocument>> read_manifests(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    auto text = read_file(path);
    if (!text) return fail(text.error());
    return parse_manifests(path, *text);
  }
  TRY(files, files_of(path));
  std::vector<ManifestDocument> all;
  for (const auto& file : files) {
    TRY(documents, read_manifests(file.string()));
    std::ranges::move(documents, std::back_inserter(all));
  }
  return all;
}

Error located(const Error& error, const std::vector<ManifestDocument>& documents) {
  if (error.violations().empty()) return error;
  std::string message;
  for (const auto& violation : error.violations()) {
    std::string_view field = violation.field;
    const auto index = take_index(field);
    if (!index || *index >= documents.size()) return error;
    const auto& document = documents[*index];
    if (!message.empty()) message += "\n";
    message += fmt::format("{}, document {}: {}{}{}", document.file, document.number, field,
                           field.empty() ? "" : ": ", violation.description);
  }
  return Error(error.code(), error.reason(), std::move(message));
}

}  // namespace flotilla::app
