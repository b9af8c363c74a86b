#include "app/cli/agent_link.h"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "app/cli/files.h"
#include "app/cli/output.h"
#include "base/id.h"
#include "base/utf8.h"

namespace flotilla::app {

namespace {

bool is_textual(std::string_view media_type) {
  return media_type.starts_with("text/") || media_type == "application/json" ||
         media_type == "application/yaml" || media_type == "application/xml";
}

/// Text travels as text, so that agents which read only that understand it.
Result<a2a::Part> file_part(const std::string& path) {
  TRY(content, read_file(path));
  a2a::Part part;
  part.filename = std::filesystem::path(path).filename().string();
  part.mediaType = media_type_of(path);
  if (is_textual(*part.mediaType) && is_utf8(content))
    part.text = std::move(content);
  else
    part.raw = json::Base64{std::move(content)};
  return part;
}

}  // namespace

Result<std::string> agent_url(const Remote& remote, const std::string& agent) {
  if (agent.empty()) return remote.target().url;
  const std::size_t slash = agent.find('/');
  const std::string name_space =
      slash == std::string::npos ? remote.name_space() : agent.substr(0, slash);
  const std::string name = slash == std::string::npos ? agent : agent.substr(slash + 1);
  if (!is_label(name_space) || !is_label(name))
    return fail(Error(Code::invalid_argument,
                      fmt::format("'{}' is not an agent: expected NAME or NAMESPACE/NAME", agent)));
  return fmt::format("{}/a2a/{}/{}", remote.target().url, name_space, name);
}

namespace {

/// Null: no card is checked.
Result<std::shared_ptr<const a2a::CardTrust>> card_trust_of(const AgentFlags& flags) {
  auto policy = flags.card_trust.empty() ? a2a::CardPolicy::off : a2a::CardPolicy::require;
  if (!flags.card_policy.empty())
    policy = a2a::parse_card_policy(flags.card_policy).value_or(policy);
  TRY(trust, a2a::CardTrust::load(policy, flags.card_trust));
  return std::make_shared<const a2a::CardTrust>(std::move(trust));
}

}  // namespace

Async<Result<std::unique_ptr<a2a::Client>>> connect_agent(Remote& remote, AgentFlags flags,
                                                          Duration call_timeout, Io& io) {
  const std::string agent = std::move(flags.agent);
  CO_TRY(url, agent_url(remote, agent));
  a2a::ClientOptions options;
  options.version = std::move(flags.version);
  options.binding = a2a::parse_binding(flags.binding);
  CO_TRY(trust, card_trust_of(flags));
  options.card_trust = std::move(trust);
  options.token = remote.target().token;
  options.call_timeout = call_timeout;
  options.on_cut = [&io](const Error& error) {
    io.err << "connection lost (" << printable_line(error.message()) << "); resuming" << std::endl;
  };
  auto client = co_await a2a::Client::connect(remote.http(), system_clock(), std::move(url),
                                              std::move(options));
  if (client) co_return client;
  if (client.error().code() == Code::not_found && !agent.empty())
    co_return fail(Error(Code::not_found, fmt::format("no agent '{}' at {}; see `flotilla agents "
                                                      "list`",
                                                      agent, remote.target().url)));
  co_return fail(remote.explain(client.error()));
}

Result<a2a::Message> user_message(std::string text, const std::vector<std::string>& files) {
  a2a::Message message;
  message.messageId = make_uuid_v7(system_clock().now(), system_random()).to_string();
  message.role = a2a::MessageRole::user;
  if (!text.empty()) message.parts.push_back(a2a::text_part(std::move(text)));
  for (const std::string& path : files) {
    TRY(part, file_part(path));
    message.parts.push_back(std::move(part));
  }
  return message;
}

}  // namespace flotilla::app
