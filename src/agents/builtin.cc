#include "agents/builtin.h"

#include "a2a/card.h"
#include "agents/builtin_internal.h"
#include "agents/demo.h"
#include "agents/expression.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kNamespace = "default";
constexpr std::string_view kAgentVersion = "1.0.0";

/// What a built-in agent says of itself.
struct Profile {
  std::string name;
  std::string title;
  std::string summary;
  std::string skill;
  std::vector<std::string> keywords;  // also the tags of its skill
  std::vector<std::string> examples;
};

std::string card_of(const Profile& profile) {
  a2a::AgentCard card;
  card.name = profile.title;
  card.description = profile.summary;
  card.provider = a2a::AgentProvider{"https://flotilla.dev", "Flotilla"};
  card.version = kAgentVersion;
  card.capabilities.streaming = true;
  card.capabilities.pushNotifications = true;
  card.capabilities.extendedAgentCard = false;
  card.defaultInputModes = {"text/plain", "text/markdown", "application/json"};
  card.defaultOutputModes = {"text/plain", "application/json"};
  a2a::AgentSkill skill;
  skill.id = profile.name;
  skill.name = profile.title;
  skill.description = profile.skill;
  skill.tags = profile.keywords;
  skill.examples = profile.examples;
  card.skills.push_back(std::move(skill));
  return json::to_text(card);
}

core::AgentInfo info_of(const Profile& profile, const BuiltinServices& services,
                        std::shared_ptr<core::Runner> runner) {
  core::AgentInfo info;
  info.name_space = kNamespace;
  info.name = profile.name;
  info.type = "builtin";
  info.summary = profile.summary;
  info.card = card_of(profile);
  info.keywords = profile.keywords;
  info.input_modes = {"text/*", "application/json"};
  info.created_at = services.clock.now();
  info.uid = make_uuid_v7(info.created_at, services.random).to_string();
  info.runner = std::move(runner);
  return info;
}

const Profile kFrontDesk{
    "front-desk",
    "Front desk",
    "Welcomes requests and hands them to the agent that can do them.",
    "Hands a request over by name (@calculator …) or by skill, and says who works here.",
    {"help", "routing"},
    {"What can you do?", "@echo hello", "Calculate 25 * 4"}};
const Profile kCalculator{
    "calculator",
    "Calculator",
    "Calculates exactly: precedence, parentheses, functions, percent.",
    "Evaluates an arithmetic expression with exact decimals and explains what is wrong with one.",
    {"calculate", "calc", "compute", "evaluate", "add", "subtract", "multiply", "divide", "sqrt"},
    {"Calculate 25 * 4", "sqrt(2) ^ 2", "add 3 and 4", "80 + 15%"}};
const Profile kAnalysis{
    "analysis",
    "Text analysis",
    "Measures a text: statistics, readability, top terms, sentiment.",
    "Counts words and sentences, grades readability, finds top terms and rates sentiment.",
    {"analyse", "analyze", "analysis", "sentiment", "statistics"},
    {"Analyse: I love this clear and simple tool."}};
const Profile kMemory{"memory",
                      "Memory",
                      "Remembers named values for you: store, recall, search, forget.",
                      "Keeps named values for each caller, durably.",
                      {"store", "remember", "recall", "retrieve", "forget", "memory", "save"},
                      {"store 42 as answer", "recall answer", "search 4", "list", "forget answer"}};
const Profile kEcho{
    "echo",
    "Echo",
    "Repeats what it is told, in chunks, with delays, questions or failures on request.",
    "Echoes text. Leading words such as chunks=3 delay=200ms ask fail wait direct it.",
    {"echo"},
    {"hello", "chunks=3 delay=500ms one two three", "ask=\"Which colour?\"", "wait"}};

const Profile kCoordinator{
    "coordinator",
    "Coordinator",
    "Has calculator and analysis work on a task together, and memory keep the result.",
    "Publishes task.assigned, messages calculator, analysis and memory, gathers what they answer.",
    {"coordinate"},
    {"Coordinate task: 25 * 4 reasons to love a clear and simple tool"}};
const Profile kDataCollector{
    "data-collector",
    "Data collector",
    "Collects what calculator and analysis complete, and tells how much there is.",
    "Subscribed to calculation.complete and analysis.complete; publishes data.collected for each.",
    {"collected"},
    {"collected?"}};
const Profile kNotification{
    "notification",
    "Notification",
    "Notifies of tasks that were assigned and data that was collected.",
    "Subscribed to task.assigned and data.collected; publishes notification.sent for each.",
    {"notified", "notifications"},
    {"notifications?"}};

}  // namespace

void register_demo(BuiltinServices services) {
  auto& messaging = services.messaging;
  services.agents.put(info_of(kCoordinator, services, make_coordinator(messaging)));
  auto collector = info_of(kDataCollector, services, make_data_collector(messaging));
  collector.subscriptions = {"agent.calculator.calculation.complete",
                             "agent.analysis.analysis.complete"};
  services.agents.put(std::move(collector));
  auto notification = info_of(kNotification, services, make_notification(messaging));
  notification.subscriptions = {"agent.coordinator.task.assigned",
                                "agent.data-collector.data.collected"};
  services.agents.put(std::move(notification));
}

void register_builtin(BuiltinServices services, Memory& memory) {
  auto& agents = services.agents;
  agents.put(info_of(kFrontDesk, services, make_front_desk(agents)));
  auto calculator = info_of(kCalculator, services, make_calculator(services.messaging));
  calculator.claims = [](std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos &&
           calculate(text).has_value();
  };
  agents.put(std::move(calculator));
  agents.put(info_of(kAnalysis, services, make_analysis(services.messaging)));
  agents.put(info_of(kMemory, services, make_memory(memory)));
  auto echo = info_of(kEcho, services, make_echo());
  echo.may_reply_message = true;
  agents.put(std::move(echo));
}

}  // namespace flotilla::agents
