#pragma once

#include <string>
#include <vector>

#include "app/cli/command_tree.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"

namespace flotilla::app {

/// Runs one command line, without the program's name. The only file that knows how the command
/// line is parsed is cli.cc; commands are plain functions of their options.
Exit run_cli(std::vector<std::string> arguments, Io& io);

/// Every command with its flags.
Command command_tree();

}  // namespace flotilla::app
