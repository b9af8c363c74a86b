#include "gateway/mcp/platform_prompts.h"

#include <cctype>

#include "a2a/card.h"
#include "gateway/handover.h"
#include "gateway/mcp/partial_handler.h"
#include "json/map.h"

namespace flotilla::gateway {
namespace {

constexpr std::string_view kRequest = "request";
constexpr std::size_t kMaxName = 64;

std::string prompt_name(const core::AgentInfo& agent, const a2a::AgentSkill& skill) {
  std::string name = agent.name_space == "default" ? "" : agent.name_space + "_";
  name += agent.name + "_" + skill.id;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  if (name.size() > kMaxName) name.resize(kMaxName);
  return name;
}

/// Calls `visit(agent, skill)` until it returns true.
template <class Visit>
void each_skill(const core::AgentRegistry& agents, const Principal& principal, Visit visit) {
  for (const auto& agent : agents.list()) {
    if (!principal.may_enter(agent->name_space)) continue;
    const auto card = json::from_text<a2a::AgentCard>(agent->card);
    if (!card) continue;
    for (const auto& skill : card->skills)
      if (visit(*agent, skill)) return;
  }
}

json::Object definition(const core::AgentInfo& agent, const a2a::AgentSkill& skill) {
  json::Array arguments;
  arguments.emplace_back(json::Object{
      {"name", kRequest}, {"description", "what the agent is to do"}, {"required", true}});
  return json::Object{{"name", prompt_name(agent, skill)},
                      {"title", skill.name},
                      {"description", skill.description},
                      {"arguments", std::move(arguments)}};
}

mcp::Reply message(const core::AgentInfo& agent, const a2a::AgentSkill& skill,
                   const std::string& request) {
  const std::string text = "Use the tool invoke_agent with agent \"" + agent.name_space + "/" +
                           agent.name + "\" (" + skill.name + ") for this task, and answer with " +
                           "what it says:\n\n" + request;
  json::Array messages;
  messages.emplace_back(
      json::Object{{"role", "user"}, {"content", json::Object{{"type", "text"}, {"text", text}}}});
  mcp::Complete done;
  done.result.append("description", skill.description);
  done.result.append("messages", std::move(messages));
  return done;
}

}  // namespace

json::Array list_prompts(const core::AgentRegistry& agents, const Principal& principal) {
  json::Array prompts;
  each_skill(agents, principal, [&](const core::AgentInfo& agent, const a2a::AgentSkill& skill) {
    prompts.emplace_back(definition(agent, skill));
    return false;
  });
  return prompts;
}

Result<mcp::Reply> get_prompt(const core::AgentRegistry& agents, const Principal& principal,
                              const mcp::GetPrompt& request) {
  std::optional<Result<mcp::Reply>> reply;
  each_skill(agents, principal, [&](const core::AgentInfo& agent, const a2a::AgentSkill& skill) {
    if (prompt_name(agent, skill) != request.name) return false;
    const auto* given = request.arguments.find(kRequest);
    const auto* text = given == nullptr ? nullptr : given->if_string();
    if (text == nullptr)
      reply = fail(invalid("/arguments/request", "is required: what the agent is to do"));
    else
      reply = message(agent, skill, *text);
    return true;
  });
  if (!reply) return fail(unknown_prompt(request.name));
  return std::move(*reply);
}

std::optional<std::vector<std::string>> complete_prompt(const core::AgentRegistry& agents,
                                                        const Principal& principal,
                                                        const mcp::Complement& request) {
  const auto* named = request.ref.find("name");
  const auto* name = named == nullptr ? nullptr : named->if_string();
  if (name == nullptr) return std::nullopt;
  std::optional<std::vector<std::string>> values;
  each_skill(agents, principal, [&](const core::AgentInfo& agent, const a2a::AgentSkill& skill) {
    if (prompt_name(agent, skill) != *name) return false;
    values.emplace();
    if (request.argument == kRequest) values = skill.examples;
    return true;
  });
  return values;
}

}  // namespace flotilla::gateway
