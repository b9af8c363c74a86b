#pragma once

#include <string>
#include <vector>

namespace flotilla::app {

/// The command line as data: what shell completion and the tests of the documentation read.
struct CommandOption {
  std::string long_name;   // `--output`; empty when there is none
  std::string short_name;  // `-o`
  std::string help;
  bool takes_value = false;
  bool takes_path = false;
  std::vector<std::string> choices;
};

struct Command {
  std::string name;
  std::string summary;
  std::vector<CommandOption> options;
  std::vector<Command> commands;
};

}  // namespace flotilla::app
