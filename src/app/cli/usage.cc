#include "app/cli/usage.h"

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/time.h"

namespace flotilla::app {

std::string explain_unexpected(const Command& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const bool flag = name.starts_with('-');
  const bool group = !command.commands.empty();
  std::vector<std::string_view> known;
  for (const CommandOption& option : command.options)
    if (flag) known.push_back(option.long_name);
  for (const Command& child : command.commands)
    if (!flag) known.push_back(child.name);
  const char* what = "unexpected";
  if (flag) what = "unknown flag";
  if (!flag && group) what = "unknown command";
  std::string out = fmt::format("{} '{}'", what, name);
  if (const auto best = nearest(name, known)) return out + fmt::format("; did you mean {}?", *best);
  if (!flag && !group) out += "; put a text with blanks in quotes";
  return out;
}

std::string check_count(const std::string& text) {
  // A minus sign would be read as a very large number.
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? "" : "expected a whole number";
}

std::string check_duration(const std::string& text) {
  return parse_duration(text) ? "" : "expected a duration such as 500ms, 30s or 5m";
}

std::string check_shell(const std::string& text) {
  const bool known = text == "bash" || text == "zsh" || text == "fish";
  return known ? "" : "expected bash, zsh or fish";
}

std::string value_name(const config::Key& key) {
  if (key.type.starts_with("a duration")) return "DURATION";
  if (key.type.starts_with("a size")) return "SIZE";
  if (key.type.starts_with("a whole number")) return "N";
  if (key.type == "text" || key.is_list) return "TEXT";
  std::string out = key.type;
  for (const std::string_view separator : {" or ", ", "})
    for (std::size_t at = out.find(separator); at != std::string::npos; at = out.find(separator))
      out.replace(at, separator.size(), "|");
  return out;
}

std::string configuration_page(const config::Registry& keys) {
  std::string out =
      "# Configuration of the server\n\n"
      "Each key of `flotilla serve` can be given as a flag, as a variable, or in a YAML file that\n"
      "`--config` (or `FLOTILLA_CONFIG`) names. A flag wins over a variable, a variable over the\n"
      "file. `public-url`, for example:\n\n"
      "    flotilla serve --public-url https://agents.example.org\n"
      "    FLOTILLA_PUBLIC_URL=https://agents.example.org flotilla serve\n"
      "    public-url: https://agents.example.org          # in the file\n\n"
      "Lists are repeated flags, comma-separated variables, and lists in the file. An unknown "
      "key,\n"
      "an unknown `FLOTILLA_` variable or a bad value refuses the start and says what is allowed.\n"
      "`flotilla config` prints every key with its value and where that comes from.\n\n"
      "| Key | Value | Default | What it does |\n|---|---|---|---|\n";
  for (const config::Key& key : keys.keys()) {
    std::string type = key.type;
    for (std::size_t at = 0; (at = type.find('|', at)) != std::string::npos; at += 2)
      type.replace(at, 1, "\\|");
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, type,
                       key.default_text.empty() ? "" : "`" + key.default_text + "`", key.help);
  }
  return out +
         "\nThe variables `FLOTILLA_URL`, `FLOTILLA_TOKEN`, `FLOTILLA_CONTEXT` and "
         "`FLOTILLA_NAMESPACE` belong\n"
         "to the client ([cli.md](cli.md)); the server ignores them, and the service links that\n"
         "Kubernetes sets.\n";
}

}  // namespace flotilla::app
