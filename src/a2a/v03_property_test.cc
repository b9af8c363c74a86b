#include <gtest/gtest.h>

#include "a2a/random_model_testing_internal.h"
#include "a2a/v03.h"
#include "json/json.h"

// What both versions can say survives the way through the other one, in both forms of 0.3, on the
// wire's text. A failure names its seed: `Dice dice(SEED)` makes the value again.
namespace flotilla::a2a::v03 {
namespace {

using testing::Dice;

constexpr std::uint32_t kCases = 2000;

template <class Old, class New>
Result<New> through_wire(const std::string& text) {
  TRY(old, json::from_text<Old>(text));
  return from_v03(std::move(old), "");
}

/// 1.0 → 0.3 → 1.0, and the 0.3 text that comes of it → 1.0 → 0.3.
template <class Old, class New>
void expect_round_trip(const New& value, Form form, std::uint32_t seed) {
  const std::string modern = json::to_text(value);
  const std::string old = json::to_text(to_v03(value, form));
  const auto back = through_wire<Old, New>(old);
  ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message() << "\n" << old;
  ASSERT_EQ(json::to_text(*back), modern) << "seed " << seed;
  ASSERT_EQ(json::to_text(to_v03(*back, form)), old) << "seed " << seed;
}

template <class Old, class Make>
void expect_for_all(Make make) {
  for (const Form form : {Form::rpc, Form::rest}) {
    for (std::uint32_t seed = 0; seed < kCases; ++seed) {
      Dice dice(seed);
      expect_round_trip<Old>(make(dice, form == Form::rpc), form, seed);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(V03Property, parts) {
  expect_for_all<Part>([](Dice& dice, bool) { return dice.part(); });
}

TEST(V03Property, messages) {
  expect_for_all<Message>([](Dice& dice, bool rpc) { return dice.message(rpc); });
}

TEST(V03Property, artifacts) {
  expect_for_all<Artifact>([](Dice& dice, bool) { return dice.artifact(); });
}

TEST(V03Property, tasks) {
  expect_for_all<Task>([](Dice& dice, bool rpc) { return dice.task(rpc); });
}

TEST(V03Property, status_updates) {
  expect_for_all<StatusUpdate>([](Dice& dice, bool rpc) { return dice.status_update(rpc); });
}

TEST(V03Property, artifact_updates) {
  expect_for_all<ArtifactUpdate>([](Dice& dice, bool) { return dice.artifact_update(); });
}

TEST(V03Property, send_requests) {
  for (const Form form : {Form::rpc, Form::rest}) {
    for (std::uint32_t seed = 0; seed < kCases; ++seed) {
      Dice dice(seed);
      const auto request = dice.send_request(form == Form::rpc);
      const auto text = json::to_text(to_v03(request, form));
      auto old = json::from_text<SendParams>(text);
      ASSERT_TRUE(old) << seed;
      const auto back = from_v03(std::move(*old), form, "");
      ASSERT_TRUE(back) << seed << ": " << back.error().message();
      ASSERT_EQ(json::to_text(*back), json::to_text(request)) << seed;
      ASSERT_EQ(json::to_text(to_v03(*back, form)), text) << seed;
    }
  }
}

TEST(V03Property, stream_items_by_kind_or_member) {
  for (std::uint32_t seed = 0; seed < kCases; ++seed) {
    Dice dice(seed);
    StreamResponse item;
    switch (dice.roll(4)) {
      case 0:
        item.task = dice.task(false);
        break;
      case 1:
        item.message = dice.message(false);
        break;
      case 2:
        item.statusUpdate = dice.status_update(false);
        break;
      default:
        item.artifactUpdate = dice.artifact_update();
    }
    for (const Form form : {Form::rpc, Form::rest}) {
      RestResponse old;
      std::string bare;
      const auto take = [&](auto& member, const auto& value) {
        if (!value) return;
        member = to_v03(*value, form);
        bare = json::to_text(*member);
      };
      take(old.task, item.task);
      take(old.message, item.message);
      take(old.statusUpdate, item.statusUpdate);
      take(old.artifactUpdate, item.artifactUpdate);
      auto value = json::parse(form == Form::rpc ? bare : json::to_text(old));
      ASSERT_TRUE(value) << seed;
      const auto back = read_response(std::move(*value), form, "");
      ASSERT_TRUE(back) << seed << ": " << back.error().message();
      ASSERT_EQ(json::to_text(*back), json::to_text(item)) << seed;
    }
  }
}

}  // namespace
}  // namespace flotilla::a2a::v03
