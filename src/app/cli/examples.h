#pragma once

#include <string_view>

/// What `--help` of each command shows.
namespace flotilla::app::examples {

inline constexpr std::string_view kServe =
    "  flotilla serve\n"
    "  flotilla serve --listen 127.0.0.1:0 --database sqlite::memory:\n"
    "  flotilla serve --listen 0.0.0.0:8080 --tokens tokens.yaml --public-url "
    "https://agents.example.org\n"
    "  FLOTILLA_LOG_LEVEL=debug flotilla serve --config flotilla.yaml\n\n"
    "Each flag is also a key of the file and a variable: --public-url, public-url,\n"
    "FLOTILLA_PUBLIC_URL. Flag wins over variable, variable over file.";

inline constexpr std::string_view kConfig =
    "  flotilla config\n"
    "  flotilla config --config flotilla.yaml --listen 0.0.0.0:80 -o json";

inline constexpr std::string_view kSend =
    "  flotilla send \"Calculate 25 * 4\"\n"
    "  flotilla send --stream -a echo \"delay=200ms chunks=5 one two three four five\"\n"
    "  flotilla send -a analysis --file report.txt\n"
    "  flotilla send --task 0198c0de-… \"the blue one\"\n"
    "  git diff | flotilla send -a analysis -o json -";

inline constexpr std::string_view kChat =
    "  flotilla chat\n"
    "  flotilla chat -a memory\n"
    "  flotilla chat --last\n"
    "  flotilla chat --session 0198c0de-…";

inline constexpr std::string_view kTasksList =
    "  flotilla tasks list\n"
    "  flotilla tasks list --state working --watch\n"
    "  flotilla tasks list -a echo -o name | xargs -n1 flotilla tasks "
    "cancel";

inline constexpr std::string_view kTasksGet =
    "  flotilla tasks get 0198c0de-…\n"
    "  flotilla tasks get 0198c0de-… -o yaml";

inline constexpr std::string_view kTasksCancel = "  flotilla tasks cancel 0198c0de-…";

inline constexpr std::string_view kSessionsList =
    "  flotilla sessions list\n"
    "  flotilla sessions list -n team-a -o wide";

inline constexpr std::string_view kSessionsGet =
    "  flotilla sessions get 0198c0de-…\n"
    "  flotilla sessions get team-a/0198c0de-… -o json";

inline constexpr std::string_view kAgentsList =
    "  flotilla agents list\n"
    "  flotilla agents list -o wide";

inline constexpr std::string_view kAgentsGet =
    "  flotilla agents get calculator\n"
    "  flotilla agents get default/echo --card";

inline constexpr std::string_view kLogs =
    "  flotilla logs 0198c0de-…\n"
    "  flotilla logs -f 0198c0de-…\n"
    "  flotilla logs 0198c0de-… --after 12 -o json";

inline constexpr std::string_view kVersion =
    "  flotilla version\n"
    "  flotilla version --client -o json";

inline constexpr std::string_view kCompletion =
    "  source <(flotilla completion bash)\n"
    "  flotilla completion zsh > \"${fpath[1]}/_flotilla\"\n"
    "  flotilla completion fish > ~/.config/fish/completions/flotilla.fish";

}  // namespace flotilla::app::examples
