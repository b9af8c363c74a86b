#pragma once

#include <memory>
#include <string>

#include "a2a/card.h"
#include "a2a/server_config.h"
#include "a2a/version.h"
#include "base/context.h"
#include "json/value.h"

namespace flotilla::a2a {

/// Lists what is served at `url`, JSON-RPC and HTTP+JSON, each for 1.0 then 0.3, and, with
/// authentication, asks for a bearer token unless the card asks for something already.
/// Capabilities that this server has not are said not to be there.
void add_server_facts(AgentCard& card, const std::string& url, const ServerConfig& config);

/// Whether the extended card is there at all, and this caller has shown who it is.
Result<> check_extended_card(const ServerConfig& config,
                             const std::shared_ptr<const Principal>& caller);

/// The card as it is served. 1.0: the pure card. 0.3: the hybrid one, which also has the 0.3
/// members (a2a.md 1.5, point 4), so that clients of either version can read it.
std::string card_text(const AgentCard& card, Version version);

/// Adds the 0.3 members beside the 1.0 ones of the same meaning.
void add_v03_members(const AgentCard& card, json::Object& out);

/// A strong validator of the text, quotes included.
std::string etag_of(std::string_view text);

}  // namespace flotilla::a2a
