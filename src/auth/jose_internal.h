#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/jose.h"

/// The part of JOSE that is OpenSSL.
namespace flotilla::auth {

enum class KeyKind : std::uint8_t { p256, p384, ed25519, rsa };

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

struct PublicKey::State {
  std::string id;
  std::string algorithm;  // the only one allowed; empty: any of the kind
  KeyKind kind = KeyKind::p256;
  json::Object members;  // as public_numbers() gives them
  KeyPtr key;
};

/// Whether keys of this kind sign with the algorithm.
bool fits(KeyKind kind, std::string_view algorithm);
/// Of RSA, which has two: empty.
std::string_view only_algorithm(KeyKind kind);

// Keys from big-endian numbers; invalid_argument naming the JWK member.
Result<KeyPtr> make_rsa(const std::string& n, const std::string& e);
Result<KeyPtr> make_ed25519(const std::string& x);
Result<KeyPtr> make_ec(KeyKind kind, const std::string& x, const std::string& y);

KeyPtr generate_key(KeyKind kind);
/// Null when it is none.
KeyPtr read_private_key(const Secret& der);
Secret write_private_key(const EVP_PKEY* key);
std::optional<KeyKind> kind_of_key(const EVP_PKEY* key);

/// JWK members of the public key, in base64url, `kty` and `crv` included.
std::vector<std::pair<std::string_view, std::string>> public_numbers(const EVP_PKEY* key,
                                                                     KeyKind kind);

std::string sign_with(EVP_PKEY* key, KeyKind kind, std::string_view input);
bool verify_with(EVP_PKEY* key, KeyKind kind, bool pss, std::string_view input,
                 std::string_view signature);

}  // namespace flotilla::auth
