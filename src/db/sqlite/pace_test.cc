#include "db/sqlite/pace_internal.h"

#include <gtest/gtest.h>

namespace flotilla::db::sqlite {
namespace {

using namespace std::chrono_literals;

/// Commits one after another, each beginning `work` after the end of the one before.
class PaceTest : public testing::Test {
 protected:
  PaceTest() { commit(0ms, 0ms, 64, true); }

  void commit(Pace::Clock::duration work, Pace::Clock::duration on_disk, std::size_t batches,
              bool alone) {
    const auto began = now_ + work;
    now_ = began + on_disk;
    pace_.note({began, now_, on_disk, batches, alone});
  }

  Pace pace_;

 private:
  Pace::Clock::time_point now_{1h};
};

TEST_F(PaceTest, ACommitThatAllCallersWaitedForIsFollowedByHalfOfThem) {
  commit(3ms, 1ms, 64, true);
  EXPECT_EQ(pace_.share(64), 32U);
  EXPECT_EQ(pace_.share(15), 15U) << "too few to part";
  EXPECT_EQ(pace_.pause(), 0ms);
}

TEST_F(PaceTest, PartedGroupsAreTakenWhole) {
  commit(1ms, 600us, 32, false);
  EXPECT_EQ(pace_.share(32), 32U);
  EXPECT_EQ(pace_.pause(), 0ms);
}

TEST_F(PaceTest, NothingIsPartedForADiskThatHardlyTakesTime) {
  commit(3ms, 200us, 64, true);
  EXPECT_EQ(pace_.share(64), 64U);
}

TEST_F(PaceTest, BeforeASlowDiskBatchesGather) {
  commit(1ms, 6ms, 32, false);
  EXPECT_EQ(pace_.pause(), 1500us);
  EXPECT_EQ(pace_.share(64), 64U);
  commit(1ms, 60ms, 32, true);
  EXPECT_EQ(pace_.pause(), 2ms) << "never longer";
}

TEST_F(PaceTest, BetweenTheTwoNothingIsDone) {
  commit(1ms, 1ms, 64, true);
  EXPECT_EQ(pace_.share(64), 64U);
  EXPECT_EQ(pace_.pause(), 0ms);
}

TEST_F(PaceTest, FewBatchesAreNeverHeldUp) {
  commit(0ms, 8ms, 7, false);
  EXPECT_EQ(pace_.pause(), 0ms);
  commit(3ms, 1ms, 7, true);
  EXPECT_EQ(pace_.share(64), 64U);
}

}  // namespace
}  // namespace flotilla::db::sqlite
