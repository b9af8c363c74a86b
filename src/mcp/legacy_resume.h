#pragma once

#include <string>

#include "async/async.h"
#include "base/result.h"
#include "mcp/session_store.h"

namespace flotilla::mcp {

/// Completes a stored stream whose calls are gone, for the process that ran them ended: requests
/// without an answer get an error, so that nobody waits for ever. not_found for an unknown stream.
Async<Result<>> settle_stream(SessionStore& store, std::string session, std::string stream);

}  // namespace flotilla::mcp
