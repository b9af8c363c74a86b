#include "agents/approvals/testing_internal.h"

namespace flotilla::agents {
namespace {

using namespace approvals_testing;
using a2a::TaskState;

/// An agent that gives its work to another one and waits for it, as the loop does.
class DelegatingRunner final : public core::Runner {
 public:
  DelegatingRunner(Inbox& inbox, std::string to) : inbox_(inbox), to_(std::move(to)) {}

  Async<Result<>> run(core::Run& run) override {
    ++turns;
    if (child_.empty()) {
      CO_TRY_VOID(co_await run.flush());
      auto task = core::testing::new_task(to_, "go", "child of " + run.row().id.to_string());
      task.parent = run.row().id;
      CO_TRY(log, co_await inbox_.process.tasks.create(std::move(task)));
      child_ = log->projected().id.to_string();
    }
    for (;;) {
      CO_TRY(log, co_await inbox_.process.tasks.find(child_, core::testing::seen_by(admin())));
      CO_TRY_VOID(co_await core::TaskLog::settled(log));
      if (a2a::is_terminal(log->state())) break;
      const auto id = log->committed().id;
      CO_TRY(waits, co_await inbox_.approvals.wait_for_child(run, 1, "d1", id, to_));
      if (waits) co_return ok();
      std::ignore = run.take_messages();
    }
    co_return co_await run.status(TaskState::completed);
  }
  [[nodiscard]] const std::string& child() const { return child_; }
  int turns = 0;

 private:
  Inbox& inbox_;
  std::string to_;
  std::string child_;
};

std::shared_ptr<DelegatingRunner> add_delegating(Inbox& inbox, std::string name, std::string to) {
  auto runner = std::make_shared<DelegatingRunner>(inbox, std::move(to));
  core::AgentInfo info;
  info.name_space = "default";
  info.name = std::move(name);
  info.type = "declarative";
  info.runner = runner;
  inbox.process.agents.put(std::move(info));
  return runner;
}

Async<TaskState> ended(Inbox& inbox, std::string id) {
  for (;;) {
    auto log = co_await inbox.process.tasks.find(id, core::testing::seen_by(admin()));
    if (!log) co_return TaskState::unspecified;
    if (a2a::is_terminal((*log)->state())) co_return (*log)->state();
    co_await flotilla::testing::settle();
  }
}

CORE_TEST(NestedApprovals, the_parent_shows_and_takes_what_the_child_waits_for) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", R"({"n": 1})")});
  inbox.add("worker", script);
  auto parent = add_delegating(inbox, "gated", "worker");
  auto task = co_await inbox.begin();
  CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
  const auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].task.to_string(), parent->child());
  EXPECT_EQ(items[0].parent->to_string(), task->id);
  const auto text = json::to_text(*task->status.message);
  EXPECT_NE(text.find(R"("payload":{"task_id":")" + parent->child()), std::string::npos);
  EXPECT_NE(text.find(R"("hitl_parts":[{"name":"adk_request_confirmation","id":")" +
                      items[0].id.to_string()),
            std::string::npos);
  EXPECT_NE(text.find(R"("nested":{"subagent_name":"worker","task_id":")" + parent->child()),
            std::string::npos);
  // Words change nothing here either.
  auto still = co_await inbox.send("gated", to_task(task->id, "approve", "w-1"));
  EXPECT_TRUE(is_state(still, TaskState::input_required));
  EXPECT_TRUE(script.done.empty());
  auto sent = co_await inbox.say(
      task->id, R"({"decision_type": "batch", "decisions": {"c1": "approve"}})", "d-1");
  CO_ASSERT_OK(sent);
  EXPECT_EQ(co_await ended(inbox, task->id), TaskState::completed);
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run a {"n":1})"});
}

CORE_TEST(NestedApprovals, a_decision_in_the_inbox_wakes_all_that_wait) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("worker", script);
  add_delegating(inbox, "middle", "worker");
  add_delegating(inbox, "gated", "middle");
  auto task = co_await inbox.begin();
  CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
  const auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  // The outermost task shows it, too.
  EXPECT_NE(json::to_text(*task->status.message).find(items[0].id.to_string()), std::string::npos);
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items[0].id.to_string(), reject("no")));
  EXPECT_EQ(co_await ended(inbox, task->id), TaskState::completed);
  EXPECT_EQ(script.done.size(), 1U);
}

CORE_TEST(NestedApprovals, a_decision_at_the_outermost_task_reaches_the_innermost) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("worker", script);
  add_delegating(inbox, "middle", "worker");
  add_delegating(inbox, "gated", "middle");
  auto task = co_await inbox.begin();
  auto refused = co_await inbox.say(
      task->id, R"({"decision_type": "batch", "decisions": {"c7": "approve"}})", "d-1");
  EXPECT_EQ(code_of(refused), Code::invalid_argument);
  CO_ASSERT_OK(co_await inbox.say(task->id, R"({"decision_type": "approve"})", "d-2"));
  EXPECT_EQ(co_await ended(inbox, task->id), TaskState::completed);
  EXPECT_EQ(script.done, std::vector<std::string>{"run a {}"});
}

CORE_TEST(NestedApprovals, a_decision_at_the_childs_own_url_wakes_the_parent) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("worker", script);
  auto parent = add_delegating(inbox, "gated", "worker");
  auto task = co_await inbox.begin();
  auto request = to_task(parent->child(), "ok", "d-1");
  a2a::Part part;
  part.data = *json::parse(R"({"decision_type": "approve"})");
  request.message.parts.push_back(std::move(part));
  CO_ASSERT_OK(co_await inbox.send("worker", std::move(request)));
  // Not started here: as after a crash, the sweep finds who sleeps.
  CO_ASSERT_OK(co_await inbox.approvals.sweep());
  EXPECT_EQ(co_await ended(inbox, task->id), TaskState::completed);
}

}  // namespace
}  // namespace flotilla::agents
