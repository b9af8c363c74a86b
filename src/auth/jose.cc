#include "auth/jose.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "auth/jose_internal.h"
#include "base/assert.h"
#include "base/hash.h"
#include "json/json.h"

namespace flotilla::auth {
namespace {

Error fault(std::string_view member, std::string_view what) {
  return invalid("/" + std::string(member), std::string(what));
}

Result<std::string> text_of(const json::Object& jwk, std::string_view member) {
  const auto* value = jwk.find(member);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->empty()) return fail(fault(member, "expected text"));
  return *text;
}

Result<std::string> bytes_of(const json::Object& jwk, std::string_view member) {
  TRY(text, text_of(jwk, member));
  auto bytes = decode_base64(text);
  if (!bytes || bytes->empty()) return fail(fault(member, "expected base64url"));
  return std::move(*bytes);
}

Result<KeyPtr> key_of(const json::Object& jwk, KeyKind kind) {
  if (kind == KeyKind::rsa) {
    TRY(n, bytes_of(jwk, "n"));
    TRY(e, bytes_of(jwk, "e"));
    return make_rsa(n, e);
  }
  TRY(x, bytes_of(jwk, "x"));
  if (kind == KeyKind::ed25519) return make_ed25519(x);
  TRY(y, bytes_of(jwk, "y"));
  return make_ec(kind, x, y);
}

Result<KeyKind> kind_of(const json::Object& jwk) {
  TRY(type, text_of(jwk, "kty"));
  if (type == "RSA") return KeyKind::rsa;
  if (type != "EC" && type != "OKP") return fail(fault("kty", "expected EC, OKP or RSA"));
  TRY(curve, text_of(jwk, "crv"));
  if (type == "OKP" && curve == "Ed25519") return KeyKind::ed25519;
  if (type == "EC" && curve == "P-256") return KeyKind::p256;
  if (type == "EC" && curve == "P-384") return KeyKind::p384;
  return fail(fault("crv", "expected P-256, P-384 or Ed25519"));
}

/// RFC 7638: the required members in alphabetic order. Base64url needs no escaping.
std::string thumbprint(const json::Object& required) {
  std::string text = "{";
  for (const std::string_view member : {"crv", "e", "kty", "n", "x", "y"}) {
    const auto* value = required.find(member);
    if (value == nullptr) continue;
    if (text.size() > 1) text += ',';
    text += fmt::format(R"("{}":"{}")", member, *value->if_string());
  }
  return base64url(as_text(sha256(text + "}")));
}

Result<> check_use(const json::Object& jwk, KeyKind kind) {
  for (const std::string_view secret : {"d", "p", "q", "k"})
    if (jwk.find(secret) != nullptr)
      return fail(fault(secret, "this is a private key; give its public part only"));
  if (jwk.find("use") != nullptr) {
    TRY(use, text_of(jwk, "use"));
    if (use != "sig") return fail(fault("use", "expected sig"));
  }
  if (jwk.find("alg") != nullptr) {
    TRY(algorithm, text_of(jwk, "alg"));
    if (!fits(kind, algorithm)) return fail(fault("alg", "is not an algorithm of this key"));
  }
  return ok();
}

json::Object public_members(const EVP_PKEY* key, KeyKind kind) {
  json::Object out;
  for (auto& [name, value] : public_numbers(key, kind))
    out.append(std::string(name), json::Value(std::move(value)));
  return out;
}

std::shared_ptr<PublicKey::State> make_state(KeyPtr key, KeyKind kind) {
  auto state = std::make_shared<PublicKey::State>();
  state->members = public_members(key.get(), kind);
  state->id = thumbprint(state->members);
  state->key = std::move(key);
  state->kind = kind;
  return state;
}

}  // namespace

Result<PublicKey> PublicKey::from_jwk(const json::Object& jwk) {
  TRY(kind, kind_of(jwk));
  TRY_VOID(check_use(jwk, kind));
  TRY(key, key_of(jwk, kind));
  auto state = make_state(std::move(key), kind);
  if (jwk.find("kid") != nullptr) {
    TRY(id, text_of(jwk, "kid"));
    if (id.size() > kKeyIdLimit) return fail(fault("kid", "is longer than 256 bytes"));
    state->id = std::move(id);
  }
  if (jwk.find("alg") != nullptr) {
    TRY(algorithm, text_of(jwk, "alg"));
    state->algorithm = std::move(algorithm);
  }
  return PublicKey(std::move(state));
}

