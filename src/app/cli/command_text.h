#pragma once

#include <string_view>

namespace flotilla::app {

/// What help says of one command.
struct CommandText {
  std::string_view name;
  std::string_view summary;
  std::string_view examples;
};

namespace texts {

inline constexpr CommandText kServe{
    "serve", "Run the server",
    "  flotilla serve\n"
    "  flotilla serve --listen 127.0.0.1:0 --database sqlite::memory:\n"
    "  flotilla serve --listen 0.0.0.0:8080 --tokens tokens.yaml --public-url "
    "https://agents.example.org\n"
    "  FLOTILLA_LOG_LEVEL=debug flotilla serve --config flotilla.yaml\n\n"
    "Each flag is also a key of the file and a variable: --public-url, public-url,\n"
    "FLOTILLA_PUBLIC_URL. Flag wins over variable, variable over file."};

inline constexpr CommandText kConfig{
    "config", "Print the server's effective configuration and where it comes from",
    "  flotilla config\n"
    "  flotilla config --config flotilla.yaml --listen 0.0.0.0:80 -o json"};

inline constexpr CommandText kSend{
    "send", "Send one message to an agent and print the answer",
    "  flotilla send \"Calculate 25 * 4\"\n"
    "  flotilla send --stream -a echo \"delay=200ms chunks=5 one two three four five\"\n"
    "  flotilla send -a analysis --file report.txt\n"
    "  flotilla send --task 0198c0de-… \"the blue one\"\n"
    "  git diff | flotilla send -a analysis -o json -"};

inline constexpr CommandText kChat{"chat", "Talk with an agent",
                                   "  flotilla chat\n"
                                   "  flotilla chat -a memory\n"
                                   "  flotilla chat --last\n"
                                   "  flotilla chat --session 0198c0de-…"};

inline constexpr CommandText kMcp{
    "mcp", "Be an MCP server on standard input and output, for clients that start one",
    "  flotilla mcp\n"
    "  flotilla mcp --profile search\n"
    "  FLOTILLA_TOKEN=… flotilla mcp --server https://agents.example.org\n\n"
    "The tools are those of a server that runs already; it is found as by every other command."};

inline constexpr CommandText kTasksList{
    "list", "List tasks, last changed first",
    "  flotilla tasks list\n"
    "  flotilla tasks list --state working --watch\n"
    "  flotilla tasks list -a echo -o name | xargs -n1 flotilla tasks "
    "cancel"};

inline constexpr CommandText kTasksGet{"get", "Show a task: state, messages, result",
                                       "  flotilla tasks get 0198c0de-…\n"
                                       "  flotilla tasks get 0198c0de-… -o yaml"};

inline constexpr CommandText kTasksCancel{"cancel", "Cancel a task",
                                          "  flotilla tasks cancel 0198c0de-…"};

inline constexpr CommandText kSessionsList{"list", "List sessions, newest first",
                                           "  flotilla sessions list\n"
                                           "  flotilla sessions list -n team-a -o wide"};

inline constexpr CommandText kSessionsGet{"get", "Show a session and its tasks",
                                          "  flotilla sessions get 0198c0de-…\n"
                                          "  flotilla sessions get team-a/0198c0de-… -o json"};

inline constexpr CommandText kAgentsList{"list", "List the agents you may use",
                                         "  flotilla agents list\n"
                                         "  flotilla agents list -o wide"};

inline constexpr CommandText kAgentsGet{"get", "Show an agent and its skills",
                                        "  flotilla agents get calculator\n"
                                        "  flotilla agents get default/echo --card"};

inline constexpr CommandText kLogs{"logs", "Print the journal of a task",
                                   "  flotilla logs 0198c0de-…\n"
                                   "  flotilla logs -f 0198c0de-…\n"
                                   "  flotilla logs 0198c0de-… --after 12 -o json"};

inline constexpr CommandText kStats{"stats",
                                    "Show what model calls cost: requests, errors, tokens, money",
                                    "  flotilla stats\n"
                                    "  flotilla stats --since 24h --step 1h --by agent\n"
                                    "  flotilla stats --model fast --watch"};

inline constexpr CommandText kKeysList{"list", "List the server's keys",
                                       "  flotilla keys list\n"
                                       "  flotilla keys list -o json"};

inline constexpr CommandText kKeysCreate{
    "create", "Make a key that signs the cards of all agents, beside others",
    "  flotilla keys create\n"
    "  flotilla keys create --algorithm EdDSA"};

inline constexpr CommandText kKeysRotate{"rotate",
                                         "Make a new key and retire the others of its kind",
                                         "  flotilla keys rotate\n"
                                         "  flotilla keys rotate --sealing"};

inline constexpr CommandText kKeysRetire{
    "retire", "Sign no more with this key; it stays published for cards that others have kept",
    "  flotilla keys retire kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"};

inline constexpr CommandText kKeysDelete{
    "delete", "Delete a retired key",
    "  flotilla keys delete kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"};

inline constexpr CommandText kToolServersTools{
    "tools", "List the tools that a tool server offers, and those that are quarantined",
    "  flotilla toolservers tools github\n"
    "  flotilla toolservers tools team-a/github -o json"};

inline constexpr CommandText kToolServersApprove{
    "approve", "Offer quarantined tools again, as their server describes them now",
    "  flotilla toolservers approve github\n"
    "  flotilla toolservers approve github github_create_issue"};

inline constexpr CommandText kToolServersCall{
    "call", "Call a tool of the catalogue at /mcp",
    "  flotilla toolservers call list_agents\n"
    "  flotilla toolservers call github_get_issue '{\"number\": 7}'"};

inline constexpr CommandText kPublish{
    "publish", "Publish an event to whoever subscribes to its topic",
    "  flotilla publish build.failed '{\"branch\": \"main\"}'\n"
    "  flotilla publish --shared deploy.done\n"
    "  flotilla publish --agent calculator calculation.complete '{\"result\": \"100\"}'\n"
    "  report.sh | flotilla publish report.ready -"};

inline constexpr CommandText kSubscribe{
    "subscribe", "Print events of topics as they come",
    "  flotilla subscribe\n"
    "  flotilla subscribe 'agent.*' build.failed\n"
    "  flotilla subscribe 'build.*' --durable ci -o json\n"
    "  flotilla subscribe 'agent.*.task.assigned' --from start --count 10"};

inline constexpr CommandText kSubscriptionsList{"list", "List your durable subscriptions",
                                                "  flotilla subscriptions list\n"
                                                "  flotilla subscriptions list -o name"};

inline constexpr CommandText kSubscriptionsDelete{"delete", "Delete a durable subscription",
                                                  "  flotilla subscriptions delete ci"};

inline constexpr CommandText kApply{"apply", "Make the stored resources what files say",
                                    "  flotilla apply -f toolservers.yaml\n"
                                    "  flotilla apply -f deploy/ --dry-run=server\n"
                                    "  flotilla apply -f deploy/ --prune -l app=tools\n"
                                    "  generate.sh | flotilla apply -n team-a -f -"};

inline constexpr CommandText kDiff{"diff",
                                   "Show what apply would change; exit status 1 if anything",
                                   "  flotilla diff -f deploy/\n"
                                   "  generate.sh | flotilla diff -f -"};

inline constexpr CommandText kGet{"get", "List resources, or show single ones",
                                  "  flotilla get toolservers\n"
                                  "  flotilla get toolserver github -o yaml\n"
                                  "  flotilla get secret/token configmap/limits\n"
                                  "  flotilla get ts -A -l team=search --watch"};

inline constexpr CommandText kDescribe{"describe", "Show all that is known of a resource",
                                       "  flotilla describe toolserver github\n"
                                       "  flotilla describe secret/token"};

inline constexpr CommandText kDelete{"delete", "Delete resources, and what they own",
                                     "  flotilla delete toolserver github\n"
                                     "  flotilla delete -f deploy/\n"
                                     "  flotilla delete toolservers -l app=tools --dry-run=server"};

inline constexpr CommandText kExplain{"explain", "Say what the fields of a kind mean",
                                      "  flotilla explain toolserver\n"
                                      "  flotilla explain toolserver.spec.headers\n"
                                      "  flotilla explain secret --recursive"};

inline constexpr CommandText kVersion{"version", "Print the version of client and server",
                                      "  flotilla version\n"
                                      "  flotilla version --client -o json"};

inline constexpr CommandText kCompletion{
    "completion", "Print a script that completes commands in your shell",
    "  source <(flotilla completion bash)\n"
    "  flotilla completion zsh > \"${fpath[1]}/_flotilla\"\n"
    "  flotilla completion fish > ~/.config/fish/completions/flotilla.fish"};

}  // namespace texts
}  // namespace flotilla::app
