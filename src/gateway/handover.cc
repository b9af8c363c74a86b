#include "gateway/handover.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace flotilla::gateway {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
}

/// The leading word in lower case, and its length in the text.
std::string first_word(std::string_view text, std::size_t* length) {
  std::size_t n = 0;
  while (n < text.size() && is_word(text[n])) ++n;
  *length = n;
  std::string word(text.substr(0, n));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

/// The first that `wanted` takes, of those that the principal may use: its home's first, then by
/// namespace and name; never the front desk.
template <class Wanted>
core::AgentRegistry::Ptr first_of(const core::AgentList& agents, const Principal& principal,
                                  Wanted wanted) {
  const std::string home = principal.home();
  for (const bool at_home : {true, false})
    for (const auto& agent : agents) {
      if ((agent->name_space == home) != at_home || !wanted(*agent)) continue;
      if (principal.may_enter(agent->name_space) && agent->runner && agent->name != kFrontDesk)
        return agent;
    }
  return nullptr;
}

/// `@name rest` or `name: rest`; a namespace may stand before the name: `@team/name rest`.
Handover by_name(const core::AgentList& agents, const Principal& principal, std::string_view text) {
  const bool at = text.starts_with('@');
  std::string_view rest = at ? text.substr(1) : text;
  std::string name_space;
  std::size_t length = 0;
  std::string name = first_word(rest, &length);
  rest.remove_prefix(length);
  if (at && rest.starts_with('/')) {
    name_space = std::exchange(name, first_word(rest.substr(1), &length));
    rest.remove_prefix(length + 1);
  }
  if (!at && !rest.starts_with(':')) return {};
  if (rest.starts_with(':')) rest.remove_prefix(1);
  auto agent = first_of(agents, principal, [&](const core::AgentInfo& one) {
    return one.name == name && (name_space.empty() || one.name_space == name_space);
  });
  if (!agent) return {};
  return {std::move(agent), true, std::string(trim(rest))};
}

}  // namespace

Handover choose_agent(const core::AgentRegistry& agents, const Principal& principal,
                      std::string_view text) {
  text = trim(text);
  const auto all = agents.list();
  if (auto named = by_name(all, principal, text); named.agent) return named;
  std::string_view request = text;
  std::size_t length = 0;
  std::string word = first_word(request, &length);
  if (word == "please") {
    request = trim(request.substr(length));
    word = first_word(request, &length);
  }
  auto agent = first_of(all, principal, [&](const core::AgentInfo& one) {
    return !word.empty() && std::ranges::find(one.keywords, word) != one.keywords.end();
  });
  if (!agent)
    agent = first_of(all, principal,
                     [&](const core::AgentInfo& one) { return one.claims && one.claims(text); });
  if (!agent) return {};
  return {std::move(agent), false, std::string(text)};
}

}  // namespace flotilla::gateway
