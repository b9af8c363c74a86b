#include "a2a/card_grpc.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace flotilla::a2a {
namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

/// Without the port.
std::string_view name_of(std::string_view authority) {
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return authority.substr(0, colon);
}

}  // namespace

std::string host_name_of(const http::Request& request, const ServerConfig& config) {
  std::string_view authority = config.public_url;
  if (const auto scheme = authority.find("://"); scheme != std::string_view::npos)
    authority.remove_prefix(scheme + 3);
  authority = authority.substr(0, authority.find('/'));
  if (authority.empty()) authority = request.headers.find("Host").value_or("");
  if (!std::ranges::all_of(authority, is_host_char)) authority = {};
  const std::string_view name = name_of(authority);
  return name.empty() ? "localhost" : std::string(name);
}

void add_grpc_interfaces(AgentCard& card, const http::Request& request, const AgentRef& agent,
                         const ServerConfig& config) {
  const std::uint16_t port = config.ports->grpc;
  if (port == 0) return;
  const bool front_desk =
      agent.name == config.front_desk.name && agent.name_space == config.front_desk.name_space;
  AgentInterface entry;
  entry.url = host_name_of(request, config) + ":" + std::to_string(port);
  entry.protocolBinding = "GRPC";
  entry.protocolVersion = "1.0";
  if (!front_desk) entry.tenant = agent.name_space + "/" + agent.name;
  card.supportedInterfaces.push_back(entry);
  if (!front_desk) return;
  entry.protocolVersion = "0.3";
  card.supportedInterfaces.push_back(std::move(entry));
}

}  // namespace flotilla::a2a
