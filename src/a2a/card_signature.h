#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "a2a/card.h"
#include "auth/jose.h"
#include "base/result.h"
#include "json/value.h"

/// Signatures of agent cards: JWS with a detached payload, the canonical card (specification 1.0
/// section 8.4; a2a.md 3.8).
namespace flotilla::a2a {

inline constexpr std::size_t kCardSignaturesMax = 16;
inline constexpr std::size_t kProtectedHeaderLimit = std::size_t{4} << 10;

/// One signature of a payload. `jku`: where verifiers find our keys; empty: not said.
AgentCardSignature sign_payload(std::string_view payload, const auth::PrivateKey& key,
                                std::string_view jku);

/// Checks the card's signatures, first to last, in every form that implementations sign, against
/// our own trust roots alone: what a signature says about where its key is (`jku`, `jwk`, `x5u`)
/// is not looked at. The id of the key that signed, or permission_denied with what each signature
/// lacks.
Result<std::string> verify_card(const json::Object& card, const auth::KeySet& roots);

}  // namespace flotilla::a2a
