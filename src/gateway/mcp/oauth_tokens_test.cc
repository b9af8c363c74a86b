#include "gateway/mcp/oauth_tokens.h"

#include <gtest/gtest.h>

#include "gateway/mcp/testing.h"
#include "gateway/mcp/testing_upstream.h"

namespace flotilla::gateway::testing {
namespace {

CORE_TEST(SecretTokenStore, keeps_tokens_in_a_secret_that_goes_with_its_server) {
  Fleet fleet(world);
  fleet.upstream("github").tools = {"a"};
  co_await fleet.apply("github", "{}");
  SecretTokenStore store(fleet.resources, fleet.ref("github"));
  auto none = co_await store.load();
  CO_ASSERT_OK(none);
  EXPECT_FALSE(*none);
  mcp::OAuthState state;
  state.issuer = "https://as.example";
  state.refresh_token = Secret("r3");
  state.scopes = {"read", "write"};
  state.dpop_key = Secret(std::string("\0\xff", 2));
  state.expires = Time{std::chrono::seconds{1'800'000'000}};
  auto saved = co_await store.save(state);
  CO_ASSERT_OK(saved);
  auto loaded = co_await store.load();
  CO_ASSERT_OK(loaded);
  EXPECT_EQ((*loaded)->issuer, "https://as.example");
  EXPECT_EQ((*loaded)->refresh_token.reveal(), "r3");
  EXPECT_EQ((*loaded)->scopes, state.scopes);
  EXPECT_EQ((*loaded)->dpop_key.reveal(), state.dpop_key.reveal());
  EXPECT_EQ((*loaded)->expires, state.expires);
  auto removed = co_await fleet.resources.remove(nullptr, fleet.ref("github"));
  CO_ASSERT_OK(removed);
  auto gone = co_await store.load();
  CO_ASSERT_OK(gone);
  EXPECT_FALSE(*gone);
}

}  // namespace
}  // namespace flotilla::gateway::testing
