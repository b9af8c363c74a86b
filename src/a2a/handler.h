#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "a2a/card.h"
#include "a2a/extensions.h"
#include "a2a/types.h"
#include "async/async.h"
#include "base/context.h"
#include "base/result.h"

namespace flotilla::a2a {

/// The agent that a URL names. The front desk's root URL and its own /a2a URL are the same agent.
struct AgentRef {
  std::string name_space;
  std::string name;
};

/// What an event carries, already as 1.0 JSON text, shared by all streams that show it.
enum class ItemKind : std::uint8_t { task, message, status_update, artifact_update };

/// One item of a stream. `json` is the inner object (`{"taskId":…}`), without the StreamResponse
/// member; encoders wrap it (1.0) or translate it once per event (0.3).
struct StreamItem {
  ItemKind kind = ItemKind::task;
  std::uint64_t cursor = 0;  // event's seq; the snapshot's seq for kind task; 0: none
  std::shared_ptr<const std::string> json;
  std::uint64_t generation = 0;  // of the task once this item is known; 0: not known here
  /// Translation of `json` to 0.3, made by the first stream that needs it (thread-safe cell).
  struct Legacy;
  std::shared_ptr<Legacy> legacy;
  TaskState state = TaskState::unspecified;  // of status updates and snapshots
};
/// An empty cell. Keep one beside each stored event and give it to every StreamItem of that event,
/// so that all 0.3 readers share one translation. An item without a cell is translated per reader.
std::shared_ptr<StreamItem::Legacy> make_legacy();

/// A live view of one task, or a single message. Belongs to one loop.
class ItemStream {
 public:
  virtual ~ItemStream() = default;
  /// The next items, at least one; empty at the proper end. resource_exhausted/SLOW_READER when the
  /// reader fell too far behind: the cursor of the last item given stays valid for a resubscribe.
  virtual Async<Result<std::vector<StreamItem>>> next() = 0;
};

/// Result of a blocking call in 1.0 JSON text: `json` is a Task or a Message object.
struct SendOutcome {
  ItemKind kind = ItemKind::task;
  std::string json;
};

/// Everything an A2A server can be asked, independent of binding and version. Implemented once, in
/// `gateway`. Errors carry the protocol's reasons (base/error.h); all checks of params that need no
/// storage are done by the adapters before.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Async<Result<SendOutcome>> send_message(Context context, AgentRef agent,
                                                  SendMessageRequest request) = 0;
  virtual Async<Result<std::unique_ptr<ItemStream>>> send_streaming_message(
      Context context, AgentRef agent, SendMessageRequest request) = 0;
  /// The Task as 1.0 JSON text.
  virtual Async<Result<std::string>> get_task(Context context, AgentRef agent,
                                              GetTaskRequest request) = 0;
  virtual Async<Result<ListTasksResponse>> list_tasks(Context context, AgentRef agent,
                                                      ListTasksRequest request) = 0;
  virtual Async<Result<std::string>> cancel_task(Context context, AgentRef agent,
                                                 CancelTaskRequest request) = 0;
  /// `after`: the client's Last-Event-ID. Without it the first item is the task and a terminal task
  /// is UNSUPPORTED_OPERATION; with it the events after it follow and no snapshot, and a terminal
  /// task's stream ends after the rest. A cursor too old or unknown: snapshot first.
  virtual Async<Result<std::unique_ptr<ItemStream>>> subscribe_to_task(
      Context context, AgentRef agent, SubscribeToTaskRequest request,
      std::optional<std::string> after) = 0;
  /// Stores a webhook for the task's events to come; an `id` that the task has is overwritten, an
  /// empty one is given. All four answer PUSH_NOTIFICATION_NOT_SUPPORTED for an agent without them,
  /// and serve tasks that have ended.
  virtual Async<Result<TaskPushNotificationConfig>> create_push_config(
      Context context, AgentRef agent, TaskPushNotificationConfig config) = 0;
  /// TASK_NOT_FOUND also for an unknown config.
  virtual Async<Result<TaskPushNotificationConfig>> get_push_config(
      Context context, AgentRef agent, TaskPushNotificationConfigRequest request) = 0;
  virtual Async<Result<ListTaskPushNotificationConfigsResponse>> list_push_configs(
      Context context, AgentRef agent, ListTaskPushNotificationConfigsRequest request) = 0;
  /// Also ok when there is none.
  virtual Async<Result<>> delete_push_config(Context context, AgentRef agent,
                                             TaskPushNotificationConfigRequest request) = 0;
  /// What the agent's card says of extensions; empty for an unknown agent.
  [[nodiscard]] virtual AgentExtensions extensions(const AgentRef& agent) const = 0;
  /// The public card, without interfaces (adapters add URLs); not_found for an unknown agent.
  virtual Async<Result<AgentCard>> agent_card(Context context, AgentRef agent) = 0;
  /// The card for this caller, who has shown who it is; also without interfaces.
  virtual Async<Result<AgentCard>> extended_card(Context context, AgentRef agent) = 0;
};

}  // namespace flotilla::a2a
