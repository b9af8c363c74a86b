#include "core/state_machine.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace flotilla::core {
namespace {

using a2a::TaskState;

constexpr std::size_t kStates = 9;

// Row: from; column: to; both in the order of the proto's numbers:
// unspecified, submitted, working, completed, failed, canceled, input_required, rejected,
// auth_required.
constexpr std::array<std::string_view, kStates> kAllowed{
    "---------",  // unspecified
    "--xxxxxxx",  // submitted
    "--xxxxxxx",  // working
    "---------",  // completed
    "---------",  // failed
    "---------",  // canceled
    "--xxxxxxx",  // input_required
    "---------",  // rejected
    "--xxxxxxx",  // auth_required
};

TEST(StateMachine, allows_these_pairs_and_no_others) {
  for (std::size_t from = 0; from < kStates; ++from) {
    for (std::size_t to = 0; to < kStates; ++to) {
      const auto a = static_cast<TaskState>(from);
      const auto b = static_cast<TaskState>(to);
      EXPECT_EQ(may_transition(a, b), kAllowed.at(from).at(to) == 'x')
          << wire_name(a) << " to " << wire_name(b);
    }
  }
}

TEST(StateMachine, somebody_runs_submitted_and_working_tasks_only) {
  for (std::size_t i = 0; i < kStates; ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(is_runnable(state), state == TaskState::submitted || state == TaskState::working)
        << wire_name(state);
  }
}

TEST(StateMachine, each_state_is_runnable_interrupted_or_terminal) {
  for (std::size_t i = 1; i < kStates; ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(is_runnable(state) + a2a::is_interrupted(state) + a2a::is_terminal(state), 1)
        << wire_name(state);
  }
}

}  // namespace
}  // namespace flotilla::core
