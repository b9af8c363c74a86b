#include "core/place.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "json/value.h"

namespace flotilla::core {

std::string encode_place(const std::pair<Time, TaskId>& place) {
  return base64url(
      fmt::format("{}/{}", place.first.time_since_epoch().count(), place.second.to_string()));
}

std::optional<std::pair<Time, TaskId>> decode_place(std::string_view cursor) {
  const auto text = decode_base64(cursor).value_or("");
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto millis = json::Value(json::Number{text.substr(0, slash)}).as_int64();
  const auto id = TaskId::parse(text.substr(slash + 1));
  if (!millis || !id) return std::nullopt;
  return std::make_pair(Time{std::chrono::milliseconds{*millis}}, *id);
}

}  // namespace flotilla::core
