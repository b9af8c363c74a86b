#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace flotilla::http {
struct Request;
}

/// Which version of the protocol a request speaks (specification 1.0 section 3.6; a2a.md 1.5).
namespace flotilla::a2a {

enum class Version : std::uint8_t { v0_3, v1_0 };
/// `0.3`, `1.0`.
std::string_view wire_name(Version version);

/// Reads `Major.Minor[.…]`: 0.3 and every 1.x are served. VERSION_NOT_SUPPORTED otherwise.
Result<Version> parse_version(std::string_view text);

struct RequestedVersion {
  Version version = Version::v0_3;
  bool stated = false;  // false: neither header nor query named one, which means 0.3
};
/// The header `A2A-Version`, else the query parameter of that name.
Result<RequestedVersion> requested_version(const http::Request& request);

}  // namespace flotilla::a2a
