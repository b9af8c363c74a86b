#include "a2a/card_signature.h"

#include <gtest/gtest.h>

#include "a2a/card_canonical.h"
#include "a2a/card_signer.h"
#include "base/hash.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

json::Object object_of(std::string_view text) {
  auto value = json::parse(text);
  EXPECT_TRUE(value) << value.error().message();
  return value ? *value->if_object() : json::Object();
}

const char* const kCard =
    R"({"name":"Echo","description":"","version":"1","supportedInterfaces":[{"url":"https://e",)"
    R"("protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":""}],"capabilities":)"
    R"({"streaming":false,"extensions":[]},"defaultInputModes":["text/plain"],)"
    R"("defaultOutputModes":[],"skills":[],"securityRequirements":[{"schemes":{"b":{"list":[]}}}]})";

auth::PrivateKey make_key(std::string_view algorithm = "ES256") {
  return *auth::PrivateKey::generate(algorithm);
}

auth::KeySet roots_of(const auth::PrivateKey& key) {
  json::Object set;
  set.append("keys", json::Value(json::Array{json::Value(key.public_key().jwk())}));
  return *auth::KeySet::parse(json::to_string(json::Value(std::move(set))));
}

json::Object with_signature(json::Object card, const AgentCardSignature& signature) {
  card.set("signatures", json::to_value(std::vector<AgentCardSignature>{signature}));
  return card;
}

json::Object signed_in(CardForm form, const auth::PrivateKey& key) {
  auto card = object_of(kCard);
  const auto payload = canonical_card(card, form);
  return with_signature(std::move(card), sign_payload(payload, key, ""));
}

TEST(CardCanonical, keeps_what_is_required_or_optional_and_drops_other_defaults) {
  // The example of a2a.md 3.8.
  EXPECT_EQ(canonical_card(object_of(kCard), CardForm::as_written),
            R"({"capabilities":{"streaming":false},"defaultInputModes":["text/plain"],)"
            R"("defaultOutputModes":[],"description":"","name":"Echo",)"
            R"("securityRequirements":[{"schemes":{"b":{}}}],"skills":[],)"
            R"("supportedInterfaces":[{"protocolBinding":"JSONRPC","protocolVersion":"1.0",)"
            R"("url":"https://e"}],"version":"1"})");
}

TEST(CardCanonical, stripped_form_has_no_empty_value_anywhere) {
  EXPECT_EQ(canonical_card(object_of(kCard), CardForm::stripped),
            R"({"capabilities":{"streaming":false},"defaultInputModes":["text/plain"],)"
            R"("name":"Echo","supportedInterfaces":[{"protocolBinding":"JSONRPC",)"
            R"("protocolVersion":"1.0","url":"https://e"}],"version":"1"})");
  EXPECT_EQ(canonical_card(object_of("{}"), CardForm::stripped), "{}");
}

TEST(CardCanonical, signatures_never_count_and_unknown_members_only_as_written) {
  const auto card = object_of(R"({"name":"a","signatures":[{}],"x":"","provider":{"y":1}})");
  EXPECT_EQ(canonical_card(card, CardForm::as_written),
            R"({"name":"a","provider":{"y":1},"x":""})");
  EXPECT_EQ(canonical_card(card, CardForm::known), R"({"name":"a","provider":{}})");
}

TEST(CardCanonical, free_members_stay_as_they_are) {
  const auto card = object_of(
      R"({"capabilities":{"extensions":[{"uri":"u","required":false,"params":{"b":"","a":1.0}}]}})");
  EXPECT_EQ(canonical_card(card, CardForm::as_written),
            R"({"capabilities":{"extensions":[{"params":{"a":1,"b":""},"uri":"u"}]}})");
}

TEST(CardCanonical, a_card_without_empty_values_has_one_payload) {
  EXPECT_EQ(canonical_cards(object_of(R"({"name":"a","skills":[{"id":"s"}]})")).size(), 1U);
  EXPECT_EQ(canonical_cards(object_of(kCard)).size(), 2U);
}

TEST(CardSignature, header_says_algorithm_key_type_and_place) {
  const auto key = make_key();
  const auto signature = sign_payload("{}", key, "https://f.example/.well-known/jwks.json");
  EXPECT_EQ(*decode_base64(signature.protected_),
            R"({"alg":"ES256","kid":")" + key.public_key().id() +
                R"(","typ":"JOSE","jku":"https://f.example/.well-known/jwks.json"})");
}

TEST(CardSignature, every_form_that_others_sign_is_accepted) {
  for (const char* algorithm : {"ES256", "EdDSA"}) {
    const auto key = make_key(algorithm);
    for (const auto form : {CardForm::as_written, CardForm::known, CardForm::stripped}) {
      const auto verified = verify_card(signed_in(form, key), roots_of(key));
      ASSERT_TRUE(verified) << verified.error().message();
      EXPECT_EQ(*verified, key.public_key().id());
    }
  }
}

std::string fault_of(const json::Object& card, const auth::KeySet& roots) {
  const auto verified = verify_card(card, roots);
  if (verified) return "";
  EXPECT_EQ(verified.error().code(), Code::permission_denied);
  return verified.error().message();
}

