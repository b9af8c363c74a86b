#pragma once

#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/config.h"

namespace flotilla::app {

/// Everything `flotilla serve` can be told (docs/configuration.md is made from it). Immutable after
/// start.
struct ServeConfig {
  std::string listen = "127.0.0.1:8080";
  std::string grpc_listen;
  std::string data;
  std::string database;
  std::string config;
  std::string apply;
  std::uint32_t threads = 0;
  std::string public_url;
  std::vector<std::string> allow_host;
  std::vector<std::string> allow_origin;
  std::vector<std::string> trusted_proxy;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string durability = "full";
  std::string tokens;
  std::string sealing_key;
  std::vector<std::string> egress_allow;
  std::chrono::seconds dedupe = std::chrono::hours(24);
  bool insecure = false;
  std::string a2a_profile = "1.0.1";
  bool a2a_lenient_version = false;
  std::uint32_t hop_limit = 8;
  std::string otlp_endpoint;
  std::string record;
  std::string replay;
  bool demo = false;
  bool conformance = false;
  bool conformance_reduced = false;
  bool conformance_auth = false;
  std::string log_level = "info";
  std::string log_format = "auto";
  Bytes body_limit = mib(16);
  std::uint32_t max_connections = 20'000;
  std::uint32_t max_connections_per_peer = 20'000;
  std::uint32_t max_requests_per_peer = 0;
  std::chrono::seconds drain_timeout = std::chrono::seconds(8);
};
BOOST_DESCRIBE_STRUCT(ServeConfig, (),
                      (listen, grpc_listen, data, database, config, apply, threads, public_url,
                       allow_host, allow_origin, trusted_proxy, tls_cert, tls_key, tls_client_ca,
                       durability, tokens, sealing_key, egress_allow, dedupe, insecure, a2a_profile,
                       a2a_lenient_version, hop_limit, otlp_endpoint, record, replay, demo,
                       conformance, conformance_reduced, conformance_auth, log_level, log_format,
                       body_limit, max_connections, max_connections_per_peer, max_requests_per_peer,
                       drain_timeout))

inline constexpr config::Help kServeHelp[] = {
    {"listen", "address and port to serve on; port 0 picks one"},
    {"grpc_listen", "address and port of A2A over gRPC; port 0 picks one (default: none)"},
    {"data", "directory of the embedded database (default: the XDG data directory)"},
    {"database", "sqlite:PATH or sqlite::memory: (default: flotilla.db in the data directory)"},
    {"config", "YAML file with these keys"},
    {"apply", "file or folder of resources (YAML, JSON) that are applied before the start"},
    {"threads", "event loops, one thread each; 0: one for each core"},
    {"public_url", "URL under which clients reach this server, for cards"},
    {"allow_host", "further Host values to accept; * accepts all"},
    {"allow_origin", "browser origins besides our own that may call"},
    {"trusted_proxy", "peers (CIDR) whose X-Forwarded-For is believed"},
    {"tls_cert", "PEM certificate chain; turns TLS on"},
    {"tls_key", "PEM private key of the certificate"},
    {"tls_client_ca", "PEM authorities of client certificates; clients must present one"},
    {"durability", "full: survives power loss; relaxed: survives kill -9 only", "full|relaxed"},
    {"tokens", "YAML file of bearer tokens; turns authentication on"},
    {"sealing_key",
     "file of the keys that seal stored secrets, made when missing (default: "
     "sealing.key beside the database)"},
    {"egress_allow", "CIDR or host that callers' URLs may reach besides public addresses"},
    {"dedupe", "how long a repeated messageId gives the first task again; 0s is off"},
    {"insecure", "serve other addresses than loopback without authentication"},
    {"a2a_profile", "error profile of A2A 1.0", "1.0.0|1.0.1"},
    {"a2a_lenient_version", "accept 1.0 methods without the A2A-Version header"},
    {"hop_limit", "agents that may answer each other, one because of the other"},
    {"otlp_endpoint",
     "URL of an OpenTelemetry receiver of traces (OTLP over HTTP); the OTEL_* variables say more"},
    {"record", "file into which the traffic of agents with models and tools is recorded"},
    {"replay", "such a file, from which models and tools answer instead of being asked"},
    {"demo", "also run the agents of examples/messaging"},
    {"conformance", "the front desk does what the public A2A conformance kits ask for; for tests"},
    {"conformance_reduced", "conformance mode without streams, webhooks and extended card"},
    {"conformance_auth", "conformance mode in which every call needs the kits' token"},
    {"log_level", "least severe level that is logged", "error|warn|info|debug"},
    {"log_format", "text, json, or auto: text on a terminal", "auto|text|json"},
    {"body_limit", "largest request body"},
    {"max_connections", "connections in all"},
    {"max_connections_per_peer", "connections of one address"},
    {"max_requests_per_peer", "requests a second of one address; 0: no limit"},
    {"drain_timeout", "how long a stopping server waits for running requests"},
};
constexpr std::span<const config::Help> config_help(const ServeConfig*) {
  return kServeHelp;
}

}  // namespace flotilla::app
