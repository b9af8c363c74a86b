#pragma once

#include "json/value.h"

namespace flotilla::json {

/// JSON Merge Patch (RFC 7396): members of the patch replace those of the target, null removes one,
/// objects are merged, anything else replaces the target.
void merge_patch(Value& target, const Value& patch);

}  // namespace flotilla::json
