#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "a2a/grpc/server.h"
#include "app/listen_address.h"
#include "app/serve_config.h"
#include "auth/authenticator.h"
#include "auth/sealing.h"
#include "base/result.h"
#include "db/database.h"
#include "http/server.h"
#include "llm/cassette.h"

/// What the configuration of `flotilla serve` asks for: checked, and made into what the node is
/// built of. A fault is reason INVALID_CONFIG and names the key, but for what the store says.
namespace flotilla::telemetry {
class Registry;
}

namespace flotilla::app {

/// Makes the data directory where that is used.
Result<std::unique_ptr<db::Database>> open_database(const ServeConfig& config,
                                                    telemetry::Registry& metrics);
/// Secrets of a database that dies with the process need no key file.
Result<auth::Sealer> open_sealer(const ServeConfig& config);
/// What `record` or `replay` names; null when neither is given.
Result<std::unique_ptr<llm::Cassette>> open_cassette(const ServeConfig& config);
/// Other addresses than loopback need tokens or `--insecure`.
Result<auth::Authenticator> open_authenticator(const ServeConfig& config,
                                               const ListenAddress& listen);
/// What the kits need besides their agent: webhooks on this machine, equal messages as new tasks.
Result<> prepare_conformance(ServeConfig& config, const ListenAddress& listen);
/// Half of what TLS needs must not become a server without it.
Result<> check_tls(const ServeConfig& config);
http::ServerOptions server_options(const ServeConfig& config, const ListenAddress& listen);
/// gRPC is served under the same rules as HTTP; nullopt: not served.
Result<std::optional<ListenAddress>> grpc_address_of(const ServeConfig& config);
a2a::rpc::ServerOptions grpc_options(const ServeConfig& config, const ListenAddress& listen);
/// One loop for each core unless configured.
std::size_t thread_count(const ServeConfig& config);

}  // namespace flotilla::app
