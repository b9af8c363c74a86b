#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"

namespace flotilla::auth {

/// 32 random bytes.
Secret make_sealing_key(Random& random);

/// The keys of the file, oldest first, at least one; makes the file when it is missing.
Result<std::vector<Secret>> load_key_file(const std::string& path, Random& random);

/// Writes the keys so that a crash leaves the old file or the new one, both whole.
Result<> replace_key_file(const std::string& path, const std::vector<Secret>& keys);

}  // namespace flotilla::auth
