#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/testing.h"
#include "gateway/a2a_handler.h"

namespace flotilla::gateway::testing {

using core::testing::add_agent;
using core::testing::admin;
using core::testing::alice;
using core::testing::bob;
using core::testing::carol;
using core::testing::complete_at_once;
using core::testing::count_up;
using core::testing::Given;
using core::testing::kTwoLoops;
using core::testing::Probe;
using core::testing::Process;
using core::testing::until;
using core::testing::user_message;
using core::testing::wait_for_ever;
using core::testing::World;

inline Context context_of(std::shared_ptr<const Principal> who) {
  Context context;
  context.principal = std::move(who);
  return context;
}

inline a2a::AgentRef agent_ref(std::string name, std::string name_space = "default") {
  a2a::AgentRef ref;
  ref.name_space = std::move(name_space);
  ref.name = std::move(name);
  return ref;
}

inline a2a::SendMessageRequest request_of(std::string text, std::string id = "m-1") {
  a2a::SendMessageRequest request;
  request.message = user_message(std::move(text), std::move(id));
  return request;
}

inline a2a::SendMessageRequest to_task(std::string task, std::string text, std::string id) {
  auto request = request_of(std::move(text), std::move(id));
  request.message.taskId = std::move(task);
  return request;
}

inline a2a::GetTaskRequest get_request(std::string id) {
  a2a::GetTaskRequest request;
  request.id = std::move(id);
  return request;
}

inline a2a::CancelTaskRequest cancel_request(std::string id) {
  a2a::CancelTaskRequest request;
  request.id = std::move(id);
  return request;
}

inline a2a::SubscribeToTaskRequest subscribe_request(std::string id) {
  a2a::SubscribeToTaskRequest request;
  request.id = std::move(id);
  return request;
}

/// The handler over one process, with one call for each thing that tests do.
struct Desk {
  explicit Desk(Process& at) : process(at), handler(at.tasks, at.sessions, at.agents) {}

  /// A blocking send; the answer must be a task.
  Async<Result<a2a::Task>> send(std::string agent, a2a::SendMessageRequest request,
                                std::shared_ptr<const Principal> who = alice()) {
    auto sent = co_await handler.send_message(context_of(std::move(who)),
                                              agent_ref(std::move(agent)), std::move(request));
    if (!sent) co_return fail(sent.error());
    if (sent->kind != a2a::ItemKind::task)
      co_return fail(Error(Code::internal, "a bare message: " + sent->json));
    co_return json::from_text<a2a::Task>(sent->json);
  }
  Async<Result<a2a::Task>> get(std::string agent, std::string id,
                               std::shared_ptr<const Principal> who = alice()) {
    auto text = co_await handler.get_task(context_of(std::move(who)), agent_ref(std::move(agent)),
                                          get_request(std::move(id)));
    if (!text) co_return fail(text.error());
    co_return json::from_text<a2a::Task>(*text);
  }
  Async<Result<std::unique_ptr<a2a::ItemStream>>> stream(std::string agent,
                                                         a2a::SendMessageRequest request) {
    return handler.send_streaming_message(context_of(alice()), agent_ref(std::move(agent)),
                                          std::move(request));
  }
  Async<Result<std::unique_ptr<a2a::ItemStream>>> subscribe(
      std::string agent, std::string id, std::optional<std::string> after = std::nullopt) {
    return handler.subscribe_to_task(context_of(alice()), agent_ref(std::move(agent)),
                                     subscribe_request(std::move(id)), std::move(after));
  }

  Process& process;
  A2aHandler handler;
};

/// The items up to the stream's end.
inline Async<Result<std::vector<a2a::StreamItem>>> read_all(a2a::ItemStream& stream) {
  std::vector<a2a::StreamItem> items;
  for (;;) {
    CO_TRY(more, co_await stream.next());
    if (more.empty()) break;
    for (auto& item : more) items.push_back(std::move(item));
  }
  co_return items;
}

/// `task:SUBMITTED status:COMPLETED artifact message`
inline std::string outline(const std::vector<a2a::StreamItem>& items) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ' ';
    const std::string state(wire_name(item.state).substr(std::string("TASK_STATE_").size()));
    switch (item.kind) {
      case a2a::ItemKind::task:
        text += "task:" + state;
        break;
      case a2a::ItemKind::message:
        text += "message";
        break;
      case a2a::ItemKind::status_update:
        text += "status:" + state;
        break;
      case a2a::ItemKind::artifact_update:
        text += "artifact";
        break;
    }
  }
  return text;
}

inline Async<Result<>> ask_then_answer(core::Run& run, Probe& probe) {
  return core::testing::ask_once(run, probe);
}

inline Async<Result<>> answer_bare(core::Run& run, Probe&) {
  auto message = run.message("bare " + a2a::text_of(run.input().parts));
  co_return co_await run.reply(std::move(message));
}

/// An agent that may answer with a bare message.
inline void add_bare_agent(Process& process, std::string name,
                           core::testing::ScriptedRunner::Script script, Probe& probe) {
  core::AgentInfo info;
  info.name_space = "default";
  info.name = std::move(name);
  info.type = "builtin";
  info.may_reply_message = true;
  info.runner = std::make_shared<core::testing::ScriptedRunner>(script, probe);
  process.agents.put(std::move(info));
}

}  // namespace flotilla::gateway::testing
