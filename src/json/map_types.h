#pragma once

#include <string>

namespace flotilla::json {

/// Binary that travels as base64: written standard and padded, read also URL-safe and unpadded.
struct Base64 {
  std::string bytes;
  bool operator==(const Base64&) const = default;
};

struct ReadOptions {
  /// Refuse unknown members and name the nearest known one (config, manifests, our own API).
  bool strict = false;
  /// Accept the proto field name too (`context_id` for contextId) and enum numbers: ProtoJSON
  /// input.
  bool proto_names = false;
  /// Prefix for the pointers in errors, such as "/params".
  std::string at = {};
};

}  // namespace flotilla::json
