#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>

#include "auth/jose_internal.h"
#include "base/assert.h"
#include "base/hash.h"

namespace flotilla::auth {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

constexpr std::size_t kEd25519Size = 32;
constexpr std::size_t kMinRsaBytes = 256;
constexpr std::size_t kMaxRsaBytes = 1024;

std::size_t field_size(KeyKind kind) {
  return kind == KeyKind::p384 ? 48 : 32;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

Number number(std::string_view text) {
  return Number(BN_bin2bn(bytes(text), static_cast<int>(text.size()), nullptr));
}

void must(bool done) {
  FLOTILLA_ASSERT(done, "OpenSSL does this with keys that it made or accepted");
}

Error fault(std::string_view member, std::string_view what) {
  return invalid("/" + std::string(member), std::string(what));
}

/// Null when the numbers are no key.
KeyPtr build(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return KeyPtr(key);
}

bool is_sound(EVP_PKEY* key) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

std::string padded(const BIGNUM* value, std::size_t size) {
  std::string out(size, '\0');
  must(BN_bn2binpad(value, bytes(out), static_cast<int>(size)) == static_cast<int>(size));
  return out;
}

std::string number_of(const EVP_PKEY* key, const char* name, std::size_t size) {
  BIGNUM* raw = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const Number value(raw);
  return padded(raw, size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size);
}

/// ECDSA of JWS is r and s side by side, of OpenSSL a DER sequence.
std::string to_raw(const std::string& der, std::size_t size) {
  const unsigned char* at = bytes(std::string_view(der));
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(signature != nullptr);
  return padded(ECDSA_SIG_get0_r(signature.get()), size) +
         padded(ECDSA_SIG_get0_s(signature.get()), size);
}

std::optional<std::string> to_der(std::string_view raw, std::size_t size) {
  if (raw.size() != 2 * size) return std::nullopt;
  const Signature signature(ECDSA_SIG_new());
  auto r = number(raw.substr(0, size));
  auto s = number(raw.substr(size));
  must(signature && r && s && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1);
  std::ignore = r.release();
  std::ignore = s.release();
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

const EVP_MD* digest_of(KeyKind kind) {
  if (kind == KeyKind::ed25519) return nullptr;
  return kind == KeyKind::p384 ? EVP_sha384() : EVP_sha256();
}

}  // namespace

bool fits(KeyKind kind, std::string_view algorithm) {
  if (kind == KeyKind::rsa) return algorithm == "RS256" || algorithm == "PS256";
  return algorithm == only_algorithm(kind);
}

std::string_view only_algorithm(KeyKind kind) {
  switch (kind) {
    case KeyKind::p256:
      return "ES256";
    case KeyKind::p384:
      return "ES384";
    case KeyKind::ed25519:
      return "EdDSA";
    case KeyKind::rsa:
      break;
  }
  return {};
}

Result<KeyPtr> make_rsa(const std::string& n, const std::string& e) {
  if (n.size() < kMinRsaBytes || n.size() > kMaxRsaBytes)
    return fail(fault("n", "expected 2048 to 8192 bits"));
  if (e.size() > 8) return fail(fault("e", "expected at most 64 bits"));
  const Builder builder(OSSL_PARAM_BLD_new());
  const auto modulus = number(n);
  const auto exponent = number(e);
  must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  auto key = build("RSA", builder.get());
  if (!key || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1 ||
      BN_is_odd(modulus.get()) == 0)
    return fail(fault("n", "is not an RSA key with this e"));
  return key;
}

Result<KeyPtr> make_ed25519(const std::string& x) {
  if (x.size() != kEd25519Size) return fail(fault("x", "expected 32 bytes"));
  KeyPtr key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(std::string_view(x)), x.size()));
  if (!key) return fail(fault("x", "is not a key"));
  return key;
}

Result<KeyPtr> make_ec(KeyKind kind, const std::string& x, const std::string& y) {
  const auto size = field_size(kind);
  if (x.size() != size) return fail(fault("x", "is not as long as the curve's numbers"));
  if (y.size() != size) return fail(fault("y", "is not as long as the curve's numbers"));
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new());
  must(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                       kind == KeyKind::p256 ? "prime256v1" : "secp384r1",
                                       0) == 1 &&
       OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size()) == 1);
  auto key = build("EC", builder.get());
  if (!key || !is_sound(key.get())) return fail(fault("x", "is not a point of the curve"));
  return key;
}

KeyPtr generate_key(KeyKind kind) {
  KeyPtr key(kind == KeyKind::p256 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1")
                                   : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  must(key != nullptr);
  return key;
}

KeyPtr read_private_key(const Secret& der) {
  const auto& text = der.reveal();
  const unsigned char* at = bytes(std::string_view(text));
  return KeyPtr(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(text.size())));
}

Secret write_private_key(const EVP_PKEY* key) {
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>> info(
      EVP_PKEY2PKCS8(key));
  must(info != nullptr);
  unsigned char* der = nullptr;
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der);
  must(length > 0);
  Secret out(std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)));
  OPENSSL_clear_free(der, static_cast<std::size_t>(length));
  return out;
}

std::optional<KeyKind> kind_of_key(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyKind::ed25519;
  if (EVP_PKEY_is_a(key, "EC") != 1 || EVP_PKEY_get_bits(key) != 256) return std::nullopt;
  return KeyKind::p256;
}

std::vector<std::pair<std::string_view, std::string>> public_numbers(const EVP_PKEY* key,
                                                                     KeyKind kind) {
  if (kind == KeyKind::rsa)
    return {{"kty", "RSA"},
            {"n", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N, 0))},
            {"e", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E, 0))}};
  if (kind == KeyKind::ed25519) {
    std::string x(kEd25519Size, '\0');
    std::size_t size = x.size();
    must(EVP_PKEY_get_raw_public_key(key, bytes(x), &size) == 1);
    return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url(x)}};
  }
  const auto size = field_size(kind);
  return {{"kty", "EC"},
          {"crv", kind == KeyKind::p256 ? "P-256" : "P-384"},
          {"x", base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size))},
          {"y", base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size))}};
}

std::string sign_with(EVP_PKEY* key, KeyKind kind, std::string_view input) {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  must(EVP_DigestSignInit(context.get(), nullptr, digest_of(kind), nullptr, key) == 1 &&
       EVP_DigestSign(context.get(), nullptr, &size, bytes(input), input.size()) == 1);
  std::string out(size, '\0');
  must(EVP_DigestSign(context.get(), bytes(out), &size, bytes(input), input.size()) == 1);
  out.resize(size);
  return kind == KeyKind::ed25519 ? out : to_raw(out, field_size(kind));
}

bool verify_with(EVP_PKEY* key, KeyKind kind, bool pss, std::string_view input,
                 std::string_view signature) {
  std::string der;
  const bool elliptic = kind == KeyKind::p256 || kind == KeyKind::p384;
  if (elliptic) {
    auto converted = to_der(signature, field_size(kind));
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // owned by the context
  if (EVP_DigestVerifyInit(context.get(), &options, digest_of(kind), nullptr, key) != 1)
    return false;
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  const bool good = EVP_DigestVerify(context.get(), bytes(signature), signature.size(),
                                     bytes(input), input.size()) == 1;
  ERR_clear_error();  // of a signature that is none; TLS on this thread looks at the same queue
  return good;
}

}  // namespace flotilla::auth
