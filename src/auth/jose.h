#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "json/value.h"

/// Keys and signatures of JOSE, as far as cards need them: JWS (RFC 7515) with ES256, ES384, EdDSA
/// (Ed25519, RFC 8037), RS256 and PS256 (RFC 7518), keys as JWK and JWK Set (RFC 7517).
namespace flotilla::auth {

inline constexpr std::size_t kJwksLimit = std::size_t{1} << 20;
inline constexpr std::size_t kJwksKeysMax = 256;
inline constexpr std::size_t kKeyIdLimit = 256;

/// One public key that verifies. Immutable, thread-safe, cheap to copy.
class PublicKey {
 public:
  /// EC keys on P-256 and P-384, OKP Ed25519, RSA of 2048 to 8192 bits. A `use` other than `sig`,
  /// an `alg` that is not of the key's kind, or private members are refused. INVALID_ARGUMENT names
  /// the member.
  static Result<PublicKey> from_jwk(const json::Object& jwk);
  /// `kid`, else the thumbprint of RFC 7638.
  [[nodiscard]] const std::string& id() const;
  /// The public members with `kid`, `alg` (where the key has only one) and `use`.
  [[nodiscard]] json::Object jwk() const;
  /// Whether `signature` is one of `input` under this algorithm; false also for an algorithm that
  /// is not of this key, so that nobody chooses a weaker one.
  [[nodiscard]] bool verify(std::string_view algorithm, std::string_view input,
                            std::string_view signature) const;

  struct State;

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;  // shared by the copies
};

/// A key that signs. Immutable, thread-safe.
class PrivateKey {
 public:
  /// `ES256` or `EdDSA`; invalid_argument for others.
  static Result<PrivateKey> generate(std::string_view algorithm);
  /// What to_der() gave; data_loss otherwise.
  static Result<PrivateKey> from_der(const Secret& der);
  [[nodiscard]] Secret to_der() const;  // PKCS #8
  /// Its id is the thumbprint.
  [[nodiscard]] const PublicKey& public_key() const { return public_; }
  [[nodiscard]] std::string_view algorithm() const;
  [[nodiscard]] std::string sign(std::string_view input) const;

 private:
  explicit PrivateKey(PublicKey key) : public_(std::move(key)) {}
  PublicKey public_;
};

/// A JWK Set. Members that are no signing keys of a known kind are left out (RFC 7517 section 5);
/// one without any usable key, or with two keys of one id, is refused.
class KeySet {
 public:
  static Result<KeySet> parse(std::string_view text);
  [[nodiscard]] const PublicKey* find(std::string_view id) const;
  [[nodiscard]] const std::vector<PublicKey>& keys() const { return keys_; }
  /// Adds the keys that are not there; already_exists for another key of the same id.
  Result<> add(const KeySet& other);

 private:
  std::vector<PublicKey> keys_;
};

}  // namespace flotilla::auth
