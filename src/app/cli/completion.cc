#include "app/cli/completion.h"

#include <fmt/format.h>

#include <functional>

namespace flotilla::app {

namespace {

/// Calls `visit` for each command with the words that lead to it.
void walk(const Command& command, const std::string& path,
          const std::function<void(const Command&, const std::string&)>& visit) {
  visit(command, path);
  for (const Command& child : command.commands)
    walk(child, path.empty() ? child.name : path + " " + child.name, visit);
}

/// Everything that may follow the command.
std::string words_of(const Command& command) {
  std::string out;
  const auto add = [&](const std::string& word) {
    if (word.empty()) return;
    if (!out.empty()) out += ' ';
    out += word;
  };
  for (const Command& child : command.commands) add(child.name);
  for (const CommandOption& option : command.options) {
    add(option.long_name);
    add(option.short_name);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string case_of_values(const Command& root) {
  std::string out;
  walk(root, "", [&](const Command& command, const std::string& path) {
    for (const CommandOption& option : command.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : {option.long_name, option.short_name}) {
        if (name.empty()) continue;
        std::string action = "return";
        if (!option.choices.empty())
          action = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\")); return",
                               joined(option.choices));
        else if (option.takes_path)
          action = "COMPREPLY=($(compgen -f -- \"$current\")); return";
        out += fmt::format("    \"{}:{}\") {} ;;\n", path, name, action);
      }
    }
  });
  return out;
}

std::string case_of_words(const Command& root) {
  std::string out;
  walk(root, "", [&](const Command& command, const std::string& path) {
    out += fmt::format("    \"{}\") words='{}' ;;\n", path, words_of(command));
  });
  return out;
}

std::string all_paths(const Command& root) {
  std::string out;
  walk(root, "", [&](const Command&, const std::string& path) {
    if (path.empty()) return;
    if (!out.empty()) out += " | ";
    out += '"' + path + '"';
  });
  return out;
}

/// Also the body of zsh's: its bashcompinit runs the same function.
std::string bash_function(const Command& root) {
  return fmt::format(R"(_flotilla() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local path='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{path:+$path }}${{COMP_WORDS[i]}}" in
    {0}) path="${{path:+$path }}${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path:$previous" in
{1}  esac
  case "$path" in
{2}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
)",
                     all_paths(root), case_of_values(root), case_of_words(root));
}

}  // namespace

std::string bash_completion(const Command& root) {
  return "# bash completion of flotilla; load it with: source <(flotilla completion bash)\n" +
         bash_function(root) + "complete -o default -F _flotilla flotilla\n";
}

std::string zsh_completion(const Command& root) {
  return "#compdef flotilla\n"
         "# zsh completion of flotilla; load it with: source <(flotilla completion zsh)\n"
         "autoload -U +X compinit && compinit -u\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_function(root) + "complete -o default -F _flotilla flotilla\n";
}

std::string fish_completion(const Command& root) {
  std::string out =
      "# fish completion of flotilla; load it with: flotilla completion fish | source\n"
      "function __flotilla_at\n"
      "  set -l words (commandline -opc)[2..-1]\n"
      "  set -l path (string match -v -- '-*' $words)\n"
      "  test \"$path\" = \"$argv[1]\"; or string match -q -- \"$argv[1] *\" \"$path\"\n"
      "end\n"
      "complete -c flotilla -f\n";
  walk(root, "", [&](const Command& command, const std::string& path) {
    for (const Command& child : command.commands)
      out += fmt::format(
          "complete -c flotilla -n 'test (commandline -opc | count) -eq {}; and "
          "__flotilla_at \"{}\"' -a {} -d {}\n",
          path.empty() ? 1 : 2, path, child.name, single_quoted(child.summary));
    for (const CommandOption& option : command.options) {
      out += fmt::format("complete -c flotilla -n '__flotilla_at \"{}\"'", path);
      if (!option.long_name.empty()) out += " -l " + option.long_name.substr(2);
      if (!option.short_name.empty()) out += " -s " + option.short_name.substr(1);
      if (option.takes_value) out += " -r";
      if (option.takes_path) out += " -F";
      if (!option.choices.empty()) out += fmt::format(" -a '{}'", joined(option.choices));
      out += " -d " + single_quoted(option.help) + "\n";
    }
  });
  return out;
}

}  // namespace flotilla::app
