#include "core/topic_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace flotilla::core {

namespace {

bool is_segment(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// Takes the first segment off; the rest is without its dot.
std::string_view take_segment(std::string_view& text) {
  const auto dot = text.find('.');
  const auto segment = text.substr(0, dot);
  text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  return segment;
}

Result<> check(std::string_view text, std::string_view field, bool wildcards) {
  if (text.empty() || text.size() > kMaxTopicName)
    return fail(
        invalid(std::string(field), fmt::format("must be 1 to {} characters", kMaxTopicName)));
  bool well = text.back() != '.';
  for (auto rest = text; well && !rest.empty();) {
    const auto segment = take_segment(rest);
    well = is_segment(segment) || (wildcards && segment == "*");
  }
  if (well) return ok();
  return fail(
      invalid(std::string(field),
              fmt::format("must be words of letters, digits, - and _ joined by dots{}, such "
                          "as {}",
                          wildcards ? ", each maybe *" : "",
                          wildcards ? "agent.* or build.*.failed" : "build.failed")));
}

}  // namespace

Result<> check_topic_name(std::string_view name, std::string_view field) {
  return check(name, field, false);
}

Result<> check_topic_pattern(std::string_view pattern, std::string_view field) {
  return check(pattern, field, true);
}

Result<> check_topic_patterns(const std::vector<std::string>& patterns, std::string_view field) {
  if (patterns.empty() || patterns.size() > kMaxTopicPatterns)
    return fail(
        invalid(std::string(field), fmt::format("must be 1 to {} patterns", kMaxTopicPatterns)));
  for (std::size_t i = 0; i < patterns.size(); ++i)
    TRY_VOID(check_topic_pattern(patterns[i], fmt::format("{}/{}", field, i)));
  return ok();
}

bool matches_topic(std::string_view pattern, std::string_view name) {
  while (!pattern.empty() && !name.empty()) {
    const auto wanted = take_segment(pattern);
    if (wanted == "*" && pattern.empty()) return true;
    const auto got = take_segment(name);
    if (wanted != "*" && wanted != got) return false;
  }
  return pattern.empty() && name.empty();
}

bool is_reserved_topic(std::string_view name) {
  const auto first = take_segment(name);
  return first == "agent" || first == "message";
}

std::string agent_topic(std::string_view agent, std::string_view event) {
  return fmt::format("agent.{}.{}", agent, event);
}

std::string mailbox_topic(std::string_view agent) {
  return fmt::format("message.to.{}", agent);
}

std::string topic_like(std::string_view pattern) {
  std::string like;
  for (char c : pattern) {
    if (c == '_') like += '\\';
    like += c == '*' ? '%' : c;
  }
  return like;
}

}  // namespace flotilla::core
