#include "app/cli/io.h"

#include <unistd.h>

#include <iostream>

#include "base/config.h"

namespace flotilla::app {

std::optional<std::string> Io::variable(std::string_view name) const {
  for (const auto& [key, value] : environment) {
    if (key == name && !value.empty()) return value;
  }
  return std::nullopt;
}

bool Io::colour() const {
  return out_terminal && !variable("NO_COLOR") && variable("TERM").value_or("") != "dumb";
}

Io process_io() {
  return Io{std::cin,
            std::cout,
            std::cerr,
            config::process_environment(),
            isatty(STDIN_FILENO) == 1,
            isatty(STDOUT_FILENO) == 1,
            isatty(STDERR_FILENO) == 1};
}

std::string xdg_directory(const Io& io, std::string_view variable, std::string_view fallback) {
  if (const auto base = io.variable(variable)) return *base + "/flotilla";
  if (const auto home = io.variable("HOME"))
    return *home + "/" + std::string(fallback) + "/flotilla";
  return {};
}

}  // namespace flotilla::app
