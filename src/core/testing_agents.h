#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/runner.h"
#include "core/testing.h"

/// Requests, agents that tests script, and what they leave behind.
namespace flotilla::core::testing {

inline Visibility seen_by(std::shared_ptr<const Principal> who) {
  Visibility visibility;
  visibility.principal = std::move(who);
  return visibility;
}

inline a2a::Message user_message(std::string text, std::string id = "m-1") {
  a2a::Message message;
  message.messageId = std::move(id);
  message.role = a2a::MessageRole::user;
  message.parts.push_back(a2a::text_part(std::move(text)));
  return message;
}

inline NewTask new_task(std::string agent, std::string text, std::string id = "m-1") {
  NewTask task;
  task.name_space = "default";
  task.agent = std::move(agent);
  task.principal = alice();
  task.message = user_message(std::move(text), std::move(id));
  return task;
}

/// What a scripted agent and its test tell each other. Touched by one loop, but the counters.
/// Copies share it: a run may end after the test's body.
class Probe {
  struct State {
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    std::vector<std::string> notes;
  };
  std::shared_ptr<State> state_;

 public:
  Probe() : Probe(std::make_shared<State>()) {}
  Probe(const Probe& other) : Probe(other.state_) {}
  Probe& operator=(const Probe&) = delete;
  ~Probe() = default;

  std::atomic<int>& begun;
  std::atomic<int>& ended;
  std::vector<std::string>& notes;

 private:
  explicit Probe(std::shared_ptr<State> state)
      : state_(std::move(state)),
        begun(state_->begun),
        ended(state_->ended),
        notes(state_->notes) {}
};

/// An agent that is a function.
class ScriptedRunner final : public Runner {
 public:
  using Script = Async<Result<>> (*)(Run&, Probe&);
  ScriptedRunner(Script script, const Probe& probe) : script_(script), probe_(probe) {}
  Async<Result<>> run(Run& run) override {
    ++probe_.begun;
    Leave leave{probe_};
    co_return co_await script_(run, probe_);
  }

 private:
  struct Leave {
    Probe& probe;
    ~Leave() { ++probe.ended; }
  };
  Script script_;
  Probe probe_;
};

inline void add_agent(Process& process, std::string name, ScriptedRunner::Script script,
                      const Probe& probe, std::string name_space = "default") {
  AgentInfo info;
  info.name_space = std::move(name_space);
  info.name = std::move(name);
  info.type = "builtin";
  info.runner = std::make_shared<ScriptedRunner>(script, probe);
  process.agents.put(std::move(info));
}

inline a2a::Artifact text_artifact(std::string id, std::string text) {
  a2a::Artifact artifact;
  artifact.artifactId = std::move(id);
  artifact.parts.push_back(a2a::text_part(std::move(text)));
  return artifact;
}

/// Counts up to the number in its input: `step` seconds before each, one part each. It goes on
/// where its artifact ends.
inline Async<Result<>> count_up(Run& run, Probe& probe) {
  if (run.resumed()) probe.notes.push_back("resumed");
  const int last = std::stoi(a2a::text_of(run.input().parts));
  int done = 0;
  for (const auto& artifact : run.task().artifacts) done = static_cast<int>(artifact.parts.size());
  for (int i = done; i < last; ++i) {
    CO_TRY_VOID(co_await run.sleep(std::chrono::seconds(1)));
    auto chunk = text_artifact("count", std::to_string(i + 1));
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), i > 0, i + 1 == last));
  }
  co_return co_await run.status(a2a::TaskState::completed);
}

inline Async<Result<>> complete_at_once(Run& run, Probe&) {
  auto artifact = text_artifact("answer", a2a::text_of(run.input().parts));
  CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
  co_return co_await run.status(a2a::TaskState::completed);
}

/// Waits for ever; ends by cancellation only.
inline Async<Result<>> wait_for_ever(Run& run, Probe&) {
  for (;;) CO_TRY_VOID(co_await run.sleep(std::chrono::hours(1)));
}

/// Asks once, then completes with what it was told.
inline Async<Result<>> ask_once(Run& run, Probe& probe) {
  for (const auto& message : run.task().history) probe.notes.push_back(a2a::text_of(message.parts));
  std::size_t inputs = 0;
  for (const auto& message : run.task().history)
    inputs += message.role == a2a::MessageRole::user ? 1 : 0;
  if (inputs > 1) co_return co_await complete_at_once(run, probe);
  auto question = run.message("which?");
  co_return co_await run.status(a2a::TaskState::input_required, std::move(question));
}

inline std::string texts_of(const a2a::Task& task) {
  std::string text;
  for (const auto& artifact : task.artifacts)
    for (const auto& part : artifact.parts) text += part.text.value_or("?") + " ";
  return text;
}

/// Reads until the event with this number came, or the end.
inline Async<Result<std::vector<EventPtr>>> read_to(Subscription& subscription, std::uint64_t seq) {
  std::vector<EventPtr> events;
  while (subscription.cursor() < seq) {
    CO_TRY(more, co_await subscription.next());
    if (more.empty()) break;
    events.insert(events.end(), more.begin(), more.end());
  }
  co_return events;
}

/// Everything that is stored of a task's journal.
inline Async<Result<std::vector<EventPtr>>> journal_of(TaskLog::Ptr log) {
  const auto seq = log->committed().seq;
  co_return co_await log->stored_events(0, seq, 10'000);
}

}  // namespace flotilla::core::testing
