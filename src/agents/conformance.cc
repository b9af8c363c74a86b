#include "agents/conformance.h"

#include "a2a/card.h"
#include "agents/conformance_internal.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

std::string card_of(const ConformanceOptions& options) {
  a2a::AgentCard card;
  card.name = "Flotilla conformance agent";
  card.description = "Does what the public A2A conformance kits ask for; echoes all else.";
  card.provider = a2a::AgentProvider{"https://flotilla.dev", "Flotilla"};
  card.version = "1.0.0";
  card.capabilities.streaming = !options.reduced;
  card.capabilities.pushNotifications = !options.reduced;
  card.capabilities.extendedAgentCard = !options.reduced;
  card.defaultInputModes = {"text/plain", "application/json", "application/x-protobuf"};
  card.defaultOutputModes = {"text/plain", "application/json"};
  a2a::AgentSkill skill;
  skill.id = "conformance";
  skill.name = "Conformance";
  skill.description = "Behaves as a message's id or first word tells.";
  skill.tags = {"conformance", "test"};
  skill.examples = {"tck-complete-task", "tck-stream-chunked"};
  card.skills.push_back(std::move(skill));
  return json::to_text(card);
}

}  // namespace

void register_conformance(core::AgentRegistry& agents, Clock& clock, Random& random,
                          ConformanceOptions options) {
  core::AgentInfo info;
  info.name_space = "default";
  info.name = "front-desk";
  info.type = "builtin";
  info.summary = "Does what the public A2A conformance kits ask for.";
  info.card = card_of(options);
  info.input_modes = {"text/*", "application/json", "application/x-protobuf"};
  info.may_reply_message = true;
  info.streaming = !options.reduced;
  info.hands_over = false;
  info.created_at = clock.now();
  info.uid = make_uuid_v7(info.created_at, random).to_string();
  info.runner = make_conformance(std::move(options.connect));
  agents.put(std::move(info));
}

}  // namespace flotilla::agents
