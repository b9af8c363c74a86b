#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "mcp/client.h"
#include "mcp/client_transport_internal.h"
#include "mcp/header_value.h"

namespace flotilla::mcp {

using Answer = std::variant<json::Object, RpcError>;

/// A request that is about to be made.
struct Call {
  std::string method;
  json::Object params;
  std::string name;         // for Mcp-Name
  bool may_ask = false;     // the server may ask back (mcp.md 3.10)
  bool idempotent = false;  // repeated when the session was lost
};

/// A legacy server's request within a call.
struct Question {
  std::string id;  // JSON text
  std::string key;
  InputRequired::Request request;
};

/// A request on its way. Shared by the one who awaits it, its sender and the table.
struct Pending {
  explicit Pending(const Executor& executor) : changed(executor), room(executor) {}

  RequestId id = 0;
  std::shared_ptr<const Outgoing> message;
  bool may_ask = false;
  std::string owner;
  ClientCapabilities capabilities;
  std::uint64_t session = 0;
  Duration timeout{};
  SteadyTime deadline;
  SteadyTime hard_deadline;
  std::deque<RpcNotification> notifications;
  std::vector<Question> questions;
  int questions_asked = 0;
  std::optional<Result<Answer>> outcome;
  bool abandoned = false;
  std::optional<TaskGroup::Child> sending;
  std::optional<TaskGroup::Child> expiry;  // while held
  Notifier changed;
  Notifier room;
};
using PendingPtr = std::shared_ptr<Pending>;

/// The client over any transport. Members of one concern stand in one file: client_core.cc requests
/// and answers, client_receive.cc what the peer says, client_operations.cc the methods,
/// client_connect.cc probing and handshake, client_listen.cc changes.
class ClientCore final : public Client, public TransportSink {
 public:
  ClientCore(Executor executor, http::Client* http, Clock& clock, ClientOptions options);
  ~ClientCore() override = default;

  Async<Result<>> open();

  Async<> stop() override;
  [[nodiscard]] const ServerInfo& server() const override { return info_; }
  [[nodiscard]] bool alive() const override { return !closed_; }
  Async<Result<Listing>> list(ListKind kind, CallOptions options) override;
  Async<Result<Reply>> call_tool(CallTool request, CallOptions options) override;
  Async<Result<Reply>> read_resource(ReadResource request, CallOptions options) override;
  Async<Result<Reply>> get_prompt(GetPrompt request, CallOptions options) override;
  Async<Result<json::Object>> complete(Complement request, CallOptions options) override;
  Async<Result<>> listen(ChangeFilter filter) override;
  Async<Result<>> set_level(std::string level) override;
  Async<Result<>> ping() override;
  Async<Result<json::Object>> get_task(std::string id, CallOptions options) override;
  Async<Result<>> update_task(std::string id, json::Object responses, CallOptions options) override;
  Async<Result<>> cancel_task(std::string id, CallOptions options) override;
  Async<Result<Reply>> request(std::string method, json::Object params,
                               CallOptions options) override;

  Async<> receive(RpcMessage message, std::optional<RequestId> about) override;
  [[nodiscard]] bool awaits(RequestId id) const override;
  bool receive_garbage(const std::string& what) override;
  void missed_changes() override;
  void closed(const Error& error) override;

 private:
  friend class CallGuard;
  friend class TaskGuard;
  [[nodiscard]] bool modern() const { return is_modern(info_.revision); }

  // client_core.cc: one request
  Result<PendingPtr> start(const Call& call, const CallOptions& options);
  std::shared_ptr<const Outgoing> make_message(const Call& call, const CallOptions& options,
                                               RequestId id);
  json::Object make_meta(const CallOptions& options, RequestId id) const;
  /// None: the server asks (legacy).
  Async<Result<std::optional<Answer>>> await_answer(PendingPtr pending, const CallOptions& options);
  void finish(Pending& pending, Result<Answer> outcome);
  void forget(const PendingPtr& pending);
  void abandon(const PendingPtr& pending);
  Async<> send_request(PendingPtr pending);
  Async<> tell_cancelled(RequestId id, std::optional<TaskGroup::Child> sending);
  Async<> tell(CallObserver& observer, RpcNotification notification);
  Async<Result<>> notify(std::string method, json::Object params);
  [[nodiscard]] Error late(const Pending& pending) const;
  [[nodiscard]] Error gone() const;

