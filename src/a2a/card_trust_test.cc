#include "a2a/card_trust.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "a2a/card_signer.h"
#include "base/log.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

constexpr const char* kCard = R"({"name":"Echo","description":"d","version":"1"})";

struct Signed {
  CardSigner signer;
  Signed() {
    const auto key = auth::PrivateKey::generate("ES256");
    signer.set_keys({*key}, {key->public_key()});
  }
  [[nodiscard]] auth::KeySet roots() const { return *auth::KeySet::parse(signer.jwks()); }
};

TEST(CardTrust, require_refuses_what_no_root_signed) {
  Signed ours;
  Signed other;
  const CardTrust trust(CardPolicy::require, ours.roots());
  EXPECT_TRUE(trust.check(ours.signer.sign(kCard, ""), "https://a"));
  for (const auto& card : {std::string(kCard), other.signer.sign(kCard, "")}) {
    const auto checked = trust.check(card, "https://a");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Code::permission_denied);
    EXPECT_NE(checked.error().message().find("the agent card at https://a is refused"),
              std::string::npos);
  }
}

TEST(CardTrust, warn_says_it_and_goes_on) {
  const Signed ours;
  const CardTrust trust(CardPolicy::warn, ours.roots());
  CapturedLog log;
  EXPECT_TRUE(trust.check(kCard, "https://a"));
  EXPECT_TRUE(log.contains("agent card is not signed by a trusted key"));
}

TEST(CardTrust, off_looks_at_nothing) {
  CapturedLog log;
  EXPECT_TRUE(CardTrust().check("{", "https://a"));
  EXPECT_TRUE(log.lines().empty());
}

TEST(CardTrust, roots_come_from_files) {
  Signed ours;
  const std::string path = testing::TempDir() + "card_trust_test.json";
  std::ofstream(path) << ours.signer.jwks();
  const auto trust = CardTrust::load(CardPolicy::require, {path, path});
  ASSERT_TRUE(trust) << trust.error().message();
  EXPECT_TRUE(trust->check(ours.signer.sign(kCard, ""), "https://a"));
  std::ofstream(path) << "{}";
  const auto broken = CardTrust::load(CardPolicy::require, {path});
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message().find(path + ": /keys: expected a list"), std::string::npos);
  std::remove(path.c_str());
  EXPECT_FALSE(CardTrust::load(CardPolicy::require, {path}));
  EXPECT_FALSE(CardTrust::load(CardPolicy::warn, {}));
  EXPECT_TRUE(CardTrust::load(CardPolicy::off, {}));
}

}  // namespace
}  // namespace flotilla::a2a