const std::string& PublicKey::id() const {
  return state_->id;
}

json::Object PublicKey::jwk() const {
  json::Object out = state_->members;
  out.set("kid", json::Value(state_->id));
  out.set("use", json::Value("sig"));
  const auto algorithm = state_->algorithm.empty() ? only_algorithm(state_->kind)
                                                   : std::string_view(state_->algorithm);
  if (!algorithm.empty()) out.set("alg", json::Value(algorithm));
  return out;
}

bool PublicKey::verify(std::string_view algorithm, std::string_view input,
                       std::string_view signature) const {
  if (!fits(state_->kind, algorithm)) return false;
  if (!state_->algorithm.empty() && state_->algorithm != algorithm) return false;
  return verify_with(state_->key.get(), state_->kind, algorithm == "PS256", input, signature);
}

Result<PrivateKey> PrivateKey::generate(std::string_view algorithm) {
  if (algorithm != "ES256" && algorithm != "EdDSA")
    return fail(invalid("/algorithm", "expected ES256 or EdDSA"));
  const auto kind = algorithm == "ES256" ? KeyKind::p256 : KeyKind::ed25519;
  return PrivateKey(PublicKey(make_state(generate_key(kind), kind)));
}

Result<PrivateKey> PrivateKey::from_der(const Secret& der) {
  auto key = read_private_key(der);
  const auto kind = key ? kind_of_key(key.get()) : std::nullopt;
  if (!kind) return fail(Error(Code::data_loss, "a stored signing key is malformed"));
  return PrivateKey(PublicKey(make_state(std::move(key), *kind)));
}

Secret PrivateKey::to_der() const {
  return write_private_key(public_.state_->key.get());
}

std::string_view PrivateKey::algorithm() const {
  return only_algorithm(public_.state_->kind);
}

std::string PrivateKey::sign(std::string_view input) const {
  return sign_with(public_.state_->key.get(), public_.state_->kind, input);
}

Result<KeySet> KeySet::parse(std::string_view text) {
  json::ParseLimits limits;
  limits.size = kJwksLimit;
  TRY(value, json::parse(text, limits));
  const auto* object = value.if_object();
  const auto* list = object == nullptr ? nullptr : object->find("keys");
  const auto* keys = list == nullptr ? nullptr : list->if_array();
  if (keys == nullptr) return fail(invalid("/keys", "expected a list of keys (JWK Set)"));
  if (keys->size() > kJwksKeysMax) return fail(invalid("/keys", "expected at most 256 keys"));
  KeySet out;
  std::string first_fault;
  for (std::size_t i = 0; i < keys->size(); ++i) {
    const auto* jwk = (*keys)[i].if_object();
    if (jwk == nullptr) return fail(invalid(fmt::format("/keys/{}", i), "expected object"));
    auto key = PublicKey::from_jwk(*jwk);
    if (!key) {
      if (first_fault.empty()) first_fault = fmt::format("/keys/{}{}", i, key.error().message());
      continue;
    }
    KeySet one;
    one.keys_.push_back(std::move(*key));
    TRY_VOID(out.add(one));
  }
  if (out.keys_.empty())
    return fail(
        invalid("/keys", first_fault.empty() ? "has no key" : "has no usable key: " + first_fault));
  return out;
}

const PublicKey* KeySet::find(std::string_view id) const {
  for (const auto& key : keys_)
    if (key.id() == id) return &key;
  return nullptr;
}

Result<> KeySet::add(const KeySet& other) {
  for (const auto& key : other.keys_) {
    const auto* mine = find(key.id());
    if (mine != nullptr && !(mine->jwk() == key.jwk()))
      return fail(Error(Code::already_exists, "two keys have the id " + key.id()));
    if (mine == nullptr) keys_.push_back(key);
  }
  return ok();
}

}  // namespace flotilla::auth
