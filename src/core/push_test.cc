#include "core/push.h"

#include "core/outbox_testing_internal.h"

namespace flotilla::core::testing {
namespace {

CORE_TEST(PushConfigs, secrets_are_sealed_and_bound_to_their_row) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "waiter", wait_for_ever, probe);
  auto log = co_await begin(post, new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  auto config = webhook("w");
  config.token = Secret("token-in-clear");
  config.scheme = "Bearer";
  config.credentials = Secret("credentials-in-clear");
  CO_ASSERT_OK(co_await post.outbox->create((*log)->committed(), std::move(config)));
  static const db::Statement all{"SELECT secrets FROM push_config"};
  auto rows = co_await world.store->read(all, {}, 10);
  CO_ASSERT_OK(rows);
  EXPECT_EQ(db::text_at(rows->at(0), 0).find("in-clear"), std::string::npos);
  auto row = co_await row_of(post, *log, "w");
  EXPECT_EQ(row.config.token.reveal(), "token-in-clear");
  EXPECT_EQ(row.config.credentials.reveal(), "credentials-in-clear");
  db::Batch moved;
  static const db::Statement rename{"UPDATE push_config SET id = 'v'"};
  moved.add(rename, {});
  CO_ASSERT_OK(co_await world.store->write(std::move(moved)));
  row = co_await row_of(post, *log, "v");
  EXPECT_TRUE(row.config.token.empty());
  co_await finish(world, post);
}

}  // namespace
}  // namespace flotilla::core::testing
