#include "core/tool_server.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "core/faults_internal.h"
#include "core/spec_checks_internal.h"

namespace flotilla::core {

namespace {

constexpr Duration kLongestTimeout = std::chrono::hours(24);

/// Faults of a spec, by part.
class Checker {
 public:
  explicit Checker(const ToolServerSpec& spec) : spec_(spec) {}

  Result<> run() {
    check_place();
    check_headers();
    check_environment();
    check_tools();
    check_tls();
    check_oauth();
    if (spec_.allowedNamespaces)
      check_allowed(*spec_.allowedNamespaces, "/spec/allowedNamespaces", faults_);
    if (spec_.timeout <= Duration::zero() || spec_.timeout > kLongestTimeout)
      faults_.add("/spec/timeout", "must be more than 0s and at most 24h");
    return faults_.result();
  }

 private:
  void check_place() {
    const bool stdio = spec_.transport == ToolTransport::stdio;
    if (spec_.image && (spec_.url || spec_.command))
      faults_.add("/spec/image", "cannot be given together with url or command");
    if (!spec_.url && !spec_.command) {
      if (!spec_.image || spec_.image->empty())
        faults_.add("/spec/url", "is missing: a ToolServer has a url or a command");
      return;
    }
    if (spec_.url && spec_.command)
      return faults_.add("/spec/command", "cannot be given together with url");
    if (spec_.url) {
      if (auto fault = url_fault(*spec_.url); !fault.empty()) faults_.add("/spec/url", fault);
      if (stdio) faults_.add("/spec/transport", "stdio needs command instead of url");
      only_with(spec_.args.empty(), "args", "command");
      only_with(spec_.env.empty(), "env", "command");
      only_with(!spec_.cwd, "cwd", "command");
      return;
    }
    if (spec_.command->empty() || spec_.command->contains('\0'))
      faults_.add("/spec/command", "must be the name or path of a program");
    if (!stdio && spec_.transport != ToolTransport::auto_)
      faults_.add("/spec/transport", "with command it is stdio");
    if (spec_.cwd && !spec_.cwd->starts_with('/'))
      faults_.add("/spec/cwd", "must be an absolute path");
    for (std::size_t i = 0; i < spec_.args.size(); ++i)
      if (spec_.args[i].contains('\0'))
        faults_.add(fmt::format("/spec/args/{}", i), "holds a zero byte");
    only_with(spec_.headers.empty(), "headers", "url");
    only_with(!spec_.tls, "tls", "url");
    only_with(!spec_.oauth, "oauth", "url");
  }

  void only_with(bool absent, std::string_view field, std::string_view other) {
    if (!absent) faults_.add(fmt::format("/spec/{}", field), fmt::format("needs {}", other));
  }

