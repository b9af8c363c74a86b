#include "gateway/media_type.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace flotilla::gateway {

namespace {
std::string plain(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  while (!media_type.empty() && media_type.back() == ' ') media_type.remove_suffix(1);
  std::string lower(media_type);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}
}  // namespace

bool admits(const std::vector<std::string>& modes, std::string_view media_type) {
  const std::string type = plain(media_type);
  return std::any_of(modes.begin(), modes.end(), [&](const std::string& mode) {
    const std::string pattern = plain(mode);
    if (pattern == "*/*" || pattern == type) return true;
    return pattern.ends_with("/*") && type.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

Result<> check_media_types(const a2a::Message& message, const std::vector<std::string>& modes) {
  if (modes.empty()) return ok();
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& type = message.parts[i].mediaType;
    if (!type || admits(modes, *type)) continue;
    std::string field = fmt::format("/message/parts/{}/mediaType", i);
    std::string what =
        fmt::format("'{}' is not accepted; this agent takes {}", *type, fmt::join(modes, ", "));
    std::string whole = field + ": " + what;
    return fail(Error(Code::invalid_argument, reason::kContentTypeNotSupported, std::move(whole))
                    .with_field(std::move(field), std::move(what)));
  }
  return ok();
}

}  // namespace flotilla::gateway
