#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "a2a/error.h"
#include "a2a/handler.h"
#include "a2a/version.h"
#include "base/time.h"
#include "json/json.h"

namespace flotilla::a2a {

class CardSigner;

/// Ports in use, known once the servers listen; 0: not served.
struct Ports {
  std::atomic<std::uint16_t> http{0};
  std::atomic<std::uint16_t> grpc{0};
};

/// What the server adapters are told by the configuration. Immutable after start.
struct ServerConfig {
  /// `--public-url`, without a trailing slash. Empty: cards name the Host that was asked.
  std::string public_url;
  Profile profile = Profile::v1_0_1;
  /// `--a2a-lenient-version`: a JSON-RPC request without A2A-Version may use 1.0 methods.
  bool lenient_version = false;
  /// Conformance mode: the front desk takes messages without an id and makes one.
  bool lenient_message_id = false;
  /// Conformance mode: whoever is `local` for want of a token gets no extended card.
  bool local_is_nobody = false;
  /// Cards then ask for a bearer token.
  bool authentication = false;
  /// Whether the push operations are served at all; the handler may refuse them for an agent.
  bool push_notifications = false;
  /// Whether agents have an extended card.
  bool extended_card = true;
  /// The agent at the root URL.
  AgentRef front_desk{"default", "front-desk"};
  Duration heartbeat = std::chrono::seconds(15);
  std::chrono::seconds card_max_age{300};
  /// Cards say it as Last-Modified: what they are made of is known from the start on.
  Time started_at;
  /// Signs the cards and publishes its keys; null: neither. Outlives the router.
  CardSigner* card_signer = nullptr;
  json::ParseLimits limits;
  /// Cards then name the gRPC interfaces. Shared, because a port may be known only after the start.
  std::shared_ptr<const Ports> ports = std::make_shared<const Ports>();
};

/// Only one kit leaves ids out, and only in 1.0; another one wants them missed in 0.3.
inline bool makes_message_ids(const ServerConfig& config, const AgentRef& agent, Version version) {
  return config.lenient_message_id && version == Version::v1_0 &&
         agent.name == config.front_desk.name && agent.name_space == config.front_desk.name_space;
}

}  // namespace flotilla::a2a
