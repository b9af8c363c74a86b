#include "gateway/caller_keys.h"

#include <gtest/gtest.h>

namespace flotilla::gateway {
namespace {

http::Request request_of(std::string who, std::string id, std::string header, std::string value) {
  auto principal = std::make_shared<Principal>();
  principal->name = std::move(who);
  http::Request request;
  request.method = http::Method::post;
  request.context.principal = std::move(principal);
  request.context.request_id = std::move(id);
  request.headers.add(std::move(header), std::move(value));
  return request;
}

std::string key_of(CallerKeys& keys, const std::string& owner, const std::string& message) {
  const auto key = keys.find(owner, message);
  return key ? key->reveal() : "none";
}

TEST(CallerKeys, go_from_the_request_to_its_message_and_to_nobody_elses) {
  ManualClock clock;
  CallerKeys keys(clock);
  keys.want();
  const auto request = request_of("alice", "r", "X-Flotilla-Model-Key", "k1");
  keys.take(request, true);
  const auto others = request_of("bob", "r", "Accept", "x");
  keys.bind(others.context, "m");
  EXPECT_EQ(key_of(keys, "bob", "m"), "none");
  keys.bind(request.context, "m");
  EXPECT_EQ(key_of(keys, "alice", "m"), "k1");
  EXPECT_EQ(key_of(keys, "bob", "m"), "none");
  keys.bind(request.context, "second");
  EXPECT_EQ(key_of(keys, "alice", "second"), "none");
  keys.share("alice", "m", "child");
  EXPECT_EQ(key_of(keys, "alice", "child"), "k1");
}

TEST(CallerKeys, a_bearer_token_counts_only_where_it_is_not_ours) {
  ManualClock clock;
  CallerKeys keys(clock);
  keys.want();
  const auto request = request_of("alice", "r", "Authorization", "Bearer token");
  keys.take(request, true);
  keys.bind(request.context, "m");
  EXPECT_EQ(key_of(keys, "alice", "m"), "none");
  keys.take(request, false);
  keys.bind(request.context, "m");
  EXPECT_EQ(key_of(keys, "alice", "m"), "token");
}

TEST(CallerKeys, are_not_kept_while_no_model_wants_them) {
  ManualClock clock;
  CallerKeys keys(clock);
  const auto request = request_of("alice", "r", "X-Flotilla-Model-Key", "k1");
  keys.take(request, false);
  keys.bind(request.context, "m");
  keys.want();
  keys.bind(request.context, "m");
  EXPECT_EQ(key_of(keys, "alice", "m"), "none");
}

TEST(CallerKeys, are_forgotten_after_a_while_and_are_never_many) {
  ManualClock clock;
  CallerKeys keys(clock);
  keys.want();
  for (std::size_t i = 0; i <= CallerKeys::kMost; ++i) {
    const auto id = std::to_string(i);
    const auto request = request_of("alice", id, "X-Flotilla-Model-Key", "k" + id);
    keys.take(request, true);
    keys.bind(request.context, id);
    if (i == 0) clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(key_of(keys, "alice", "0"), "none");
  EXPECT_EQ(key_of(keys, "alice", "1"), "k1");
  clock.advance(CallerKeys::kKept);
  EXPECT_EQ(key_of(keys, "alice", "1"), "none");
}

}  // namespace
}  // namespace flotilla::gateway
