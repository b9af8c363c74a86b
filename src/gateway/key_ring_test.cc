#include "gateway/key_ring.h"

#include <gtest/gtest.h>

#include "a2a/card_signature.h"
#include "async/testing.h"
#include "base/log.h"
#include "db/sqlite/sqlite.h"
#include "json/json.h"
#include "telemetry/metrics.h"

namespace flotilla::gateway {
namespace {

constexpr const char* kCard = R"({"name":"Echo","description":"d","version":"1"})";

/// One server over a store in memory; restart() is a second one over the same store and key file.
struct Server {
  telemetry::Registry metrics;
  std::unique_ptr<db::Database> database = open();
  ManualClock clock;
  auth::Sealer sealer = auth::Sealer::ephemeral(system_random());
  a2a::CardSigner signer;
  KeyRing keys{*database, clock, sealer, signer};

  std::unique_ptr<db::Database> open() {
    db::sqlite::Options options;
    options.path = ":memory:";
    auto opened = db::sqlite::open(std::move(options), metrics);
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
  [[nodiscard]] std::string signed_by() {
    const auto card = json::parse(signer.sign(kCard, ""));
    const auto set = auth::KeySet::parse(signer.jwks());
    if (!set) return "";
    auto key = a2a::verify_card(*card->if_object(), *set);
    return key ? *key : "";
  }
};

ASYNC_TEST(KeyRing, without_keys_cards_are_not_signed) {
  Server server;
  EXPECT_TRUE(co_await server.keys.load());
  EXPECT_EQ(server.signer.sign(kCard, ""), kCard);
  const auto keys = co_await server.keys.list();
  CO_ASSERT_TRUE(keys);
  CO_ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().kind, "sealing");
  EXPECT_EQ(keys->front().state, "active");
}

ASYNC_TEST(KeyRing, a_created_key_signs_at_once_and_after_a_restart) {
  Server server;
  const auto made = co_await server.keys.create("");
  CO_ASSERT_TRUE(made);
  EXPECT_EQ(made->algorithm, "ES256");
  EXPECT_EQ(server.signed_by(), made->id);
  a2a::CardSigner again;
  KeyRing restarted(*server.database, server.clock, server.sealer, again);
  EXPECT_TRUE(co_await restarted.load());
  EXPECT_EQ(again.key_ids(), server.signer.key_ids());
}

ASYNC_TEST(KeyRing, private_keys_are_stored_sealed) {
  Server server;
  const auto made = co_await server.keys.create("EdDSA");
  CO_ASSERT_TRUE(made);
  static const db::Statement kStored{"SELECT sealed FROM signing_key"};
  const auto rows = co_await server.database->read(kStored, {});
  CO_ASSERT_TRUE(rows);
  CO_ASSERT_EQ(rows->size(), 1U);
  EXPECT_TRUE(db::text_at(rows->front(), 0).starts_with("v1."));
  a2a::CardSigner other;
  auto wrong = auth::Sealer::ephemeral(system_random());
  KeyRing stranger(*server.database, server.clock, wrong, other);
  CapturedLog log;
  EXPECT_TRUE(co_await stranger.load());
  EXPECT_TRUE(log.contains("signing key cannot be used"));
  EXPECT_EQ(other.sign(kCard, ""), kCard);
  EXPECT_TRUE(co_await stranger.rotate_sealing());
  EXPECT_TRUE(co_await stranger.retire(made->id));
  EXPECT_TRUE(co_await stranger.remove(made->id));
}

ASYNC_TEST(KeyRing, rotation_retires_the_old_key_and_keeps_it_published) {
  Server server;
  const auto old = co_await server.keys.create("EdDSA");
  CO_ASSERT_TRUE(old);
  server.clock.advance(std::chrono::seconds(1));
  const auto fresh = co_await server.keys.rotate("");
  CO_ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->algorithm, "EdDSA");
  EXPECT_EQ(server.signed_by(), fresh->id);
  EXPECT_NE(server.signer.jwks().find(old->id), std::string::npos);
  const auto keys = co_await server.keys.list();
  CO_ASSERT_TRUE(keys);
  CO_ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].state, "retired");
  EXPECT_EQ((*keys)[1].state, "active");
}

ASYNC_TEST(KeyRing, only_retired_keys_are_deleted) {
  Server server;
  const auto made = co_await server.keys.create("");
  CO_ASSERT_TRUE(made);
  const auto refused = co_await server.keys.remove(made->id);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
  const auto retired = co_await server.keys.retire(made->id);
  CO_ASSERT_TRUE(retired);
  EXPECT_EQ(retired->state, "retired");
  EXPECT_EQ(server.signer.sign(kCard, ""), kCard);
  EXPECT_TRUE(co_await server.keys.remove(made->id));
  EXPECT_EQ(server.signer.jwks(), R"({"keys":[]})");
  const auto gone = co_await server.keys.remove(made->id);
  CO_ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), Code::not_found);
  const auto none = co_await server.keys.retire("none");
  CO_ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Code::not_found);
}

ASYNC_TEST(KeyRing, there_is_an_end_to_keys) {
  Server server;
  for (std::size_t i = 0; i < kSigningKeysMax; ++i)
    EXPECT_TRUE(co_await server.keys.create("EdDSA"));
  const auto refused = co_await server.keys.create("EdDSA");
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
  EXPECT_TRUE(co_await server.keys.rotate("EdDSA"));
  const auto unknown = co_await server.keys.create("RS256");
  CO_ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::invalid_argument);
}

Async<Result<std::size_t>> three_rows(int& calls) {
  ++calls;
  co_return std::size_t{3};
}

ASYNC_TEST(KeyRing, rotation_of_the_sealing_key_seals_everything_again) {
  Server server;
  int calls = 0;
  server.keys.also_reseals([&calls] { return three_rows(calls); });
  const auto made = co_await server.keys.create("");
  CO_ASSERT_TRUE(made);
  const auto old = server.sealer.keys().front().id;
  const auto fresh = co_await server.keys.rotate_sealing();
  CO_ASSERT_TRUE(fresh);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(server.sealer.keys().back().id, fresh->id);
  EXPECT_TRUE(co_await server.keys.remove(old));
  EXPECT_EQ(server.sealer.keys().size(), 1U);
  EXPECT_TRUE(co_await server.keys.load());  // nothing needs the old key
  EXPECT_EQ(server.signed_by(), made->id);
  const auto refused = co_await server.keys.remove(fresh->id);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
}

}  // namespace
}  // namespace flotilla::gateway