TEST(CardSignature, any_change_of_the_card_is_found) {
  const auto key = make_key();
  auto card = signed_in(CardForm::as_written, key);
  card.set("name", json::Value("Ech0"));
  EXPECT_NE(fault_of(card, roots_of(key)).find("signature 0 does not match"), std::string::npos);
  card = signed_in(CardForm::stripped, key);
  card.set("iconUrl", json::Value("https://e/i"));
  EXPECT_NE(fault_of(card, roots_of(key)), "");
}

TEST(CardSignature, only_our_roots_count) {
  const auto key = make_key();
  const auto other = make_key();
  const auto fault = fault_of(signed_in(CardForm::as_written, key), roots_of(other));
  EXPECT_NE(fault.find("by key '" + key.public_key().id() + "', which is not trusted"),
            std::string::npos);
  // The key that a card brings along proves nothing.
  auto header = key.public_key().jwk();
  auto card = object_of(kCard);
  auto signature = sign_payload(canonical_card(card, CardForm::as_written), key, "https://x/jwks");
  signature.header.append("jwk", json::Value(std::move(header)));
  EXPECT_NE(fault_of(with_signature(card, signature), roots_of(other)), "");
}

/// A signature by `key` under a header of the test's choice.
json::Object with_header(const std::string& header, const auth::PrivateKey& key) {
  auto card = object_of(kCard);
  AgentCardSignature signature;
  signature.protected_ = base64url(header);
  signature.signature = base64url(
      key.sign(signature.protected_ + "." + base64url(canonical_card(card, CardForm::as_written))));
  return with_signature(std::move(card), signature);
}

TEST(CardSignature, bad_headers_are_refused) {
  const auto key = make_key();
  const auto roots = roots_of(key);
  const std::string kid = R"("kid":")" + key.public_key().id() + "\"";
  EXPECT_EQ(fault_of(with_header(R"({"alg":"ES256",)" + kid + "}", key), roots), "");
  const struct {
    std::string header;
    const char* fault;
  } cases[] = {
      {R"({"alg":"none",)" + kid + "}", "none is not of that key"},
      {R"({"alg":"HS256",)" + kid + "}", "HS256 is not of that key"},
      {R"({"alg":"ES256"})", "lacks alg or kid"},
      {"{" + kid + "}", "lacks alg or kid"},
      {"[]", "not a JSON object"},
      {"", "not a JSON object"},
      {R"({"alg":"ES256","crit":["b64"],"b64":false,)" + kid + "}", "critical extension"},
      {R"({"alg":"ES256",)" + kid + R"(,"x":")" + std::string(5000, 'x') + "\"}", "too long"},
  };
  for (const auto& one : cases)
    EXPECT_NE(fault_of(with_header(one.header, key), roots).find(one.fault), std::string::npos)
        << one.header.substr(0, 80);
}

TEST(CardSignature, unsigned_and_malformed_cards_are_refused) {
  const auto roots = roots_of(make_key());
  for (const char* signatures : {"null", "{}", "[]", "1"})
    EXPECT_EQ(
        fault_of(object_of(R"({"name":"a","signatures":)" + std::string(signatures) + "}"), roots),
        "the card is not signed");
  EXPECT_NE(fault_of(object_of(R"({"signatures":[1,{},{"protected":"!"}]})"), roots), "");
}

TEST(CardSignature, work_is_bounded) {
  const auto key = make_key();
  auto card = signed_in(CardForm::as_written, key);
  json::Array many(kCardSignaturesMax, json::Value(json::Object()));
  many.push_back(card.find("signatures")->if_array()->front());
  card.set("signatures", json::Value(std::move(many)));
  EXPECT_NE(fault_of(card, roots_of(key)), "");
}

TEST(CardSigner, signs_each_form_and_keeps_the_bytes) {
  CardSigner signer;
  EXPECT_EQ(signer.sign(kCard, ""), kCard);
  EXPECT_EQ(signer.jwks(), R"({"keys":[]})");
  const auto key = make_key();
  signer.set_keys({key}, {key.public_key()});
  const auto once = signer.sign(kCard, "");
  const auto card = object_of(once);
  EXPECT_EQ(card.find("signatures")->if_array()->size(), 2U);
  EXPECT_TRUE(verify_card(card, *auth::KeySet::parse(signer.jwks())));
  EXPECT_EQ(signer.sign(kCard, ""), once);
  EXPECT_NE(signer.sign(kCard, "https://x"), once);
}

TEST(CardSigner, new_keys_sign_anew_and_old_ones_stay_published) {
  CardSigner signer;
  const auto old = make_key();
  const auto fresh = make_key("EdDSA");
  signer.set_keys({old}, {old.public_key()});
  const auto before = signer.sign(kCard, "");
  const auto ids = signer.key_ids();
  signer.set_keys({fresh}, {old.public_key(), fresh.public_key()});
  EXPECT_NE(signer.key_ids(), ids);
  const auto after = signer.sign(kCard, "");
  const auto published = *auth::KeySet::parse(signer.jwks());
  EXPECT_EQ(*verify_card(object_of(before), published), old.public_key().id());
  EXPECT_EQ(*verify_card(object_of(after), published), fresh.public_key().id());
}

}  // namespace
}  // namespace flotilla::a2a
