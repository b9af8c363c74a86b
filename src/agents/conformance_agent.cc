#include <algorithm>
#include <chrono>
#include <utility>

#include "a2a/client_replay.h"
#include "agents/builtin_internal.h"
#include "agents/conformance_internal.h"
#include "json/value.h"

namespace flotilla::agents {

namespace conformance {

namespace {

constexpr std::string_view kFileName = "output.txt";
constexpr std::string_view kFileType = "text/plain";

const a2a::Message* first_user_message(const a2a::Task& task) {
  const auto first = std::ranges::find(task.history, a2a::MessageRole::user, &a2a::Message::role);
  return first == task.history.end() ? nullptr : &*first;
}

std::string_view first_text(const a2a::Message& message) {
  for (const auto& part : message.parts)
    if (part.text) return *part.text;
  return {};
}

a2a::Part part_of(const Behaviour& behaviour) {
  a2a::Part part;
  switch (behaviour.content) {
    case Content::file:
      part.raw = json::Base64{"Generated file content\n"};
      part.filename = kFileName;
      part.mediaType = kFileType;
      break;
    case Content::file_url:
      part.url = "https://example.com/output.txt";
      part.filename = kFileName;
      part.mediaType = kFileType;
      break;
    case Content::data:
      part.data = json::Value(json::Object{{"key", "value"}, {"count", 42}});
      break;
    case Content::none:
    case Content::text:
    case Content::chunks:
      part.text = behaviour.text;
      break;
  }
  return part;
}

}  // namespace

a2a::Artifact artifact_of(const Behaviour& behaviour) {
  a2a::Artifact artifact;
  artifact.artifactId = "output";
  artifact.name = "output";
  artifact.parts.push_back(part_of(behaviour));
  return artifact;
}

Choice choose(const a2a::Task& task, const a2a::Message& input) {
  Choice choice;
  choice.behaviour = find_by_id(input.messageId);
  choice.by_id = choice.behaviour != nullptr;
  if (choice.by_id) return choice;
  const a2a::Message* first = first_user_message(task);
  const auto named = find_by_text(first_text(first != nullptr ? *first : input));
  choice.behaviour = named.behaviour;
  choice.unknown = named.unknown;
  return choice;
}

}  // namespace conformance

namespace {

using a2a::TaskState;
using conformance::Behaviour;
using conformance::Choice;
using conformance::Content;
using conformance::Kind;

/// Stateless: each turn is decided anew, from the task alone.
class Conformance final : public core::Runner {
 public:
  explicit Conformance(ConnectPeer connect) : connect_(std::move(connect)) {}

  Async<Result<>> run(core::Run& run) override {
    const Choice choice = conformance::choose(run.task(), run.input());
    if (choice.unknown) {
      auto why = run.message("There is no such behaviour: " + text_input(run.input()));
      co_return co_await run.status(TaskState::failed, std::move(why));
    }
    if (choice.behaviour == nullptr) {
      auto instruction = conformance::find_instruction(run.input());
      if (!instruction || !connect_) co_return co_await echo(run);
      CO_TRY_VOID(co_await show_working(run));
      co_return co_await conformance::run_instruction(run, connect_, std::move(*instruction));
    }
    const Behaviour& behaviour = *choice.behaviour;
    if (behaviour.kind == Kind::message) {
      auto answer = run.message(std::string(behaviour.note));
      answer.contextId.reset();  // nothing is there to be continued
      co_return co_await run.reply(std::move(answer));
    }
    if (behaviour.kind == Kind::multi_turn) co_return co_await multi_turn(run);
    if (behaviour.kind == Kind::until_cancel) co_return co_await until_cancel(run);
    if (behaviour.kind == Kind::client_parse) co_return co_await client_parse(run);
    // A question by text is of the task, not of the turn: the answer to it ends the task.
    const bool answered = !choice.by_id && a2a::is_interrupted(behaviour.end) && is_answer(run);
    co_return co_await play(run, behaviour, answered ? TaskState::completed : behaviour.end);
  }

 private:
  static bool is_answer(const core::Run& run) {
    return std::ranges::count(run.task().history, a2a::MessageRole::user, &a2a::Message::role) > 1;
  }

  static Async<Result<>> show_working(core::Run& run) {
    if (run.task().status.state == TaskState::working) co_return ok();
    co_return co_await run.status(TaskState::working);
  }

  static Async<Result<>> play(core::Run& run, const Behaviour& behaviour, TaskState end) {
    if (behaviour.shown) CO_TRY_VOID(co_await show_working(run));
    if (behaviour.wait.count() > 0) CO_TRY_VOID(co_await run.sleep(behaviour.wait));
    if (behaviour.content == Content::chunks) {
      CO_TRY_VOID(co_await chunks(run, behaviour));
    } else if (behaviour.content != Content::none) {
      auto artifact = conformance::artifact_of(behaviour);
      CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    }
    std::optional<a2a::Message> note;
    if (!behaviour.note.empty()) note = run.message(std::string(behaviour.note));
    co_return co_await run.status(end, std::move(note));
  }

  static Async<Result<>> chunks(core::Run& run, const Behaviour& behaviour) {
    std::string_view rest = behaviour.text;
    for (bool first = true; !rest.empty(); first = false) {
      const std::string_view chunk = rest.substr(0, rest.find('|'));
      rest.remove_prefix(std::min(rest.size(), chunk.size() + 1));
      auto artifact = conformance::artifact_of(behaviour);
      artifact.parts.front().text = chunk;
      CO_TRY_VOID(co_await run.artifact(std::move(artifact), !first, rest.empty()));
    }
    co_return ok();
  }

  static Async<Result<>> echo(core::Run& run) {
    auto artifact = text_artifact("echo", "echo", text_input(run.input()));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(TaskState::completed);
  }

  static Async<Result<>> multi_turn(core::Run& run) {
    if (text_input(run.input()).starts_with("done")) {
      auto note = run.message("All turns are done.");
      co_return co_await run.status(TaskState::completed, std::move(note));
    }
    // Without words: the kit expects a history of the user's messages alone.
    co_return co_await run.status(TaskState::input_required);
  }

  /// A data part {operation, wire_payload}: what our client makes of that answer.
  static Async<Result<>> client_parse(core::Run& run) {
    const json::Value* operation = nullptr;
    const json::Value* payload = nullptr;
    for (const auto& part : run.input().parts) {
      const json::Object* data = part.data ? part.data->if_object() : nullptr;
      if (data == nullptr) continue;
      operation = data->find("operation");
      payload = data->find("wire_payload");
    }
    const std::string* name = operation != nullptr ? operation->if_string() : nullptr;
    if (name == nullptr || payload == nullptr) {
      auto why = run.message("A data part with operation and wire_payload is needed.");
      co_return co_await run.status(TaskState::failed, std::move(why));
    }
    a2a::Artifact parsed;
    parsed.artifactId = "parsed";
    parsed.name = "parsed";
    parsed.parts.emplace_back().data = a2a::replay_answer(*name, *payload);
    CO_TRY_VOID(co_await run.artifact(std::move(parsed), false, true));
    co_return co_await run.status(TaskState::completed);
  }

  static Async<Result<>> until_cancel(core::Run& run) {
    CO_TRY_VOID(co_await show_working(run));
    for (;;) CO_TRY_VOID(co_await run.sleep(std::chrono::hours(1)));
  }

  ConnectPeer connect_;
};

}  // namespace

std::shared_ptr<core::Runner> make_conformance(ConnectPeer connect) {
  return std::make_shared<Conformance>(std::move(connect));
}

}  // namespace flotilla::agents
