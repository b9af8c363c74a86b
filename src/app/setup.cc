#include "app/setup.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "async/clock.h"
#include "base/id.h"
#include "db/sqlite/sqlite.h"

namespace flotilla::app {

namespace {

std::string default_data_directory() {
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0')
    return std::string(xdg) + "/flotilla";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::string(home) + "/.local/share/flotilla";
  return "flotilla-data";
}

/// The path behind `--database` and `--data`; `:memory:` for the one without a file.
Result<std::string> database_path(const ServeConfig& config) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!config.database.empty()) {
    if (!config.database.starts_with(kScheme))
      return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                        "database: '" + config.database +
                            "' is not supported; use sqlite:PATH or sqlite::memory:"));
    return config.database.substr(kScheme.size());
  }
  const std::string directory = config.data.empty() ? default_data_directory() : config.data;
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    return fail(Error(Code::failed_precondition, reason::kStorageFailed,
                      "cannot make the data directory " + directory + ": " + failed.message()));
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  return directory + "/flotilla.db";
}

}  // namespace

Result<std::unique_ptr<db::Database>> open_database(const ServeConfig& config,
                                                    telemetry::Registry& metrics) {
  TRY(path, database_path(config));
  db::sqlite::Options options;
  options.path = std::move(path);
  options.full_durability = config.durability == "full";
  return db::sqlite::open(std::move(options), metrics);
}

Result<auth::Sealer> open_sealer(const ServeConfig& config) {
  if (!config.sealing_key.empty()) return auth::Sealer::load(config.sealing_key, system_random());
  TRY(database, database_path(config));
  if (database == ":memory:") return auth::Sealer::ephemeral(system_random());
  const auto directory = std::filesystem::path(database).parent_path();
  return auth::Sealer::load((directory / "sealing.key").string(), system_random());
}

Result<auth::Authenticator> open_authenticator(const ServeConfig& config,
                                               const ListenAddress& listen) {
  if (config.conformance) return auth::Authenticator::conformance(config.conformance_auth);
  if (!config.tokens.empty()) return auth::Authenticator::open(config.tokens);
  if (!listen.loopback() && !config.insecure)
    return fail(Error(Code::failed_precondition, reason::kInvalidConfig,
                      "listen: " + config.listen +
                          " is reachable from other machines; give "
                          "--tokens FILE to authenticate callers, or --insecure"));
  auto peers = config.insecure ? auth::LocalPeers::anyone : auth::LocalPeers::loopback;
  return auth::Authenticator::local(peers);
}

Result<> prepare_conformance(ServeConfig& config, const ListenAddress& listen) {
  if (!config.conformance) {
    if (!config.conformance_reduced && !config.conformance_auth) return ok();
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                      "conformance-reduced and conformance-auth need conformance"));
  }
  if (!config.tokens.empty() || !listen.loopback())
    return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                      "conformance knows public tokens only: listen on loopback, without tokens"));
  config.dedupe = std::chrono::seconds(0);
  for (const char* range : {"127.0.0.0/8", "::1/128"}) config.egress_allow.emplace_back(range);
  return ok();
}

Result<> check_tls(const ServeConfig& config) {
  if (config.tls_cert.empty() == config.tls_key.empty() &&
      (config.tls_client_ca.empty() || !config.tls_cert.empty()))
    return ok();
  return fail(Error(Code::invalid_argument, reason::kInvalidConfig,
                    "TLS needs both --tls-cert FILE and --tls-key FILE"));
}

http::ServerOptions server_options(const ServeConfig& config, const ListenAddress& listen) {
  http::ServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  if (!config.tls_cert.empty())
    options.tls = http::TlsOptions{config.tls_cert, config.tls_key, config.tls_client_ca};
  options.body_limit = config.body_limit.count;
  options.max_connections = config.max_connections;
  options.max_connections_per_peer = config.max_connections_per_peer;
  options.max_requests_per_peer = config.max_requests_per_peer;
  options.allow_hosts = config.allow_host;
  if (auto host = host_of_url(config.public_url)) options.allow_hosts.push_back(*host);
  options.allow_origins = config.allow_origin;
  options.trusted_proxies = config.trusted_proxy;
  return options;
}

Result<std::unique_ptr<llm::Cassette>> open_cassette(const ServeConfig& config) {
  using Mode = llm::Cassette::Mode;
  if (config.record.empty() && config.replay.empty()) return std::unique_ptr<llm::Cassette>();
  if (!config.record.empty() && !config.replay.empty())
    return fail(Error(Code::failed_precondition, reason::kInvalidConfig,
                      "record and replay: give one of them"));
  const bool replay = config.record.empty();
  auto opened = llm::Cassette::open(replay ? config.replay : config.record,
                                    replay ? Mode::replay : Mode::record);
  if (opened) return opened;
  return fail(Error(Code::failed_precondition, reason::kInvalidConfig,
                    (replay ? "replay: " : "record: ") + opened.error().message()));
}

Result<std::optional<ListenAddress>> grpc_address_of(const ServeConfig& config) {
  if (config.grpc_listen.empty()) return std::optional<ListenAddress>();
  TRY(listen, parse_listen_address(config.grpc_listen, "grpc-listen"));
  if (!listen.loopback() && config.tokens.empty() && !config.insecure)
    return fail(Error(Code::failed_precondition, reason::kInvalidConfig,
                      "grpc-listen: " + config.grpc_listen +
                          " is reachable from other machines; give "
                          "--tokens FILE to authenticate callers, or --insecure"));
  return std::optional<ListenAddress>(std::move(listen));
}

a2a::rpc::ServerOptions grpc_options(const ServeConfig& config, const ListenAddress& listen) {
  a2a::rpc::ServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  if (!config.tls_cert.empty())
    options.tls = http::TlsOptions{config.tls_cert, config.tls_key, config.tls_client_ca};
  options.message_limit = config.body_limit.count;
  options.max_calls = config.max_connections;
  return options;
}

std::size_t thread_count(const ServeConfig& config) {
  if (config.threads > 0) return config.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace flotilla::app
