#include <algorithm>
#include <cctype>

#include "agents/agent_info_internal.h"
#include "agents/approvals/wire.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kVersion = "1.0.0";

class Unavailable final : public core::Runner {
 public:
  explicit Unavailable(Error why) : why_(std::move(why)) {}
  Async<Result<>> run(core::Run&) override { co_return fail(why_); }

 private:
  Error why_;
};

a2a::AgentSkill skill_of(const core::AgentSkillSpec& spec) {
  a2a::AgentSkill skill;
  skill.id = core::skill_id(spec);
  skill.name = spec.name;
  skill.description = spec.description.value_or(spec.name);
  skill.tags = spec.tags;
  skill.examples = spec.examples;
  skill.inputModes = spec.inputModes;
  skill.outputModes = spec.outputModes;
  return skill;
}

/// A card has a skill: without any, the agent itself is one.
std::vector<a2a::AgentSkill> skills_of(const core::Resource& resource, const core::AgentSpec& spec,
                                       const std::optional<a2a::AgentCard>& upstream) {
  std::vector<a2a::AgentSkill> skills;
  for (const auto& one : spec.skills) skills.push_back(skill_of(one));
  if (!skills.empty()) return skills;
  if (upstream && !upstream->skills.empty()) {
    skills = upstream->skills;
    // Ours asks for what the whole server asks for.
    for (auto& one : skills) one.securityRequirements.clear();
    return skills;
  }
  a2a::AgentSkill skill;
  skill.id = resource.ref.name;
  skill.name = resource.ref.name;
  skill.description = spec.description.value_or(resource.ref.name);
  skill.tags = spec.keywords;
  return {skill};
}

void set_modes(a2a::AgentCard& card, const core::AgentSpec& spec,
               const std::optional<a2a::AgentCard>& upstream) {
  if (upstream) {
    card.defaultInputModes = upstream->defaultInputModes;
    card.defaultOutputModes = upstream->defaultOutputModes;
  } else if (spec.declarative) {
    card.defaultInputModes = {"text/plain", "application/json", "image/png", "image/jpeg",
                              "application/pdf"};
    card.defaultOutputModes = {spec.declarative->output ? "application/json" : "text/plain"};
  } else {
    card.defaultInputModes = {"text/plain"};
    card.defaultOutputModes = {"text/plain"};
  }
}

a2a::AgentCard card_of(const core::Resource& resource, const core::AgentSpec& spec,
                       const std::optional<a2a::AgentCard>& upstream) {
  a2a::AgentCard card;
  card.name = resource.ref.name;
  card.description = spec.description.value_or(upstream ? upstream->description : "");
  card.version = spec.version.value_or(upstream ? upstream->version : std::string(kVersion));
  card.documentationUrl = spec.documentationUrl;
  card.iconUrl = spec.iconUrl;
  if (spec.provider)
    card.provider = a2a::AgentProvider{spec.provider->url, spec.provider->organization};
  if (upstream && !spec.documentationUrl) card.documentationUrl = upstream->documentationUrl;
  if (upstream && !spec.iconUrl) card.iconUrl = upstream->iconUrl;
  if (upstream && !spec.provider) card.provider = upstream->provider;
  card.capabilities.streaming = true;
  card.capabilities.pushNotifications = true;
  card.capabilities.extendedAgentCard = false;
  if (spec.declarative) {
    a2a::AgentExtension approvals;
    approvals.uri = kHitlExtension;
    approvals.description = "Approvals and questions as metadata of messages";
    approvals.required = false;
    card.capabilities.extensions.push_back(std::move(approvals));
  }
  set_modes(card, spec, upstream);
  card.skills = skills_of(resource, spec, upstream);
  return card;
}

}  // namespace

std::string_view type_of(const core::AgentSpec& spec) {
  return spec.declarative ? "declarative" : spec.byo ? "byo" : "remote";
}

core::AgentInfo info_of(const core::Resource& resource, const core::AgentSpec& spec,
                        const std::optional<a2a::AgentCard>& upstream,
                        std::shared_ptr<core::Runner> runner) {
  core::AgentInfo info;
  info.name_space = resource.ref.name_space;
  info.name = resource.ref.name;
  info.type = type_of(spec);
  const auto card = card_of(resource, spec, upstream);
  info.summary = card.description;
  info.card = json::to_text(card);
  info.keywords = spec.keywords;
  for (auto& word : info.keywords)
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
  // What a model or an agent elsewhere takes, it says itself.
  info.resource = true;
  info.created_at = resource.created_at;
  info.uid = resource.uid;
  info.runner = std::move(runner);
  return info;
}

std::shared_ptr<core::Runner> make_unavailable(Error why) {
  return std::make_shared<Unavailable>(std::move(why));
}

}  // namespace flotilla::agents
