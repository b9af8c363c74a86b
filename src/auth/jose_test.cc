#include "auth/jose.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "json/json.h"

namespace flotilla::auth {
namespace {

constexpr std::string_view kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr std::string_view kEc =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kEd =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kRsa =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qP)"
    R"(CJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-)"
    R"(bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k)"
    R"(G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",)"
    R"("e":"AQAB"})";

Result<PublicKey> key_of(std::string_view jwk) {
  auto value = json::parse(jwk);
  EXPECT_TRUE(value);
  return PublicKey::from_jwk(*value->if_object());
}

bool verifies(std::string_view jwk, std::string_view algorithm, const std::string& input,
              std::string_view signature) {
  const auto key = key_of(jwk);
  EXPECT_TRUE(key) << key.error().message();
  return key && key->verify(algorithm, input, *decode_base64(signature));
}

TEST(Jose, verifies_the_examples_of_the_rfcs) {
  const std::string payload(kPayload);
  EXPECT_TRUE(verifies(kEc, "ES256", "eyJhbGciOiJFUzI1NiJ9." + payload,
                       "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJq"
                       "PP3-Kg6NU1Q"));
  EXPECT_TRUE(verifies(kEd, "EdDSA", "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVv"
                       "pAr_MuM0KAg"));
  const char* rsa =
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
      "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
      "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
      "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  EXPECT_TRUE(verifies(kRsa, "RS256", "eyJhbGciOiJSUzI1NiJ9." + payload, rsa));
  EXPECT_FALSE(verifies(kRsa, "PS256", "eyJhbGciOiJSUzI1NiJ9." + payload, rsa));
  EXPECT_FALSE(verifies(kRsa, "RS256", "eyJhbGciOiJSUzI1NiJ9." + payload + "x", rsa));
}

TEST(Jose, thumbprint_is_the_id_of_a_key_without_one) {
  EXPECT_EQ(key_of(kEd)->id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(key_of(R"({"kid":"mine","kty":"OKP","crv":"Ed25519",)"
                   R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})")
                ->id(),
            "mine");
}

TEST(Jose, what_a_key_signs_it_verifies_and_no_other) {
  for (const char* algorithm : {"ES256", "EdDSA"}) {
    const auto key = PrivateKey::generate(algorithm);
    const auto other = PrivateKey::generate(algorithm);
    ASSERT_TRUE(key && other);
    EXPECT_EQ(key->algorithm(), algorithm);
    const auto signature = key->sign("input");
    EXPECT_EQ(signature.size(), 64U);
    EXPECT_TRUE(key->public_key().verify(algorithm, "input", signature));
    EXPECT_FALSE(key->public_key().verify(algorithm, "inpuT", signature));
    EXPECT_FALSE(other->public_key().verify(algorithm, "input", signature));
    for (const char* wrong : {"none", "", "HS256", "RS256", "es256"})
      EXPECT_FALSE(key->public_key().verify(wrong, "input", signature)) << wrong;
    for (std::size_t size = 0; size < signature.size(); ++size)
      EXPECT_FALSE(key->public_key().verify(algorithm, "input", signature.substr(0, size)));
    EXPECT_FALSE(key->public_key().verify(algorithm, "input", std::string(64, '\0')));
  }
  EXPECT_EQ(PrivateKey::generate("RS256").error().code(), Code::invalid_argument);
}

TEST(Jose, keys_survive_storing_and_publishing) {
  const auto key = PrivateKey::generate("ES256");
  const auto stored = PrivateKey::from_der(key->to_der());
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_EQ(stored->public_key().id(), key->public_key().id());
  const auto jwk = stored->public_key().jwk();
  EXPECT_EQ(*jwk.find("alg")->if_string(), "ES256");
  EXPECT_EQ(jwk.find("d"), nullptr);
  const auto published = PublicKey::from_jwk(jwk);
  ASSERT_TRUE(published) << published.error().message();
  EXPECT_TRUE(published->verify("ES256", "input", stored->sign("input")));
  EXPECT_EQ(PrivateKey::from_der(Secret("junk")).error().code(), Code::data_loss);
}

TEST(Jose, faults_name_the_member) {
  const struct {
    const char* jwk;
    const char* fault;
  } cases[] = {
      {R"({})", "/kty: expected text"},
      {R"({"kty":"oct","k":"AAAA"})", "/kty: expected EC, OKP or RSA"},
      {R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})", "/crv: expected"},
      {R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})", "/x: is not as long"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", "/x: expected 32 bytes"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"A A"})", "/x: expected base64url"},
      {R"({"kty":"RSA","n":"AQAB","e":"AQAB"})", "/n: expected 2048 to 8192 bits"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"})", "/d: this is a private key"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA","use":"enc"})", "/use: expected sig"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA","alg":"ES256"})", "/alg: is not an algorithm"},
  };
  for (const auto& one : cases) {
    const auto key = key_of(one.jwk);
    ASSERT_FALSE(key) << one.jwk;
    EXPECT_NE(key.error().message().find(one.fault), std::string::npos) << key.error().message();
  }
  // A point beside the curve.
  EXPECT_FALSE(
      key_of(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
             R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5b0"})"));
}

TEST(Jose, a_set_leaves_out_what_it_cannot_use) {
  const auto set = KeySet::parse(R"({"keys":[{"kty":"oct","k":"AAAA"},)" + std::string(kEd) + "]}");
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->keys().size(), 1U);
  EXPECT_NE(set->find("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"), nullptr);
  EXPECT_EQ(set->find("other"), nullptr);
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1]})",
                           R"({"keys":[{"kty":"oct"}]})"})
    EXPECT_FALSE(KeySet::parse(text)) << text;
}

TEST(Jose, one_id_is_one_key) {
  const std::string ed = R"({"kid":"a",)" + std::string(kEd.substr(1));
  const std::string ec = R"({"kid":"a",)" + std::string(kEc.substr(1));
  EXPECT_TRUE(KeySet::parse(R"({"keys":[)" + ed + "," + ed + "]}"));
  EXPECT_EQ(KeySet::parse(R"({"keys":[)" + ed + "," + ec + "]}").error().code(),
            Code::already_exists);
}

}  // namespace
}  // namespace flotilla::auth
