#pragma once

#include <string>
#include <string_view>

#include "async/clock.h"
#include "auth/sealing.h"
#include "base/hash.h"
#include "mcp/requests.h"

namespace flotilla::mcp {

/// What a retry must have in common with the request that was asked back: method and params but
/// for what a retry adds (mcp.md 3.10).
Sha256Digest digest_of(std::string_view method, const json::Object& params);

/// `requestState` of modern clients: the handler's state, encrypted, and bound to principal,
/// request and expiry. Thread-safe.
class StateSealer {
 public:
  StateSealer(const auth::Sealer& sealer, const Clock& clock, Duration lifetime)
      : sealer_(sealer), clock_(clock), lifetime_(lifetime) {}
  [[nodiscard]] std::string seal(std::string_view state, std::string_view principal,
                                 const Sha256Digest& digest) const;
  /// -32602 when it was altered, has expired, or belongs to another request or principal.
  [[nodiscard]] Read<std::string> open(std::string_view sealed, std::string_view principal,
                                       const Sha256Digest& digest) const;

 private:
  const auth::Sealer& sealer_;
  const Clock& clock_;
  Duration lifetime_;
};

}  // namespace flotilla::mcp
