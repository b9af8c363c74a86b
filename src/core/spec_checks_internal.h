#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/faults_internal.h"
#include "core/policy.h"
#include "core/references.h"

/// Checks that the kinds share. Each adds its faults below `at`, a JSON pointer.
namespace flotilla::core {

using LowerNames = std::set<std::string, std::less<>>;

/// Letters, digits and those of `more`, at most `longest`; the empty word, too.
bool is_word(std::string_view text, std::string_view more, std::size_t longest);
bool has_control(std::string_view text);
std::string lower(std::string_view text);
/// What is wrong with an http or https URL; empty: nothing that can be seen here.
std::string url_fault(std::string_view url);
/// `key` as a token of a JSON pointer below `at`.
std::string pointer_to(std::string_view at, std::string_view key);

void check_url(std::string_view url, const std::string& at, Faults& faults);
void check_count(std::size_t size, const std::string& at, Faults& faults);
/// A resource is named.
void check_name(std::string_view name, const std::string& at, Faults& faults);
void check_secret_ref(const SecretKeyRef& ref, const std::string& at, Faults& faults);
void check_value_source(const ValueSource& source, const std::string& at, Faults& faults);
/// Their lower-case names; those of the protocol, and `ours`, are refused.
LowerNames check_headers(const std::vector<NamedValue>& headers, const std::string& at,
                         std::span<const std::string_view> ours, Faults& faults);
/// A name of a header that may be set.
void check_header_name(std::string_view name, std::span<const std::string_view> ours,
                       const std::string& at, Faults& faults);
void check_environment(const std::vector<NamedValue>& variables, const std::string& at,
                       Faults& faults);
void check_tls(const TlsSpec& tls, const std::optional<std::string>& url, const std::string& at,
               Faults& faults);
void check_allowed(const AllowedNamespaces& allowed, const std::string& at, Faults& faults);
/// In policy.cc.
void check_spend_limit(const SpendLimit& limit, const std::string& at, Faults& faults);
void check_json_schema(const json::Object& schema, const std::string& at, Faults& faults);
/// Name or glob of a tool.
void check_globs(const std::vector<std::string>& globs, const std::string& at, Faults& faults);

}  // namespace flotilla::core
