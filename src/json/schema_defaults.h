#pragma once

#include "base/result.h"
#include "json/value.h"

namespace flotilla::json {

/// The value with the `default` of each absent member that `properties` describes, also in objects
/// within it. References and conditions are not followed, and nothing is checked: that is Schema's
/// part. A schema of any shape is safe to pass.
Value with_defaults(const Value& schema, Value value);

/// Whether a schema is one that a form can show, as MCP's elicitation restricts it (2025-11-25,
/// form mode): an object of strings, numbers, booleans, and choices of one or of several strings.
/// The failure (invalid_argument) has the JSON pointer of what is not.
Result<> check_form_schema(const Value& schema);

}  // namespace flotilla::json
