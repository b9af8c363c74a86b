#include "a2a/extensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/message.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

constexpr std::array<std::string_view, 2> kHeaders{"A2A-Extensions", "X-A2A-Extensions"};
constexpr std::array<std::string_view, 3> kServed{kTimestampExtension, kTraceabilityExtension,
                                                  kCursorExtension};

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

AgentExtension declare(std::string_view uri, std::string_view description) {
  AgentExtension out;
  out.uri = std::string(uri);
  out.description = std::string(description);
  return out;
}

}  // namespace

std::string_view extensions_header(Version version) {
  return version == Version::v1_0 ? kHeaders[0] : kHeaders[1];
}

Result<> add_extensions(std::string_view list, std::vector<std::string>& uris) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto uri = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (uri.empty() || is_active(uris, uri)) continue;
    if (uri.size() > kExtensionUriLimit || uris.size() == kExtensionsMax)
      return fail(invalid("A2A-Extensions", "expected at most 32 URIs of 512 bytes"));
    uris.emplace_back(uri);
  }
  return ok();
}

Result<std::vector<std::string>> requested_extensions(const http::Request& request) {
  std::vector<std::string> out;
  for (const auto header : kHeaders)
    for (const auto uri : request.headers.list(header)) TRY_VOID(add_extensions(uri, out));
  return out;
}

Result<> check_required(const AgentExtensions& agent, std::span<const std::string> requested) {
  for (const auto& uri : agent.required) {
    if (is_active(requested, uri)) continue;
    return fail(
        Error(Code::failed_precondition, reason::kExtensionSupportRequired,
              fmt::format("the agent requires the extension {}: name it in A2A-Extensions", uri))
            .with_metadata("extension", uri));
  }
  return ok();
}

std::vector<std::string> activated_extensions(const AgentExtensions& agent,
                                              std::span<const std::string> requested) {
  std::vector<std::string> out;
  for (const auto& uri : requested)
    if (std::ranges::find(kServed, uri) != kServed.end() || is_active(agent.declared, uri))
      out.push_back(uri);
  return out;
}

bool is_active(std::span<const std::string> activated, std::string_view uri) {
  return std::ranges::find(activated, uri) != activated.end();
}

std::vector<AgentExtension> server_extensions() {
  return {
      declare(kTimestampExtension, "stamps the agent's messages and artifacts"),
      declare(kTraceabilityExtension, "tells the steps of the agent's turn"),
      declare(kCursorExtension,
              "each item of a stream has a cursor, to go on after it with Last-Event-ID, and the "
              "generation of its task")};
}

json::Object cursor_place(std::uint64_t cursor, std::uint64_t generation) {
  json::Object place;
  place.append("cursor", json::Value(std::to_string(cursor)));
  if (generation != 0) place.append("generation", json::Value(std::to_string(generation)));
  return place;
}

std::string with_cursor(const std::string& item, json::Object place) {
  auto value = json::parse(item);
  auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr) return item;
  auto* metadata = object->find("metadata");
  auto* members = metadata == nullptr ? nullptr : metadata->if_object();
  if (members == nullptr) {
    object->set("metadata", json::Value(json::Object()));
    members = object->find("metadata")->if_object();
  }
  members->set(std::string(kCursorExtension), json::Value(std::move(place)));
  return json::to_string(*value);
}

}  // namespace flotilla::a2a
