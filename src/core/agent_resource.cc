#include "core/agent_resource.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/id.h"
#include "core/spec_checks_internal.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxSources = 20;
constexpr std::size_t kMaxTools = 100;
constexpr std::size_t kMaxSkills = 100;
constexpr std::size_t kMaxKeywords = 100;
constexpr std::int64_t kMostSteps = 10'000;
constexpr std::int64_t kMostParallel = 64;
constexpr Duration kLongestDeadline = std::chrono::hours(24);
constexpr Duration kLongestStart = std::chrono::minutes(10);
constexpr Duration kLongestTtl = std::chrono::hours(24 * 3650);

constexpr std::array<std::string_view, 4> kA2aHeaders{"last-event-id", "a2a-version",
                                                      "a2a-extensions", "traceparent"};
constexpr std::array<std::string_view, 5> kMcpHeaders{
    "last-event-id", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"};

class DeclarativeChecker {
 public:
  DeclarativeChecker(const DeclarativeAgent& agent, Faults& faults)
      : agent_(agent), faults_(faults) {}

  void run() {
    check_prompt();
    check_tools();
    check_name(agent_.model, at("model"), faults_);
    std::set<std::string> seen;
    for (std::size_t i = 0; i < agent_.policies.size(); ++i) {
      check_name(agent_.policies[i], at("policies", i), faults_);
      if (!seen.insert(agent_.policies[i]).second) faults_.add(at("policies", i), "is there twice");
    }
    if (agent_.memory) check_memory(*agent_.memory);
    if (agent_.compaction) check_compaction(*agent_.compaction);
    if (agent_.output) {
      if (agent_.output->schema.empty()) faults_.add(at("output/schema"), "is missing");
      check_json_schema(agent_.output->schema, at("output/schema"), faults_);
    }
    check_limits();
  }

 private:
  static std::string at(std::string_view field) {
    return fmt::format("/spec/declarative/{}", field);
  }
  static std::string at(std::string_view field, std::size_t index) {
    return fmt::format("/spec/declarative/{}/{}", field, index);
  }
  void range(std::int64_t value, std::int64_t low, std::int64_t high, std::string_view field) {
    if (value < low || value > high)
      faults_.add(at(field), fmt::format("must be {} to {}", low, high));
  }

  void check_prompt() {
    if (agent_.systemMessage && agent_.systemMessageFrom)
      faults_.add(at("systemMessageFrom"), "cannot be given together with systemMessage");
    if (agent_.systemMessageFrom)
      check_value_source(*agent_.systemMessageFrom, at("systemMessageFrom"), faults_);
    if (!agent_.promptTemplate) return;
    if (!agent_.systemMessage && !agent_.systemMessageFrom)
      faults_.add(at("promptTemplate"), "needs systemMessage or systemMessageFrom");
    const auto& sources = agent_.promptTemplate->dataSources;
    if (sources.size() > kMaxSources)
      faults_.add(at("promptTemplate/dataSources"), fmt::format("has more than {}", kMaxSources));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const auto here = at("promptTemplate/dataSources", i);
      check_name(sources[i].name, here + "/name", faults_);
      const auto alias = sources[i].alias.value_or(sources[i].name);
      if (alias.empty() || alias.contains('/') || has_control(alias))
        faults_.add(here + "/alias", "is empty, or holds / or control characters");
      if (!seen.insert(alias).second)
        faults_.add(here + "/alias", fmt::format("'{}' names two data sources", alias));
    }
  }

  void check_tools() {
    if (agent_.tools.size() > kMaxTools)
      faults_.add(at("tools"), fmt::format("has more than {}", kMaxTools));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < agent_.tools.size(); ++i) {
      const auto& tool = agent_.tools[i];
      const auto here = at("tools", i);
      if (tool.toolServer.has_value() == tool.agent.has_value()) {
        faults_.add(here, "exactly one of toolServer and agent is needed");
        continue;
      }
      if (tool.toolServer) check_tool_server_use(*tool.toolServer, here + "/toolServer");
      if (tool.agent) check_agent_use(*tool.agent, here + "/agent");
      const auto who =
          tool.toolServer ? "ToolServer " + place(*tool.toolServer) : "Agent " + place(*tool.agent);
      if (!seen.insert(who).second)
        faults_.add(here, fmt::format("{} is there twice; make one entry of both", who));
    }
  }

  static std::string place(const auto& use) { return use.namespace_.value_or("") + "/" + use.name; }

  void check_place(const auto& use, const std::string& here) {
    check_name(use.name, here + "/name", faults_);
    if (use.namespace_ && !is_label(*use.namespace_))
      faults_.add(here + "/namespace", "is no name of a namespace");
  }

  void check_tool_server_use(const ToolServerUse& use, const std::string& here) {
    check_place(use, here);
    check_globs(use.tools, here + "/tools", faults_);
    check_globs(use.requireApproval, here + "/requireApproval", faults_);
    check_count(use.allowedHeaders.size(), here + "/allowedHeaders", faults_);
    for (std::size_t i = 0; i < use.allowedHeaders.size(); ++i)
      check_header_name(use.allowedHeaders[i], kMcpHeaders,
                        fmt::format("{}/allowedHeaders/{}", here, i), faults_);
    check_headers(use.headersFrom, here + "/headersFrom", kMcpHeaders, faults_);
  }

  void check_agent_use(const AgentUse& use, const std::string& here) {
    check_place(use, here);
    check_headers(use.headersFrom, here + "/headersFrom", kA2aHeaders, faults_);
  }

  void check_memory(const AgentMemory& memory) {
    if (memory.model) check_name(*memory.model, at("memory/model"), faults_);
    if (memory.ttl <= Duration::zero() || memory.ttl > kLongestTtl)
      faults_.add(at("memory/ttl"), "must be more than 0s and at most ten years");
  }

  void check_compaction(const AgentCompaction& compaction) {
    range(compaction.interval, 1, 10'000, "compaction/interval");
    range(compaction.overlap, 0, 10'000, "compaction/overlap");
    if (compaction.tokenThreshold)
      range(*compaction.tokenThreshold, 1, 1'000'000'000, "compaction/tokenThreshold");
    if (compaction.retain) range(*compaction.retain, 0, 100'000, "compaction/retain");
    if (compaction.summarizer && compaction.summarizer->model)
      check_name(*compaction.summarizer->model, at("compaction/summarizer/model"), faults_);
  }

  void check_limits() {
    const auto& limits = agent_.limits;
    range(limits.maxSteps, 1, kMostSteps, "limits/maxSteps");
    range(limits.parallelTools, 1, kMostParallel, "limits/parallelTools");
    if (limits.deadline <= Duration::zero() || limits.deadline > kLongestDeadline)
      faults_.add(at("limits/deadline"), "must be more than 0s and at most 24h");
    if (!agent_.budget) return;
    if (!agent_.budget->run && !agent_.budget->day)
      faults_.add(at("budget"), "run or day is needed");
    if (agent_.budget->run) check_spend_limit(*agent_.budget->run, at("budget/run"), faults_);
    if (agent_.budget->day) check_spend_limit(*agent_.budget->day, at("budget/day"), faults_);
  }

  const DeclarativeAgent& agent_;
  Faults& faults_;
};

void check_byo(const ByoAgent& byo, Faults& faults) {
  if (!byo.command && !byo.image)
    return faults.add("/spec/byo/command", "is missing: command or image is needed");
  const auto only_with_command = [&](bool absent, std::string_view field) {
    if (!absent && !byo.command) faults.add(fmt::format("/spec/byo/{}", field), "needs command");
  };
  only_with_command(byo.start == ByoStart::on_demand, "start");
  if (byo.command && (byo.command->empty() || byo.command->contains('\0')))
    faults.add("/spec/byo/command", "must be the name or path of a program");
  check_count(byo.args.size(), "/spec/byo/args", faults);
  for (std::size_t i = 0; i < byo.args.size(); ++i)
    if (byo.args[i].contains('\0'))
      faults.add(fmt::format("/spec/byo/args/{}", i), "holds a zero byte");
  check_environment(byo.env, "/spec/byo/env", faults);
  for (std::size_t i = 0; i < byo.env.size(); ++i)
    if (byo.env[i].name == "PORT")
      faults.add(fmt::format("/spec/byo/env/{}/name", i), "PORT is set by the server");
  if (byo.cwd && !byo.cwd->starts_with('/'))
    faults.add("/spec/byo/cwd", "must be an absolute path");
  if (byo.startTimeout <= Duration::zero() || byo.startTimeout > kLongestStart)
    faults.add("/spec/byo/startTimeout", "must be more than 0s and at most 10m");
}

void check_remote(const RemoteAgent& remote, Faults& faults) {
  check_url(remote.url, "/spec/remote/url", faults);
  if (remote.url.ends_with(".json") && card_base(remote.url) == remote.url)
    faults.add("/spec/remote/url", "a card is at …/.well-known/agent-card.json");
  check_headers(remote.headers, "/spec/remote/headers", kA2aHeaders, faults);
  if (remote.tls) check_tls(*remote.tls, remote.url, "/spec/remote/tls", faults);
}

void check_skills(const std::vector<AgentSkillSpec>& skills, Faults& faults) {
  if (skills.size() > kMaxSkills)
    faults.add("/spec/skills", fmt::format("has more than {}", kMaxSkills));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < skills.size(); ++i) {
    const auto here = fmt::format("/spec/skills/{}", i);
    if (skills[i].name.empty()) faults.add(here + "/name", "is missing");
    if (skills[i].id && skills[i].id->empty()) faults.add(here + "/id", "is empty");
    if (!seen.insert(skill_id(skills[i])).second)
      faults.add(here + "/id", fmt::format("'{}' is another skill's", skill_id(skills[i])));
  }
}

void check_card(const AgentSpec& spec, Faults& faults) {
  if (spec.iconUrl) check_url(*spec.iconUrl, "/spec/iconUrl", faults);
  if (spec.documentationUrl) check_url(*spec.documentationUrl, "/spec/documentationUrl", faults);
  if (spec.version && (spec.version->empty() || has_control(*spec.version)))
    faults.add("/spec/version", "is empty or holds control characters");
  if (spec.provider) {
    if (spec.provider->organization.empty())
      faults.add("/spec/provider/organization", "is missing");
    check_url(spec.provider->url, "/spec/provider/url", faults);
  }
  check_skills(spec.skills, faults);
  if (spec.keywords.size() > kMaxKeywords)
    faults.add("/spec/keywords", fmt::format("has more than {}", kMaxKeywords));
  for (std::size_t i = 0; i < spec.keywords.size(); ++i)
    if (spec.keywords[i].empty() || !is_word(spec.keywords[i], "-_", 64))
      faults.add(fmt::format("/spec/keywords/{}", i), "is no word: letters, digits, - and _");
  if (spec.allowedNamespaces)
    check_allowed(*spec.allowedNamespaces, "/spec/allowedNamespaces", faults);
}

}  // namespace

std::string agent_url(const ResourceRef& ref) {
  return fmt::format("/a2a/{}/{}", ref.name_space, ref.name);
}

std::string card_base(std::string_view url) {
  for (const std::string_view end : {"/.well-known/agent-card.json", "/.well-known/agent.json"})
    if (url.ends_with(end)) return std::string(url.substr(0, url.size() - end.size()));
  return std::string(url);
}

std::string skill_id(const AgentSkillSpec& skill) {
  if (skill.id) return *skill.id;
  std::string id = lower(skill.name);
  for (char& c : id)
    if (!is_word({&c, 1}, "-_.", 1)) c = '-';
  return id;
}

Result<> check_agent(const AgentSpec& spec) {
  Faults faults;
  const int kinds = (spec.declarative ? 1 : 0) + (spec.byo ? 1 : 0) + (spec.remote ? 1 : 0);
  if (kinds != 1) faults.add("/spec", "exactly one of declarative, byo and remote is needed");
  check_card(spec, faults);
  if (spec.declarative) DeclarativeChecker(*spec.declarative, faults).run();
  if (spec.byo) check_byo(*spec.byo, faults);
  if (spec.remote) check_remote(*spec.remote, faults);
  return faults.result();
}

}  // namespace flotilla::core
