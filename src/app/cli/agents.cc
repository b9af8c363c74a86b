#include "app/cli/agents.h"

#include <fmt/format.h>

#include <ostream>

#include "a2a/card.h"
#include "app/cli/resource_view.h"
#include "app/cli/sessions.h"
#include "json/map.h"

namespace flotilla::app {

namespace {

std::string name_of(const json::Value& item) {
  return text_at(item, {"metadata", "namespace"}) + "/" + text_at(item, {"metadata", "name"});
}

std::string ready(const json::Value& agent) {
  return condition_of(agent, "Ready") == "True" ? "yes" : "no";
}

View agent_view() {
  View view;
  view.columns = {
      text_column("NAMESPACE", {"metadata", "namespace"}),
      text_column("NAME", {"metadata", "name"}),
      text_column("TYPE", {"status", "type"}),
      {"READY", [](const json::Value& item, Time) { return ready(item); }},
      age_column("AGE", {"metadata", "creationTimestamp"}),
      text_column("DESCRIPTION", {"spec", "description"}),
      text_column("URL", {"status", "url"}, true),
      text_column("UID", {"metadata", "uid"}, true),
  };
  view.name = name_of;
  return view;
}

std::string agents_path(const std::string& name_space) {
  if (name_space.empty()) return "/api/v1/agents";
  return fmt::format("/api/v1/namespaces/{}/agents", http::percent_encode(name_space));
}

void print_skills(const a2a::AgentCard& card, Io& io) {
  if (!card.skills.empty()) io.out << "\nSkills:\n";
  for (const a2a::AgentSkill& skill : card.skills) {
    io.out << "  " << printable_line(skill.name) << ": " << printable_line(skill.description)
           << "\n";
    for (const std::string& example : skill.examples)
      io.out << "    e.g. " << printable_line(example) << "\n";
  }
}

void print_agent(const json::Value& agent, const json::Value& card, Io& io) {
  print_fields({{"Agent", name_of(agent)},
                {"Type", text_at(agent, {"status", "type"})},
                {"Description", text_at(agent, {"spec", "description"})},
                {"Ready", ready(agent)},
                {"A2A URL", text_at(agent, {"status", "url"})},
                {"Created", text_at(agent, {"metadata", "creationTimestamp"})}},
               io);
  if (const auto read = json::read<a2a::AgentCard>(card)) print_skills(*read, io);
}

Async<Result<Exit>> run_get(const AgentOptions& options, Io& io, Remote& remote) {
  const auto [name_space, name] = split_name(options.name, remote);
  const std::string path = agents_path(name_space) + "/" + http::percent_encode(name);
  const std::string card_path = path + "/card";
  const bool structured = options.format == Format::json || options.format == Format::yaml;
  if (options.card) {
    CO_TRY(card, co_await remote.get(card_path));
    print_value(card, options.format, io);
    co_return Exit::done;
  }
  CO_TRY(agent, co_await remote.get(path));
  if (structured) {
    print_value(agent, options.format, io);
  } else if (options.format == Format::name) {
    io.out << name_of(agent) << "\n";
  } else {
    CO_TRY(card, co_await remote.get(card_path));
    print_agent(agent, card, io);
  }
  co_return Exit::done;
}

}  // namespace

Exit list_agents(const ListOptions& options, Io& io) {
  return run_remote(options.client, io, [&](Remote& remote) {
    return show_list(options, agent_view(), agents_path(remote.target().name_space), {}, io,
                     remote);
  });
}

Exit get_agent(const AgentOptions& options, Io& io) {
  return run_remote(options.client, io,
                    [&](Remote& remote) { return run_get(options, io, remote); });
}

Async<Result<>> print_agents(Remote& remote, Io& io) {
  ListOptions options;
  options.all = true;
  const View view = agent_view();
  std::vector<std::pair<std::string_view, std::string>> query;
  CO_TRY_VOID(co_await show_list(options, view, agents_path(""), std::move(query), io, remote));
  co_return ok();
}

}  // namespace flotilla::app
