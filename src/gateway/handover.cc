#include "gateway/handover.h"

#include <algorithm>
#include <cctype>
#include <tuple>
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

/// The agents in order of preference, without the front desk.
std::vector<core::AgentRegistry::Ptr> usable(const core::AgentRegistry& agents,
                                             const Principal& principal) {
  auto all = agents.list();
  const std::string home = principal.home();
  std::erase_if(all, [&](const auto& agent) {
    return !principal.may_enter(agent->name_space) || !agent->runner || agent->name == kFrontDesk;
  });
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    return std::tuple(a->name_space != home, std::string_view(a->name_space),
                      std::string_view(a->name)) < std::tuple(b->name_space != home,
                                                              std::string_view(b->name_space),
                                                              std::string_view(b->name));
  });
  return all;
}

/// `@name rest` or `name: rest`; a namespace may stand before the name: `@team/name rest`.
Handover by_name(const std::vector<core::AgentRegistry::Ptr>& agents, std::string_view text) {
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
  for (const auto& agent : agents) {
    if (agent->name != name || (!name_space.empty() && agent->name_space != name_space)) continue;
    return {agent, true, std::string(trim(rest))};
  }
  return {};
}

}  // namespace

Handover choose_agent(const core::AgentRegistry& agents, const Principal& principal,
                      std::string_view text) {
  text = trim(text);
  const auto candidates = usable(agents, principal);
  if (auto named = by_name(candidates, text); named.agent) return named;
  std::string_view request = text;
  std::size_t length = 0;
  std::string word = first_word(request, &length);
  if (word == "please") {
    request = trim(request.substr(length));
    word = first_word(request, &length);
  }
  for (const auto& agent : candidates) {
    const auto& keywords = agent->keywords;
    if (!word.empty() && std::find(keywords.begin(), keywords.end(), word) != keywords.end())
      return {agent, false, std::string(text)};
  }
  for (const auto& agent : candidates)
    if (agent->claims && agent->claims(text)) return {agent, false, std::string(text)};
  return {};
}

}  // namespace flotilla::gateway
