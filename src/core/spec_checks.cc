#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/id.h"
#include "core/spec_checks_internal.h"
#include "core/stored_values.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxEntries = 1000;

/// What HTTP sets by itself, whatever the protocol above.
constexpr std::array<std::string_view, 8> kHttpHeaders{
    "host", "content-length", "content-type", "accept",
    "te",   "connection",     "upgrade",      "transfer-encoding"};

void check_key_ref(const std::string& name, const std::string& key, const std::string& at,
                   Faults& faults) {
  check_name(name, at + "/name", faults);
  if (auto fault = data_key_fault(key); !fault.empty()) faults.add(at + "/key", fault);
}

void check_named_value(const NamedValue& entry, const std::string& at, Faults& faults) {
  if (entry.value.has_value() == entry.valueFrom.has_value())
    return faults.add(at + "/value", "exactly one of value and valueFrom is needed");
  if (entry.value && has_control(*entry.value))
    faults.add(at + "/value", "holds control characters");
  if (entry.valueFrom) check_value_source(*entry.valueFrom, at + "/valueFrom", faults);
}

}  // namespace

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

std::string pointer_to(std::string_view at, std::string_view key) {
  std::string out(at);
  out += '/';
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

void check_url(std::string_view url, const std::string& at, Faults& faults) {
  if (auto fault = url_fault(url); !fault.empty()) faults.add(at, fault);
}

void check_count(std::size_t size, const std::string& at, Faults& faults) {
  if (size > kMaxEntries) faults.add(at, fmt::format("has more than {}", kMaxEntries));
}

void check_name(std::string_view name, const std::string& at, Faults& faults) {
  if (!is_label(name)) faults.add(at, "is no name of a resource");
}

void check_secret_ref(const SecretKeyRef& ref, const std::string& at, Faults& faults) {
  check_key_ref(ref.name, ref.key, at, faults);
}

void check_value_source(const ValueSource& source, const std::string& at, Faults& faults) {
  if (source.secretKeyRef.has_value() == source.configMapKeyRef.has_value())
    return faults.add(at, "exactly one of secretKeyRef and configMapKeyRef is needed");
  if (source.secretKeyRef) check_secret_ref(*source.secretKeyRef, at + "/secretKeyRef", faults);
  if (source.configMapKeyRef)
    check_key_ref(source.configMapKeyRef->name, source.configMapKeyRef->key,
                  at + "/configMapKeyRef", faults);
}

void check_header_name(std::string_view name, std::span<const std::string_view> ours,
                       const std::string& at, Faults& faults) {
  const auto small = lower(name);
  if (small.empty() || !is_word(small, "!#$%&'*+-.^_`|~", 256))
    faults.add(at, "is no name of a header");
  else if (std::ranges::find(kHttpHeaders, small) != kHttpHeaders.end() ||
           std::ranges::find(ours, small) != ours.end())
    faults.add(at, fmt::format("{} is set by the protocol", name));
}

LowerNames check_headers(const std::vector<NamedValue>& headers, const std::string& at,
                         std::span<const std::string_view> ours, Faults& faults) {
  LowerNames seen;
  check_count(headers.size(), at, faults);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto here = fmt::format("{}/{}", at, i);
    check_header_name(headers[i].name, ours, here + "/name", faults);
    if (!seen.insert(lower(headers[i].name)).second) faults.add(here + "/name", "is there twice");
    check_named_value(headers[i], here, faults);
  }
  return seen;
}

void check_environment(const std::vector<NamedValue>& variables, const std::string& at,
                       Faults& faults) {
  std::set<std::string> seen;
  check_count(variables.size(), at, faults);
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const auto here = fmt::format("{}/{}", at, i);
    const auto& name = variables[i].name;
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0 ||
        !is_word(name, "_", 256))
      faults.add(here + "/name", "is no name of a variable: letters, digits and _");
    else if (!seen.insert(name).second)
      faults.add(here + "/name", "is there twice");
    check_named_value(variables[i], here, faults);
  }
}

void check_tls(const TlsSpec& tls, const std::optional<std::string>& url, const std::string& at,
               Faults& faults) {
  if (url && !lower(*url).starts_with("https://")) faults.add(at, "needs a url with https://");
  const auto ref = [&](const std::optional<SecretKeyRef>& one, std::string_view field) {
    if (one) check_secret_ref(*one, fmt::format("{}/{}", at, field), faults);
  };
  ref(tls.caSecretRef, "caSecretRef");
  ref(tls.clientCertSecretRef, "clientCertSecretRef");
  ref(tls.clientKeySecretRef, "clientKeySecretRef");
  if (tls.clientCertSecretRef.has_value() != tls.clientKeySecretRef.has_value())
    faults.add(at + "/clientKeySecretRef",
               "a client certificate needs clientCertSecretRef and clientKeySecretRef");
  if (tls.insecureSkipVerify && tls.caSecretRef)
    faults.add(at + "/caSecretRef", "is of no use with insecureSkipVerify");
  if (tls.serverName && (tls.serverName->empty() || !is_word(*tls.serverName, ".-:", 253)))
    faults.add(at + "/serverName", "is no name of a host");
}

void check_allowed(const AllowedNamespaces& allowed, const std::string& at, Faults& faults) {
  check_count(allowed.names.size(), at + "/names", faults);
  if (allowed.from == NamespacesFrom::list && allowed.names.empty())
    faults.add(at + "/names", "is needed with from: List");
  if (allowed.from != NamespacesFrom::list && !allowed.names.empty())
    faults.add(at + "/names", "needs from: List");
  for (std::size_t i = 0; i < allowed.names.size(); ++i)
    if (!is_label(allowed.names[i]))
      faults.add(fmt::format("{}/names/{}", at, i), "is no name of a namespace");
}

void check_globs(const std::vector<std::string>& globs, const std::string& at, Faults& faults) {
  check_count(globs.size(), at, faults);
  for (std::size_t i = 0; i < globs.size(); ++i)
    if (globs[i].empty() || globs[i].size() > 256 || has_control(globs[i]))
      faults.add(fmt::format("{}/{}", at, i), "must be a name, or a glob with * ?");
}

}  // namespace flotilla::core
