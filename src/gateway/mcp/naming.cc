#include "gateway/mcp/naming.h"

#include <cctype>
#include <utility>

#include "base/hash.h"
#include "json/canonical.h"

namespace flotilla::gateway {
namespace {

constexpr std::size_t kHashDigits = 8;
constexpr std::string_view kUiScheme = "ui://";
/// Schemas nest no deeper than bodies may.
constexpr int kMaxDepth = 64;

std::string suffix_of(std::string_view identity) {
  return "_" + hex(sha256(identity)).substr(0, kHashDigits);
}

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_-./").contains(c);
}

void rewrite_member(json::Object& object, std::string_view name, std::string_view prefix) {
  auto* value = object.find(name);
  if (value == nullptr || value->if_string() == nullptr) return;
  *value->if_string() = public_uri(prefix, *value->if_string());
}

void rewrite_block(json::Object& block, std::string_view prefix) {
  rewrite_member(block, "uri", prefix);
  if (auto* resource = block.find("resource"))
    if (auto* inner = resource->if_object()) rewrite_member(*inner, "uri", prefix);
}

template <class Visit>
void each_object(json::Object& result, std::string_view list, const Visit& visit) {
  auto* items = result.find(list);
  if (items == nullptr) return;
  if (auto* one = items->if_object()) visit(*one);
  if (auto* array = items->if_array())
    for (auto& item : *array)
      if (auto* object = item.if_object()) visit(*object);
}

void rewrite_app_reference(json::Object& definition, std::string_view prefix) {
  auto* meta = definition.find("_meta");
  if (meta == nullptr || meta->if_object() == nullptr) return;
  rewrite_member(*meta->if_object(), "ui/resourceUri", prefix);
  if (auto* ui = meta->if_object()->find("ui"))
    if (auto* object = ui->if_object()) rewrite_member(*object, "resourceUri", prefix);
}

using Parameters = std::vector<std::pair<std::string, std::vector<std::string>>>;

void collect_parameters(const json::Object& schema, std::vector<std::string>& path,
                        Parameters& out) {
  const auto* properties = schema.find("properties");
  if (properties == nullptr || properties->if_object() == nullptr ||
      path.size() > static_cast<std::size_t>(kMaxDepth))
    return;
  for (const auto& [name, value] : properties->if_object()->members()) {
    const auto* property = value.if_object();
    if (property == nullptr) continue;
    path.push_back(name);
    const auto* header = property->find("x-mcp-header");
    if (header != nullptr && header->if_string() != nullptr)
      out.emplace_back(*header->if_string(), path);
    collect_parameters(*property, path, out);
    path.pop_back();
  }
}

}  // namespace

std::string public_name(std::string_view prefix, std::string_view name, std::string_view identity) {
  std::string full(prefix);
  if (!prefix.empty()) full += '_';
  full += name;
  for (char& c : full)
    if (!is_name_char(c)) c = '_';
  if (full.size() <= kMaxToolName) return full;
  const auto suffix = suffix_of(identity);
  full.resize(kMaxToolName - suffix.size());
  return full + suffix;
}

std::string unique_name(std::string_view name, std::string_view identity) {
  const auto suffix = suffix_of(identity);
  std::string unique(name.substr(0, kMaxToolName - suffix.size()));
  return unique + suffix;
}

std::string public_uri(std::string_view prefix, std::string_view uri) {
  if (prefix.empty()) return std::string(uri);
  std::string out;
  if (uri.starts_with(kUiScheme)) {
    out = kUiScheme;
    uri.remove_prefix(kUiScheme.size());
  }
  return out.append(prefix).append("+").append(uri);
}

std::optional<std::string> upstream_uri(std::string_view prefix, std::string_view uri) {
  if (prefix.empty()) return std::string(uri);
  std::string out;
  if (uri.starts_with(kUiScheme)) {
    out = kUiScheme;
    uri.remove_prefix(kUiScheme.size());
  }
  if (!uri.starts_with(prefix) || uri.size() <= prefix.size() || uri[prefix.size()] != '+')
    return std::nullopt;
  return out.append(uri.substr(prefix.size() + 1));
}

void rewrite_uris(json::Object& result, std::string_view prefix) {
  if (prefix.empty()) return;
  const auto block = [prefix](json::Object& one) { rewrite_block(one, prefix); };
  each_object(result, "content", block);
  each_object(result, "contents", block);
  each_object(result, "messages",
              [&block](json::Object& message) { each_object(message, "content", block); });
  rewrite_member(result, "uri", prefix);
  rewrite_member(result, "uriTemplate", prefix);
  rewrite_app_reference(result, prefix);
}

void rewrite_reply(mcp::Reply& reply, std::string_view prefix) {
  if (prefix.empty()) return;
  if (auto* done = std::get_if<mcp::Complete>(&reply)) rewrite_uris(done->result, prefix);
  if (auto* created = std::get_if<mcp::TaskCreated>(&reply))
    rewrite_member(created->task, "taskId", prefix);
}

std::string tool_hash(const json::Object& definition) {
  json::Object pinned;
  for (const char* member : {"title", "description", "inputSchema", "outputSchema", "annotations"})
    if (const auto* value = definition.find(member)) pinned.append(member, *value);
  return "sha256:" + hex(sha256(json::to_canonical(json::Value(std::move(pinned)))));
}

Parameters mirrored_parameters(const json::Object& definition) {
  Parameters out;
  const auto* schema = definition.find("inputSchema");
  std::vector<std::string> path;
  if (schema != nullptr && schema->if_object() != nullptr)
    collect_parameters(*schema->if_object(), path, out);
  return out;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace flotilla::gateway
