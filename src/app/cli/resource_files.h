#pragma once

#include <string>
#include <vector>

#include "app/cli/io.h"
#include "app/manifests.h"

namespace flotilla::app {

/// The documents of all files and folders, in order; `-` is standard input.
Result<std::vector<ManifestDocument>> read_resource_files(const std::vector<std::string>& files,
                                                          Io& io);

}  // namespace flotilla::app
