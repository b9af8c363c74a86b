#pragma once

#include <fmt/format.h>

#include <boost/mp11.hpp>
#include <string>
#include <string_view>

#include "compat/kagent/common.h"
#include "core/manifest_converter.h"
#include "core/references.h"

namespace flotilla::compat::kagent {

/// What is learnt while one document is converted.
struct Notes {
  std::string name_space;  // the document's own; empty: it names none
  std::string unsupported = {};
  core::FieldOrigins origins = {};

  void ignored(std::string_view field, std::string_view why) {
    if (!unsupported.empty()) unsupported += '\n';
    unsupported += fmt::format("{}: {}", field, why);
  }
  /// A field of ours, and where it comes from.
  void from(std::string ours, std::string theirs) {
    origins.emplace_back(std::move(ours), std::move(theirs));
  }
  /// Each member of `fields` that is there, by its name below `at`; all are optional.
  template <class T>
  void ignored_members(const T& fields, std::string_view at, std::string_view why) {
    using Members = boost::describe::describe_members<T, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      if (fields.*member.pointer) ignored(fmt::format("{}/{}", at, member.name), why);
    });
  }
};

inline constexpr std::string_view kNoPods = "agents and tool servers are no pods here";

core::ValueSource source_of(const ValueSource& source);
/// Headers; faults name `theirs`.
std::vector<core::NamedValue> headers_of(const std::vector<ValueRef>& refs, std::string_view ours,
                                         std::string_view theirs, Notes& notes);
/// Variables; those that only Kubernetes knows are left out and noted.
std::vector<core::NamedValue> environment_of(const std::vector<EnvVar>& variables,
                                             std::string_view ours, std::string_view theirs,
                                             Notes& notes);
std::optional<core::AllowedNamespaces> allowed_of(const std::optional<AllowedNamespaces>& allowed,
                                                  Notes& notes);
Result<std::optional<core::TlsSpec>> tls_of(const std::optional<TlsConfig>& tls, Notes& notes);

// By kind; `spec` as it was given.
Result<json::Value> agent_of(const json::Value& spec, bool sandboxed, Notes& notes);
Result<json::Value> model_config_of(const json::Value& spec, Notes& notes);
Result<json::Value> remote_mcp_server_of(const json::Value& spec, Notes& notes);
Result<json::Value> mcp_server_of(const json::Value& spec, Notes& notes);
Result<json::Value> old_tool_server_of(const json::Value& spec, Notes& notes);

}  // namespace flotilla::compat::kagent
