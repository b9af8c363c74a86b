#pragma once

#include <string>
#include <vector>

#include "app/cli/io.h"
#include "base/result.h"
#include "base/secret.h"

namespace flotilla::app {

/// What every command that talks to a server takes.
struct ClientFlags {
  std::string server;
  std::string context;
  std::string name_space;
};

/// One server as the configuration file names it.
struct ClientContext {
  std::string name;
  std::string server;
  Secret token;
  std::string name_space;
};

/// `$XDG_CONFIG_HOME/flotilla/config.yaml`, in the manner of a kubeconfig:
///
///   current-context: home
///   contexts:
///     - name: home
///       server: https://flotilla.example.org
///       token: …
///       namespace: team-a
struct ClientFile {
  std::string path;
  std::string current_context;
  std::vector<ClientContext> contexts;
};

/// Unknown keys, missing names and repeated contexts are refused.
Result<ClientFile> parse_client_file(const std::string& path, const std::string& text);

/// The server to talk to, and as whom.
struct Target {
  std::string url;  // without a slash at its end
  Secret token;
  std::string name_space;  // empty: none was asked for
  std::string origin;      // who named the server: `--server`, `FLOTILLA_URL`, `context home`, …
  std::vector<std::string> warnings;
};

/// Server: --server, FLOTILLA_URL, the context, else http://127.0.0.1:8080. The context is
/// --context, FLOTILLA_CONTEXT or the file's current one. Token: FLOTILLA_TOKEN, else the
/// context's, which goes to the context's own server only. Namespace: -n, FLOTILLA_NAMESPACE, else
/// the context's.
Result<Target> find_target(const ClientFlags& flags, const Io& io);

}  // namespace flotilla::app
