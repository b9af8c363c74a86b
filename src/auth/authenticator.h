#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "auth/tokens.h"
#include "base/context.h"
#include "base/result.h"
#include "http/message.h"

namespace flotilla::auth {

/// Who may be the principal `local` when no tokens are configured.
enum class LocalPeers : std::uint8_t {
  loopback,  // callers on this machine
  anyone,    // `--insecure`
};

/// Turns a request's credential into a Principal. Thread-safe; reload() swaps an immutable
/// snapshot, requests under way keep the principal they have.
///
/// Tokens are found by the SHA-256 of what was presented. What a lookup's time could tell is how
/// far that digest agrees with a stored one, and nobody can choose a digest without the token: so
/// no comparison needs constant time.
class Authenticator {
 public:
  /// No tokens: every peer in reach is `local` with role admin.
  static Authenticator local(LocalPeers peers = LocalPeers::loopback);
  /// Bearer tokens of a file (RFC 6750), and nobody else.
  static Result<Authenticator> open(std::string path);
  static Authenticator with_tokens(TokenFile tokens);
  /// Conformance mode: the kits' `itk-valid-token` is a principal of its own, their
  /// `itk-insufficient-token` is refused everywhere; anyone else is `local` from this machine, or
  /// nobody if a token is `needed`.
  static Authenticator conformance(bool needed);
  Authenticator(Authenticator&&) noexcept;
  Authenticator& operator=(Authenticator&&) noexcept;
  ~Authenticator();

  /// Fails with unauthenticated: answer 401 with challenge(). In conformance mode also with
  /// permission_denied.
  [[nodiscard]] Result<std::shared_ptr<const Principal>> authenticate(
      const http::Request& request) const;
  /// Whether callers must present a token.
  [[nodiscard]] bool required() const;
  /// Value of WWW-Authenticate.
  [[nodiscard]] std::string challenge() const;
  /// Reads the file again; on a fault the old tokens stay. Nothing to do without a file.
  Result<> reload();

 private:
  struct Snapshot;
  struct State;
  explicit Authenticator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::auth
