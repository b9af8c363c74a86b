#pragma once

#include "json/value.h"
#include "mcp/method.h"

namespace flotilla::mcp {

/// Takes out of a result what a legacy revision does not know, so that strict clients can read it:
/// content kinds younger than the revision become text or an embedded resource, structured content
/// and output schemas that are no objects go (mcp.md 4.2, 4.3).
void downgrade(json::Object& result, Method method, Revision revision);

}  // namespace flotilla::mcp
