#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/approvals/approvals.h"
#include "agents/approvals/wire.h"
#include "core/resources_testing.h"
#include "gateway/testing.h"

namespace flotilla::agents::approvals_testing {

using core::testing::admin;
using core::testing::alice;
using core::testing::bob;
using core::testing::carol;
using core::testing::kOnDisk;
using core::testing::principal;
using core::testing::World;
using gateway::testing::Desk;
using gateway::testing::request_of;
using gateway::testing::to_task;
using gateway::testing::until;

inline json::Object object(std::string_view text) {
  return *json::parse(text)->if_object();
}

inline CallToSettle call_of(std::string id, std::string tool, std::string_view arguments,
                            bool require_approval = true) {
  CallToSettle call;
  call.id = std::move(id);
  call.tool = std::move(tool);
  call.arguments = object(arguments);
  call.require_approval = require_approval;
  call.ask_user = call.tool == kAskUser;
  return call;
}

/// What the agent of a test does, and did.
struct Script {
  explicit Script(std::vector<CallToSettle> of) : calls(std::move(of)) {}
  std::vector<CallToSettle> calls;
  std::vector<std::string> policies;
  std::vector<std::string> done;      // `run TOOL ARGUMENTS` or `answer TEXT`
  std::vector<std::string> messages;  // that came while it settled
  int turns = 0;
  bool wait_for_message = false;  // before it settles
  int fails_in_turn = 0;
};

/// The loop, as far as approvals see it: one step with the calls of its script.
class GatedRunner final : public core::Runner {
 public:
  GatedRunner(Approvals& approvals, Script& script) : approvals_(approvals), script_(script) {}

  Async<Result<>> run(core::Run& run) override {
    if (++script_.turns == script_.fails_in_turn)
      co_return fail(Error(Code::unavailable, "the model is gone"));
    bool fresh = !run.resumed();
    int said = 0;
    for (const auto& message : run.task().history)
      if (message.role == a2a::MessageRole::user) ++said;
    if (said > 1) fresh = false;
    if (script_.wait_for_message) co_await run.clock().sleep_for(std::chrono::seconds(1));
    CO_TRY(settled, co_await approvals_.settle(run, script_.policies, 1, fresh, script_.calls));
    for (const auto& message : settled.messages)
      script_.messages.push_back(a2a::text_of(message.parts));
    if (settled.waits) co_return ok();
    for (std::size_t i = 0; i < settled.calls.size(); ++i) {
      const auto& outcome = settled.calls[i];
      if (outcome.action == CallOutcome::Action::run)
        script_.done.push_back("run " + script_.calls[i].tool + " " +
                               json::to_string(json::Value(outcome.arguments)));
      else
        script_.done.push_back("answer " + outcome.text);
    }
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  Approvals& approvals_;
  Script& script_;
};

/// A process with approvals behind the handler, and agents that tests script.
struct Inbox : Desk {
  explicit Inbox(World& world) : Inbox(world, world.process()) {}
  Inbox(World& world, core::testing::Process& at, core::Resources* resources = nullptr)
      : Desk(at),
        approvals({*world.database, world.clock, world.random, at.tasks, resources},
                  world.loops.executor(0)) {
    at.services.gate = &approvals;
  }
  void add(std::string name, Script& script) {
    core::AgentInfo info;
    info.name_space = "default";
    info.name = std::move(name);
    info.type = "declarative";
    info.runner = std::make_shared<GatedRunner>(approvals, script);
    process.agents.put(std::move(info));
  }
  /// Begins a task of agent `gated`; its id once it waits or ended.
  Async<Result<a2a::Task>> begin(std::string text = "go", std::string id = "m-1") {
    auto request = request_of(std::move(text), std::move(id));
    co_return co_await send("gated", std::move(request));
  }
  Async<std::vector<Approval>> pending(std::shared_ptr<const Principal> who = alice()) {
    ApprovalFilter filter;
    filter.state = ApprovalState::pending;
    auto page = co_await approvals.list(std::move(who), std::move(filter));
    if (!page) co_return std::vector<Approval>{};
    co_return std::move(page->items);
  }
  /// A message to the task with this data part.
  Async<Result<a2a::Task>> say(std::string task, std::string_view data, std::string id,
                               std::shared_ptr<const Principal> who = alice()) {
    auto request = to_task(std::move(task), "label", std::move(id));
    a2a::Part part;
    part.data = *json::parse(data);
    request.message.parts.push_back(std::move(part));
    co_return co_await send("gated", std::move(request), std::move(who));
  }
  /// The same with a payload of hitl/v1.
  Async<Result<a2a::Task>> say_v1(std::string task, std::string_view payload, std::string id,
                                  bool listed = true) {
    auto request = to_task(std::move(task), "label", std::move(id));
    request.message.metadata.set(std::string(kHitlExtension), *json::parse(payload));
    if (listed) request.message.extensions.emplace_back(kHitlExtension);
    co_return co_await send("gated", std::move(request));
  }
  Async<std::vector<std::string>> journal(std::string task) {
    std::vector<std::string> entries;
    auto log = co_await process.tasks.find(task, core::testing::seen_by(admin()));
    if (!log) co_return entries;
    auto events = co_await core::testing::journal_of(*log);
    if (!events) co_return entries;
    for (const auto& event : *events)
      if (event->kind == core::EventKind::approval)
        entries.push_back(event->actor + " " + *event->payload);
    co_return entries;
  }

  Approvals approvals;
};

inline Decision approve() {
  Decision decision;
  decision.verdict = Decision::Verdict::approve;
  decision.via = "test";
  return decision;
}
inline Decision reject(std::string why = "") {
  Decision decision;
  decision.verdict = Decision::Verdict::reject;
  decision.reason = std::move(why);
  decision.via = "test";
  return decision;
}
inline Decision answers(std::vector<std::string> each) {
  Decision decision;
  decision.verdict = Decision::Verdict::answer;
  for (auto& text : each) decision.answers.push_back(Answer{{std::move(text)}});
  decision.via = "test";
  return decision;
}

inline bool is_state(const Result<a2a::Task>& task, a2a::TaskState state) {
  return task && task->status.state == state;
}
template <class T>
Code code_of(const Result<T>& result) {
  return result ? Code::internal : result.error().code();
}

}  // namespace flotilla::agents::approvals_testing
