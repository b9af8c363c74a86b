#include "core/label_selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxRequirements = 64;
constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxPrefix = 253;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// `[A-Za-z0-9]`, with `-`, `_` and `.` inside.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPrefix && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Takes what stands before the first comma outside of parentheses.
std::string_view take_requirement(std::string_view& text) {
  std::size_t depth = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (text[end] == '(') ++depth;
    if (text[end] == ')' && depth > 0) --depth;
    if (text[end] == ',' && depth == 0) break;
  }
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(taken);
}

/// `in (a, b)` without the `in`.
std::optional<std::vector<std::string>> read_set(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::string> values;
  while (true) {
    const auto comma = text.find(',');
    values.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::string label_key_fault(std::string_view key) {
  const auto slash = key.find('/');
  const bool prefixed = slash != std::string_view::npos;
  if (prefixed && !is_prefix(key.substr(0, slash)))
    return "what stands before the / must be a DNS name";
  if (!is_name(prefixed ? key.substr(slash + 1) : key))
    return fmt::format(
        "a key is 1 to {} letters, digits, -, _ and ., with a letter or digit at both ends",
        kMaxName);
  return {};
}

std::string label_value_fault(std::string_view value) {
  if (value.empty() || is_name(value)) return {};
  return fmt::format(
      "a value is at most {} letters, digits, -, _ and ., with a letter or digit at both ends",
      kMaxName);
}

Result<LabelSelector::Requirement> LabelSelector::parse_one(std::string_view text,
                                                            std::string_view field) {
  Requirement made;
  std::string_view key = text;
  if (const auto equal = text.find('='); equal != std::string_view::npos) {
    const bool negated = equal > 0 && text[equal - 1] == '!';
    const bool doubled = equal + 1 < text.size() && text[equal + 1] == '=';
    key = text.substr(0, negated ? equal - 1 : equal);
    made.wanted = negated ? Operator::not_in : Operator::in;
    made.values.emplace_back(trimmed(text.substr(equal + (doubled && !negated ? 2 : 1))));
  } else if (text.starts_with('!')) {
    key = text.substr(1);
    made.wanted = Operator::missing;
  } else if (const auto blank = text.find(' '); blank != std::string_view::npos) {
    key = text.substr(0, blank);
    auto rest = trimmed(text.substr(blank));
    const bool negated = rest.starts_with("notin");
    if (!negated && !rest.starts_with("in"))
      return fail(invalid(std::string(field), fmt::format("'{}' is no requirement", text)));
    rest.remove_prefix(negated ? 5 : 2);
    auto values = read_set(rest);
    if (!values)
      return fail(
          invalid(std::string(field), fmt::format("'{}': expected values as (a, b)", text)));
    made.wanted = negated ? Operator::not_in : Operator::in;
    made.values = std::move(*values);
  }
  made.key = trimmed(key);
  auto fault = label_key_fault(made.key);
  for (const auto& value : made.values)
    if (fault.empty()) fault = label_value_fault(value);
  if (!fault.empty())
    return fail(invalid(std::string(field), fmt::format("'{}': {}", text, fault)));
  return made;
}

Result<LabelSelector> LabelSelector::parse(std::string_view text, std::string_view field) {
  LabelSelector selector;
  text = trimmed(text);
  while (!text.empty()) {
    if (selector.requirements_.size() == kMaxRequirements)
      return fail(invalid(std::string(field),
                          fmt::format("has more than {} requirements", kMaxRequirements)));
    const auto one = take_requirement(text);
    TRY(requirement, parse_one(one, field));
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool LabelSelector::matches(const Labels& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& one) {
    const auto found = labels.find(one.key);
    const bool there = found != labels.end();
    const bool listed = there && std::ranges::find(one.values, found->second) != one.values.end();
    switch (one.wanted) {
      case Operator::in:
        return listed;
      case Operator::not_in:
        return !listed;
      case Operator::exists:
        return there;
      case Operator::missing:
        return !there;
    }
    return false;
  });
}

}  // namespace flotilla::core
