// Cards and key sets of others. The first byte chooses: a card to verify against a root that never
// signed it, a key set, or one key. No forged signature is accepted, canonical text is JSON and
// its own canonical form, a key that was read says the same again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "a2a/card_canonical.h"
#include "a2a/card_signature.h"
#include "auth/jose.h"
#include "base/assert.h"
#include "base/hash.h"
#include "json/canonical.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

/// Trusted, but it has signed nothing.
const auth::KeySet& roots() {
  static const auth::KeySet set = *auth::KeySet::parse(
      R"({"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519",)"
      R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kid":"b","kty":"EC","crv":"P-256",)"
      R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return set;
}

void verify(std::string_view text) {
  const auto value = json::parse(text);
  const auto* card = value ? value->if_object() : nullptr;
  if (card == nullptr) return;
  const auto verified = verify_card(*card, roots());
  FLOTILLA_ASSERT(!verified, "nothing that a root did not sign is accepted");
  FLOTILLA_ASSERT(verified.error().message().size() < 8192, "errors are bounded");
  for (const auto& payload : canonical_cards(*card)) {
    const auto again = json::parse(payload);
    FLOTILLA_ASSERT(again && json::to_canonical(*again) == payload, "canonical text is stable");
  }
}

void read_keys(std::string_view text) {
  const auto set = auth::KeySet::parse(text);
  if (!set) return;
  for (const auto& key : set->keys()) {
    const auto again = auth::PublicKey::from_jwk(key.jwk());
    FLOTILLA_ASSERT(again && again->jwk() == key.jwk(), "a key says the same again");
    FLOTILLA_ASSERT(!key.verify("ES256", "input", std::string(64, '\0')), "no signature");
  }
}

}  // namespace
}  // namespace flotilla::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0)
    flotilla::a2a::verify(text);
  else
    flotilla::a2a::read_keys(text);
  return 0;
}
