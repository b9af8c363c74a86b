#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Names of topics: segments of [A-Za-z0-9_-] joined by dots, such as
/// `agent.calculator.calculation.complete`. What an agent publishes begins with `agent.<its
/// name>.`, a message to it is `message.to.<its name>`; nobody else may use these.
namespace flotilla::core {

inline constexpr std::size_t kMaxTopicName = 200;
inline constexpr std::size_t kMaxTopicPatterns = 16;

/// invalid_argument naming `field`.
Result<> check_topic_name(std::string_view name, std::string_view field);
/// A pattern is a name in which `*` may stand for one segment, and as the last segment for one or
/// more: `*` is every topic, `agent.*` all that agents publish.
Result<> check_topic_pattern(std::string_view pattern, std::string_view field);
/// The same for 1 to kMaxTopicPatterns of them.
Result<> check_topic_patterns(const std::vector<std::string>& patterns, std::string_view field);
bool matches_topic(std::string_view pattern, std::string_view name);
/// Whether a publisher may not choose the name by itself: it begins with `agent.` or `message.`.
bool is_reserved_topic(std::string_view name);
/// `agent.<agent>.<event>`.
std::string agent_topic(std::string_view agent, std::string_view event);
/// `message.to.<agent>`.
std::string mailbox_topic(std::string_view agent);
/// An SQL LIKE pattern (escape `\`) that every name which `pattern` matches fits, and maybe others.
std::string topic_like(std::string_view pattern);

}  // namespace flotilla::core
