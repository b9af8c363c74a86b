#pragma once

#include <memory>
#include <optional>
#include <string>

#include "a2a/handler.h"
#include "core/agents.h"
#include "core/sessions.h"
#include "core/tasks.h"

namespace flotilla::gateway {

class CallerKeys;
class Push;

/// A2A over core: who is meant, whether the caller may, then core. Holds no state. Thread-safe.
class A2aHandler final : public a2a::Handler {
 public:
  /// Without `push` no agent has push notifications.
  A2aHandler(core::Tasks& tasks, core::Sessions& sessions, core::AgentRegistry& agents,
             Push* push = nullptr);
  /// Before requests come: keys that callers send along for models go with their messages.
  void use(CallerKeys& keys) { keys_ = &keys; }

  Async<Result<a2a::SendOutcome>> send_message(Context context, a2a::AgentRef agent,
                                               a2a::SendMessageRequest request) override;
  Async<Result<std::unique_ptr<a2a::ItemStream>>> send_streaming_message(
      Context context, a2a::AgentRef agent, a2a::SendMessageRequest request) override;
  Async<Result<std::string>> get_task(Context context, a2a::AgentRef agent,
                                      a2a::GetTaskRequest request) override;
  Async<Result<a2a::ListTasksResponse>> list_tasks(Context context, a2a::AgentRef agent,
                                                   a2a::ListTasksRequest request) override;
  Async<Result<std::string>> cancel_task(Context context, a2a::AgentRef agent,
                                         a2a::CancelTaskRequest request) override;
  Async<Result<std::unique_ptr<a2a::ItemStream>>> subscribe_to_task(
      Context context, a2a::AgentRef agent, a2a::SubscribeToTaskRequest request,
      std::optional<std::string> after) override;
  Async<Result<a2a::TaskPushNotificationConfig>> create_push_config(
      Context context, a2a::AgentRef agent, a2a::TaskPushNotificationConfig config) override;
  Async<Result<a2a::TaskPushNotificationConfig>> get_push_config(
      Context context, a2a::AgentRef agent,
      a2a::TaskPushNotificationConfigRequest request) override;
  Async<Result<a2a::ListTaskPushNotificationConfigsResponse>> list_push_configs(
      Context context, a2a::AgentRef agent,
      a2a::ListTaskPushNotificationConfigsRequest request) override;
  Async<Result<>> delete_push_config(Context context, a2a::AgentRef agent,
                                     a2a::TaskPushNotificationConfigRequest request) override;
  [[nodiscard]] a2a::AgentExtensions extensions(const a2a::AgentRef& agent) const override;
  Async<Result<a2a::AgentCard>> agent_card(Context context, a2a::AgentRef agent) override;
  /// The front desk's has the skills of every agent that the caller may use.
  Async<Result<a2a::AgentCard>> extended_card(Context context, a2a::AgentRef agent) override;

 private:
  /// PUSH_NOTIFICATION_NOT_SUPPORTED unless the agent's card offers them.
  [[nodiscard]] Result<> allow_push(const core::AgentInfo& agent) const;
  /// The webhook that came with a message, checked. The caller has seen that there is one, and
  /// awaits at once.
  Async<Result<core::PushConfig>> inline_push(core::AgentRegistry::Ptr agent,
                                              a2a::SendMessageRequest& request);
  struct Begun;  // a message on its way: its task, and whether an earlier request made it
  /// The agent behind the URL; not_found also when the caller may not enter its namespace.
  Result<core::AgentRegistry::Ptr> agent_of(const Context& context, const a2a::AgentRef& ref) const;
  static core::Visibility visibility(const Context& context, const core::AgentInfo& agent);
  /// A task that A2A shows to this caller at this agent.
  Async<Result<core::TaskLog::Ptr>> find(Context context, core::AgentRegistry::Ptr agent,
                                         std::string id);
  Async<Result<core::NewTask>> plan(Context context, core::AgentRegistry::Ptr desk,
                                    a2a::SendMessageRequest request);
  Async<Result<core::AgentRegistry::Ptr>> hand_over(Context context, a2a::Message* message);
  Async<Result<Begun>> begin(Context context, core::AgentRegistry::Ptr agent,
                             a2a::SendMessageRequest request, bool streaming);
  Async<Result<Begun>> continue_task(Context context, core::AgentRegistry::Ptr agent,
                                     a2a::SendMessageRequest request, bool streaming);
  static Async<Result<>> view_into(Begun& begun, bool joins);  // the caller awaits at once
  /// begin() until it is durable (or settled), joined to the task of an equal request.
  Async<Result<Begun>> accept(Context context, core::AgentRegistry::Ptr agent,
                              a2a::SendMessageRequest request, bool streaming, bool settled);
  Async<Result<Begun>> join(core::DedupeKey key, core::Visibility visibility, bool streaming);
  Async<Result<>> join_into(Begun& begun);  // the same
  [[nodiscard]] std::optional<core::DedupeKey> dedupe_key(const Context& context,
                                                          const core::AgentInfo& agent,
                                                          const a2a::Message& message) const;

  core::Tasks& tasks_;
  core::Sessions& sessions_;
  core::AgentRegistry& agents_;
  Push* push_;                  // may be null
  CallerKeys* keys_ = nullptr;  // may be null
};

}  // namespace flotilla::gateway
