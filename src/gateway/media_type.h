#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "a2a/types.h"
#include "base/result.h"

namespace flotilla::gateway {

/// `text/plain; charset=utf-8` is admitted by `text/plain`, `text/*` and `*/*`. Without case.
bool admits(const std::vector<std::string>& modes, std::string_view media_type);

/// CONTENT_TYPE_NOT_SUPPORTED for a part whose media type the agent does not take; parts without
/// one are accepted, and so is everything where the agent declares no input modes at all.
Result<> check_media_types(const a2a::Message& message, const std::vector<std::string>& modes);

}  // namespace flotilla::gateway
