#pragma once

#include <optional>

#include "mcp/handler.h"

namespace flotilla::mcp {

/// Of the prompt that asks; nullopt once there is an answer.
std::optional<Reply> ask_for_context(const Caller& caller, const Rounds& rounds);

}  // namespace flotilla::mcp
