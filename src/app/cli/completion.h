#pragma once

#include <string>

#include "app/cli/command_tree.h"

namespace flotilla::app {

// Scripts that complete commands, flags and their values.
std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

}  // namespace flotilla::app
