#include "core/outbox_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::core {
namespace {

TEST(OutboxQueue, peers_take_turns) {
  OutboxQueue queue(100);
  const auto key = [](int i) { return PushKey{TaskId{}, std::to_string(i)}; };
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push("http://a", key(i)));
  EXPECT_TRUE(queue.push("http://b", key(10)));
  EXPECT_TRUE(queue.push("http://a", key(0)));  // waits already
  EXPECT_EQ(queue.size(), 5U);
  const auto any = [](const std::string&) { return true; };
  std::string order;
  while (auto next = queue.take(any)) order += next->key.id + " ";
  EXPECT_EQ(order, "0 10 1 2 3 ");
}

TEST(OutboxQueue, a_busy_peer_is_passed_over_and_the_longest_gives_way) {
  OutboxQueue queue(3);
  const auto key = [](int i) { return PushKey{TaskId{}, std::to_string(i)}; };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push("http://a", key(i)));
  EXPECT_FALSE(queue.push("http://b", key(10)));  // something was left out
  EXPECT_EQ(queue.size(), 3U);
  auto next = queue.take([](const std::string& peer) { return peer != "http://a"; });
  ASSERT_TRUE(next);
  EXPECT_EQ(next->key.id, "10");
}

}  // namespace
}  // namespace flotilla::core
