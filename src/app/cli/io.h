#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flotilla::app {

/// What a command has of the outside world besides the network; tests give streams of their own.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::vector<std::pair<std::string, std::string>> environment;
  bool in_terminal = false;
  bool out_terminal = false;
  bool err_terminal = false;

  /// The variable; nullopt when it is not set or empty.
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;
  /// Whether `out` takes colours: a terminal, and NO_COLOR is not set.
  [[nodiscard]] bool colour() const;
};

/// Of this process.
Io process_io();

/// `$XDG_CONFIG_HOME/flotilla` and its kin: `variable` else `~/FALLBACK`, with `/flotilla` added.
/// Empty when neither it nor HOME is set.
std::string xdg_directory(const Io& io, std::string_view variable, std::string_view fallback);

}  // namespace flotilla::app