  void check_headers() {
    static constexpr std::array<std::string_view, 5> kOurs{
        "last-event-id", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"};
    const auto seen = core::check_headers(spec_.headers, "/spec/headers", kOurs, faults_);
    if (spec_.oauth && seen.contains("authorization"))
      faults_.add("/spec/oauth", "cannot be given together with a header Authorization");
  }

  void check_environment() { core::check_environment(spec_.env, "/spec/env", faults_); }

  void check_tools() {
    check_globs(spec_.allowedTools, "/spec/allowedTools", faults_);
    check_count(spec_.rename.size(), "/spec/rename", faults_);
    std::set<std::string> targets;
    for (const auto& [from, to] : spec_.rename) {
      const auto at = pointer_to("/spec/rename", from);
      if (from.empty()) faults_.add(at, "an empty name is no tool's");
      if (to.empty() || !is_word(to, "_.-", 128))
        faults_.add(at, "a tool's name is 1 to 128 letters, digits, _, - and .");
      else if (!targets.insert(to).second)
        faults_.add(at, fmt::format("another tool is renamed to {}, too", to));
    }
    if (spec_.prefix && !is_word(*spec_.prefix, "_.-", 64))
      faults_.add("/spec/prefix", "is at most 64 letters, digits, _, - and .");
  }

  void check_tls() {
    if (spec_.tls) core::check_tls(*spec_.tls, spec_.url, "/spec/tls", faults_);
  }

  void check_oauth() {
    if (!spec_.oauth) return;
    const auto& oauth = *spec_.oauth;
    if (oauth.clientSecretRef)
      check_secret_ref(*oauth.clientSecretRef, "/spec/oauth/clientSecretRef", faults_);
    if (oauth.grant == OauthGrant::client_credentials) {
      if (!oauth.clientId) faults_.add("/spec/oauth/clientId", "is needed by client-credentials");
      if (!oauth.clientSecretRef)
        faults_.add("/spec/oauth/clientSecretRef", "is needed by client-credentials");
    }
    if (oauth.clientId && (oauth.clientId->empty() || has_control(*oauth.clientId)))
      faults_.add("/spec/oauth/clientId", "is empty or holds control characters");
    for (std::size_t i = 0; i < oauth.scopes.size(); ++i)
      if (const auto& scope = oauth.scopes[i];
          scope.empty() || has_control(scope) || scope.find_first_of(" \"\\") != std::string::npos)
        faults_.add(fmt::format("/spec/oauth/scopes/{}", i), "is no scope: one word each");
    if (!oauth.clientMetadataUrl) return;
    auto fault = url_fault(*oauth.clientMetadataUrl);
    if (fault.empty() && !lower(*oauth.clientMetadataUrl).starts_with("https://"))
      fault = "must begin with https://";
    if (!fault.empty()) faults_.add("/spec/oauth/clientMetadataUrl", fault);
  }

  const ToolServerSpec& spec_;
  Faults faults_;
};

constexpr json::FieldDoc kOauthDocs[] = {
    {"grant", "a person authorizes once (authorization-code), or the server by itself"},
    {"clientId", "the client as the authorization server knows it; absent: we register"},
    {"clientSecretRef", "the client's secret"},
    {"scopes", "scopes to ask for; absent: those that the server names"},
    {"clientMetadataUrl", "our client id metadata document, where servers take one as clientId"},
};
constexpr json::FieldDoc kSpecDocs[] = {
    {"description", "what it is good for, for people"},
    {"url", "http or https URL of the server; either this or command"},
    {"command", "program to run and speak to over stdio; only an admin may set it"},
    {"args", "its arguments"},
    {"env", "its environment variables, besides a few of ours such as PATH"},
    {"cwd", "its working directory"},
    {"transport", "how to speak to it; auto finds out"},
    {"headers", "headers of every request"},
    {"allowedTools", "the server's tools to offer, by name or glob (* and ?); absent: all"},
    {"rename", "other names for tools: the server's name to ours"},
    {"prefix", "stands before each tool's name, with _ between; absent: the resource's name"},
    {"timeout", "how long a call may take without any sign of life"},
    {"tls", "how to check the server, and who we are to it"},
    {"trustAnnotations", "believe what the server says of its tools, such as readOnlyHint"},
    {"toolPinning",
     "what becomes of a tool whose description or schema changes: withheld until approved, only "
     "logged, or nothing"},
    {"oauth", "get access tokens by OAuth 2.1"},
    {"retryUnsafe", "repeat a call that was cut off, though the tool may have done its work"},
    {"allowedNamespaces", "agents of which namespaces may use its tools; absent: its own"},
    {"image", "container image of the server, for Kubernetes; alone it runs nothing here"},
};
constexpr json::FieldDoc kToolDocs[] = {
    {"name", "as the catalogue names it"},
    {"original", "as the server names it, where that differs"},
    {"description", "what the server says of it"},
    {"hash", "of description, schemas and annotations"},
};
constexpr json::FieldDoc kQuarantinedDocs[] = {
    {"name", "as the catalogue would name it"},
    {"reason", "why it is withheld"},
    {"pinnedHash", "what was approved"},
    {"offeredHash", "what the server offers now"},
    {"since", "since when"},
};
constexpr json::FieldDoc kInfoDocs[] = {
    {"name", "its name"},
    {"title", "its name for people"},
    {"version", "its version"},
};
constexpr json::FieldDoc kToolServerStatusDocs[] = {
    {"conditions", "Accepted: the spec can be used; Ready: its tools can be called"},
    {"observedGeneration", "the generation that the status is about"},
    {"era", "modern or legacy: which MCP it speaks"},
    {"protocolVersion", "the revision that was agreed on"},
    {"transport", "the transport in use"},
    {"serverInfo", "what the server says of itself"},
    {"toolCount", "how many tools it offers"},
    {"tools", "the tools that the spec allows"},
    {"quarantinedTools", "tools that are withheld until somebody approves them"},
    {"lastError", "what went wrong last"},
    {"lastErrorAt", "and when"},
};

}  // namespace

Result<> check_tool_server(const ToolServerSpec& spec) {
  return Checker(spec).run();
}

std::span<const json::FieldDoc> field_docs(const ToolServerOauth*) {
  return kOauthDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerSpec*) {
  return kSpecDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerTool*) {
  return kToolDocs;
}
std::span<const json::FieldDoc> field_docs(const QuarantinedTool*) {
  return kQuarantinedDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerInfo*) {
  return kInfoDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerStatus*) {
  return kToolServerStatusDocs;
}

}  // namespace flotilla::core
