#pragma once

#include <vector>

#include "a2a/card.h"
#include "json/value.h"

namespace flotilla::a2a {

/// A foreign card in the 1.0 model: of version 1.0, of 0.3, or a hybrid of both, whose 1.0 members
/// win. What is missing or malformed is left out, for a client can do without it; an interface
/// without a version is 0.3, and so are those of a card that has no `supportedInterfaces`.
AgentCard read_card(const json::Object& card);

/// The interfaces that a 0.3 card names by `url`, `preferredTransport` and `additionalInterfaces`.
std::vector<AgentInterface> v03_interfaces(const json::Object& card);

}  // namespace flotilla::a2a
