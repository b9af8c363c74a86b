#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flotilla::json {

/// A URI reference by its parts (RFC 3986 appendix B), nothing decoded.
struct UriParts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};
UriParts split_uri(std::string_view uri);

/// The reference as seen from the base, without fragment (RFC 3986 section 5.2). A base that is not
/// absolute, or empty, is taken as it is.
std::string resolve_uri(std::string_view base, std::string_view reference);
/// Decodes `%41`; nullopt when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace flotilla::json
