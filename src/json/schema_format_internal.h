#pragma once

#include <string_view>

namespace flotilla::json {

/// What `format` may name.
struct Format {
  std::string_view name;
  std::string_view words;  // "an e-mail address"
  bool (*matches)(std::string_view text);
};
/// Null for names that are not known: such a format refuses nothing.
const Format* find_format(std::string_view name);

// What several formats are made of.
bool is_uri(std::string_view text);
bool is_uri_reference(std::string_view text);
bool is_iri(std::string_view text);
bool is_iri_reference(std::string_view text);
bool is_uri_template(std::string_view text);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
bool is_hostname(std::string_view text);

}  // namespace flotilla::json
