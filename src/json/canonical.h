#pragma once

#include <string>

#include "json/value.h"

namespace flotilla::json {

/// The JSON Canonicalization Scheme (RFC 8785), for signatures and hashes: members sorted by their
/// names' UTF-16 code units, numbers as ECMAScript writes the nearest double, no white space.
/// Strings must be valid UTF-8 and names distinct, as parse() sees to.
void write_canonical(const Value& value, std::string& out);
std::string to_canonical(const Value& value);

}  // namespace flotilla::json
