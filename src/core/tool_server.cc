#include "core/tool_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/id.h"
#include "core/faults_internal.h"
#include "core/stored_values.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxEntries = 1000;
constexpr Duration kLongestTimeout = std::chrono::hours(24);

bool is_word(std::string_view text, std::string_view more, std::size_t longest) {
  return text.size() <= longest && std::ranges::all_of(text, [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || more.contains(c);
         });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// What is wrong with an http or https URL; empty: nothing that can be seen here.
std::string url_fault(std::string_view url) {
  const auto scheme = url.find("://");
  const auto name = lower(url.substr(0, scheme == std::string_view::npos ? 0 : scheme));
  if (name != "http" && name != "https") return "must begin with http:// or https://";
  if (url.size() > kMaxUrl) return fmt::format("is longer than {} bytes", kMaxUrl);
  if (has_control(url) || url.contains(' ')) return "holds blanks or control characters";
  auto authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.empty() || authority.starts_with(':')) return "has no host";
  if (authority.contains('@')) return "holds credentials; give them as a header from a Secret";
  if (url.contains('#')) return "has a fragment, which no server gets to see";
  return {};
}

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
    if (spec_.timeout <= Duration::zero() || spec_.timeout > kLongestTimeout)
      faults_.add("/spec/timeout", "must be more than 0s and at most 24h");
    return faults_.result();
  }

 private:
  void check_place() {
    const bool stdio = spec_.transport == ToolTransport::stdio;
    if (!spec_.url && !spec_.command)
      return faults_.add("/spec/url", "is missing: a ToolServer has a url or a command");
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

  void check_ref(const SecretKeyRef& ref, const std::string& at) {
    check_key_ref(ref.name, ref.key, at);
  }

  void check_key_ref(const std::string& name, const std::string& key, const std::string& at) {
    if (!is_label(name)) faults_.add(at + "/name", "is no name of a resource");
    if (auto fault = data_key_fault(key); !fault.empty()) faults_.add(at + "/key", fault);
  }

  void check_source(const NamedValue& entry, const std::string& at) {
    if (entry.value.has_value() == entry.valueFrom.has_value())
      return faults_.add(at + "/value", "exactly one of value and valueFrom is needed");
    if (entry.value && has_control(*entry.value))
      faults_.add(at + "/value", "holds control characters");
    if (!entry.valueFrom) return;
    const auto& from = *entry.valueFrom;
    if (from.secretKeyRef.has_value() == from.configMapKeyRef.has_value())
      return faults_.add(at + "/valueFrom",
                         "exactly one of secretKeyRef and configMapKeyRef is needed");
    if (from.secretKeyRef) check_ref(*from.secretKeyRef, at + "/valueFrom/secretKeyRef");
    if (from.configMapKeyRef)
      check_key_ref(from.configMapKeyRef->name, from.configMapKeyRef->key,
                    at + "/valueFrom/configMapKeyRef");
  }

  void check_headers() {
    static const std::set<std::string, std::less<>> kOurs{"host",
                                                          "content-length",
                                                          "content-type",
                                                          "accept",
                                                          "connection",
                                                          "last-event-id",
                                                          "te",
                                                          "upgrade",
                                                          "transfer-encoding",
                                                          "mcp-session-id",
                                                          "mcp-protocol-version",
                                                          "mcp-method",
                                                          "mcp-name"};
    std::set<std::string> seen;
    limit(spec_.headers.size(), "headers");
    for (std::size_t i = 0; i < spec_.headers.size(); ++i) {
      const auto at = fmt::format("/spec/headers/{}", i);
      const auto name = lower(spec_.headers[i].name);
      if (name.empty() || !is_word(name, "!#$%&'*+-.^_`|~", 256))
        faults_.add(at + "/name", "is no name of a header");
      else if (kOurs.contains(name))
        faults_.add(at + "/name", fmt::format("{} is set by the protocol", spec_.headers[i].name));
      else if (!seen.insert(name).second)
        faults_.add(at + "/name", "is there twice");
      check_source(spec_.headers[i], at);
    }
    if (spec_.oauth && seen.contains("authorization"))
      faults_.add("/spec/oauth", "cannot be given together with a header Authorization");
  }

  void check_environment() {
    std::set<std::string> seen;
    limit(spec_.env.size(), "env");
    for (std::size_t i = 0; i < spec_.env.size(); ++i) {
      const auto at = fmt::format("/spec/env/{}", i);
      const auto& name = spec_.env[i].name;
      if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0 ||
          !is_word(name, "_", 256))
        faults_.add(at + "/name", "is no name of a variable: letters, digits and _");
      else if (!seen.insert(name).second)
        faults_.add(at + "/name", "is there twice");
      check_source(spec_.env[i], at);
    }
  }

  void check_tools() {
    limit(spec_.allowedTools.size(), "allowedTools");
    limit(spec_.rename.size(), "rename");
    for (std::size_t i = 0; i < spec_.allowedTools.size(); ++i) {
      const auto& one = spec_.allowedTools[i];
      if (one.empty() || one.size() > 256 || has_control(one))
        faults_.add(fmt::format("/spec/allowedTools/{}", i), "must be a name, or a glob with * ?");
    }
    std::set<std::string> targets;
    for (const auto& [from, to] : spec_.rename) {
      std::string at = "/spec/rename/";
      for (char c : from) at += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
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
    if (!spec_.tls) return;
    if (spec_.url && !lower(*spec_.url).starts_with("https://"))
      faults_.add("/spec/tls", "needs a url with https://");
    const auto& tls = *spec_.tls;
    if (tls.caSecretRef) check_ref(*tls.caSecretRef, "/spec/tls/caSecretRef");
    if (tls.clientCertSecretRef)
      check_ref(*tls.clientCertSecretRef, "/spec/tls/clientCertSecretRef");
    if (tls.clientKeySecretRef) check_ref(*tls.clientKeySecretRef, "/spec/tls/clientKeySecretRef");
    if (tls.clientCertSecretRef.has_value() != tls.clientKeySecretRef.has_value())
      faults_.add("/spec/tls/clientKeySecretRef",
                  "a client certificate needs clientCertSecretRef and clientKeySecretRef");
    if (tls.insecureSkipVerify && tls.caSecretRef)
      faults_.add("/spec/tls/caSecretRef", "is of no use with insecureSkipVerify");
    if (tls.serverName && (tls.serverName->empty() || !is_word(*tls.serverName, ".-:", 253)))
      faults_.add("/spec/tls/serverName", "is no name of a host");
  }

  void check_oauth() {
    if (!spec_.oauth) return;
    const auto& oauth = *spec_.oauth;
    if (oauth.clientSecretRef) check_ref(*oauth.clientSecretRef, "/spec/oauth/clientSecretRef");
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

  void limit(std::size_t size, std::string_view field) {
    if (size > kMaxEntries)
      faults_.add(fmt::format("/spec/{}", field), fmt::format("has more than {}", kMaxEntries));
  }

  const ToolServerSpec& spec_;
  Faults faults_;
};

constexpr json::FieldDoc kSecretKeyRefDocs[] = {
    {"name", "name of the Secret, in the same namespace"},
    {"key", "which of its values"},
};
constexpr json::FieldDoc kConfigMapKeyRefDocs[] = {
    {"name", "name of the ConfigMap, in the same namespace"},
    {"key", "which of its values"},
};
constexpr json::FieldDoc kValueSourceDocs[] = {
    {"secretKeyRef", "a value of a Secret"},
    {"configMapKeyRef", "a value of a ConfigMap"},
};
constexpr json::FieldDoc kNamedValueDocs[] = {
    {"name", "name of the header or variable"},
    {"value", "the value itself, which everybody who reads the ToolServer sees"},
    {"valueFrom", "where the value is"},
};
constexpr json::FieldDoc kTlsDocs[] = {
    {"caSecretRef", "PEM certificates of the authorities to trust, instead of the system's"},
    {"insecureSkipVerify", "do not check the server's certificate; for tests"},
    {"serverName", "name that the certificate must be for, instead of the URL's host"},
    {"clientCertSecretRef", "PEM certificate to present"},
    {"clientKeySecretRef", "its PEM private key"},
};
constexpr json::FieldDoc kOauthDocs[] = {
    {"grant", "a person authorizes once (authorization-code), or the server by itself"},
    {"clientId", "the client as the authorization server knows it; absent: we register"},
    {"clientSecretRef", "the client's secret"},
    {"scopes", "scopes to ask for; absent: those that the server names"},
    {"clientMetadataUrl", "our client id metadata document, where servers take one as clientId"},
};
constexpr json::FieldDoc kSpecDocs[] = {
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

std::span<const json::FieldDoc> field_docs(const SecretKeyRef*) {
  return kSecretKeyRefDocs;
}
std::span<const json::FieldDoc> field_docs(const ConfigMapKeyRef*) {
  return kConfigMapKeyRefDocs;
}
std::span<const json::FieldDoc> field_docs(const ValueSource*) {
  return kValueSourceDocs;
}
std::span<const json::FieldDoc> field_docs(const NamedValue*) {
  return kNamedValueDocs;
}
std::span<const json::FieldDoc> field_docs(const ToolServerTls*) {
  return kTlsDocs;
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