  // client_calls.cc: a call with its repetitions, questions and replies
  Async<Result<Reply>> perform(Call call, CallOptions options);
  Async<Result<Reply>> perform_rounds(Call call, CallOptions options, Rounds rounds);
  Async<Result<json::Object>> perform_plain(Call call, CallOptions options);
  Async<Result<std::optional<Answer>>> attempt(PendingPtr& pending, const Call& call,
                                               const CallOptions& options);
  Async<Result<std::optional<Answer>>> attempt_resiliently(PendingPtr& pending, const Call& call,
                                                           const CallOptions& options);
  Async<Result<Reply>> resume(Rounds rounds, CallOptions options);
  Result<Reply> make_reply(PendingPtr pending, std::optional<Answer> answer);
  Result<Reply> make_input_required(json::Object result);
  Result<Reply> hold(const PendingPtr& pending);
  Async<> expire(std::string state);

  // client_receive.cc
  void count_garbage(const std::string& what);
  void receive_response(RpcResponse response, std::optional<RequestId> about);
  Async<> receive_notification(RpcNotification notification, std::optional<RequestId> about);
  void receive_question(RpcRequest request, std::optional<RequestId> about);
  void ask(RpcRequest request, const PendingPtr& pending);
  [[nodiscard]] std::variant<PendingPtr, RpcError> find_asked(std::optional<RequestId> about) const;
  void withdraw_question(const json::Object& params);
  PendingPtr find_target(const RpcNotification& notification, std::optional<RequestId> about) const;
  void respond(std::string text);
  Async<> send_response(std::string text);

  // client_connect.cc
  Async<Result<>> open_transport();
  Async<Result<>> open_over_http();
  Async<Result<>> probe();
  Async<Result<bool>> discover(bool may_retry);
  Result<bool> judge_refusal(const RpcError& error);
  Result<> read_discovery(const json::Object& result);
  Async<Result<>> handshake();
  Async<Result<>> fall_back_to_sse();
  Result<> read_initialization(const json::Object& result);
  Async<Result<>> renew(std::uint64_t lost_session);
  void begin_following();
  Async<Result<>> restart_transport();
  [[nodiscard]] std::string era_key() const;

  // client_listen.cc
  Async<> keep_listening(ChangeFilter filter);
  Async<Result<>> subscribe_to(std::vector<std::string> uris, std::string method);
  void tell_change(std::string method, json::Object params);

  // client_tasks.cc: core tasks of 2025-11-25
  [[nodiscard]] bool needs_task(const Call& call) const;
  Async<Result<Reply>> perform_as_task(Call call, CallOptions options);
  Async<Result<>> await_task(const std::string& id, json::Object task, const CallOptions& options);
  Async<> drop_task(std::string id);

  // client_operations.cc
  Async<Result<>> read_page(ListKind kind, const CallOptions& options, std::string& cursor,
                            bool& more, Listing& listing);
  void take_tools(json::Array items, Listing& listing);
  void note_task_support(const std::string& name, const json::Object& tool);

  Executor executor_;
  http::Client* http_;
  Clock& clock_;
  ClientOptions options_;
  ServerInfo info_;
  std::unique_ptr<Transport> transport_;
  std::optional<Error> closed_;
  RequestId last_id_ = 0;
  std::map<RequestId, PendingPtr> pending_;
  std::map<std::string, PendingPtr, std::less<>> held_;
  std::map<std::string, std::vector<HeaderParameter>, std::less<>> tool_headers_;
  std::set<std::string, std::less<>> task_tools_;  // that want to be called as tasks
  ChangeFilter filter_;
  int active_ = 0;
  int responding_ = 0;
  int garbage_ = 0;
  std::string last_garbage_;
  AsyncMutex renewing_;
  AsyncMutex listening_;
  Notifier idle_;
  std::optional<TaskGroup::Child> following_;
  std::optional<TaskGroup::Child> listener_;
  TaskGroup group_;
};

/// Error of an RpcError, for operations whose result is no Reply.
Error error_of(const RpcError& error);

}  // namespace flotilla::mcp
