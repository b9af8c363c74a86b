#include "http/loop_clients.h"

#include <gtest/gtest.h>

#include "async/loops.h"

namespace flotilla::http {
namespace {

TEST(LoopClients, each_loop_has_one_of_its_own) {
  Loops loops(2);
  BlockingPool pool("dns", 1, 8);
  const auto egress = *EgressPolicy::make({});
  LoopClients clients(system_clock(), pool, egress, ClientOptions());
  auto& first = clients.on(loops.executor(0));
  auto& second = clients.on(loops.executor(1));
  EXPECT_NE(&first, &second);
  EXPECT_EQ(&first, &clients.on(loops.executor(0)));
  EXPECT_EQ(&second, &clients.on(loops.executor(1)));
}

}  // namespace
}  // namespace flotilla::http
