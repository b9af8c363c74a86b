#pragma once

#include <string>

#include "base/result.h"

namespace flotilla::app {

/// The whole file; not_found, or failed_precondition when it cannot be read or is larger than
/// `limit`.
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{16} << 20);

/// What a file of this name holds, by its ending; application/octet-stream for unknown ones.
std::string media_type_of(const std::string& path);

}  // namespace flotilla::app
