#include <gmock/gmock.h>

#include "agents/declarative/testing_internal.h"
#include "gateway/caller_keys.h"

// A caller's own key for the model.

namespace flotilla::agents {
namespace {

using namespace loop_testing;
using ::testing::ElementsAre;

CORE_TEST(LoopKeys, a_callers_key_reaches_the_model_and_the_agents_that_are_asked) {
  Single one(world);
  gateway::CallerKeys keys(world.clock);
  keys.want();
  one.house->handler.use(keys);
  one.house->services.caller_keys = &keys;
  auto expert = one.models["expert"] = std::make_shared<FakeModel>(world.clock);
  core::DeclarativeAgent its;
  its.model = "expert";
  one.house->add("expert", its);
  one.house->add("helper", with_agent("expert"));
  expert->lines = {says("42")};
  one.model->lines = {calls({call_of("c1", "expert", R"({"request":"?"})")}), says("done")};
  http::Request request;
  request.method = http::Method::post;
  request.headers.add("X-Flotilla-Model-Key", "of-alice");
  request.context = gateway::testing::context_of(alice());
  keys.take(request, true);
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|done");
  EXPECT_THAT(one.model->keys, ElementsAre("of-alice", "of-alice"));
  EXPECT_THAT(expert->keys, ElementsAre("of-alice"));
  // The next message came without one.
  one.model->lines = {says("done")};
  said = co_await one.house->ask("helper", "again");
  EXPECT_EQ(one.model->keys.back(), "");
}

}  // namespace
}  // namespace flotilla::agents
