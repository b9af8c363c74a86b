#pragma once

#include "json/value.h"
#include "mcp/handler.h"

namespace flotilla::mcp {

/// What the lists of conformance mode hold.
json::Array conformance_definitions(ListKind kind);

}  // namespace flotilla::mcp
