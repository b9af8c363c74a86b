#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "a2a/binding.h"
#include "a2a/card.h"
#include "a2a/types.h"
#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"

namespace flotilla::a2a {

struct ClientOptions {
  /// Sent as `Authorization: Bearer …`; empty: none.
  Secret token;
  /// Tried first; else the card's order decides.
  std::optional<Binding> binding;
  /// `0.3` forces the old version where the card offers both; default: the newest common one.
  std::string version;
  /// Who wrote the base URL; URLs in the card that leave its host and port count as the caller's.
  http::UrlAuthor author = http::UrlAuthor::operator_;
  Duration call_timeout = std::chrono::seconds(60);
  /// How long a cut stream, or a send whose answer was lost, is tried again.
  Duration retry_for = std::chrono::minutes(2);
  /// Told once when a stream was cut and is being resumed (for a notice to the person).
  std::function<void(const Error&)> on_cut;
};

/// Events of one task, in order, without gap or repeat: a cut stream is resumed from its last
/// cursor, or by polling where the server has none.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  /// The next item; nullopt at the proper end (terminal, interrupted, or the bare message).
  virtual Async<Result<std::optional<StreamResponse>>> next() = 0;
};

/// A client of one A2A agent, versions 1.0 and 0.3, JSON-RPC and HTTP+JSON, chosen from its card.
/// Speaks the 1.0 model whatever the wire. Lives on one loop; `http` and `clock` outlive it.
/// Errors carry the protocol's reasons; transport faults are unavailable or deadline_exceeded.
class Client {
 public:
  virtual ~Client() = default;
  /// Fetches the card at `base_url` + /.well-known/agent-card.json and chooses an interface.
  static Async<Result<std::unique_ptr<Client>>> connect(http::Client& http, Clock& clock,
                                                        std::string base_url,
                                                        ClientOptions options);
  [[nodiscard]] virtual const AgentCard& card() const = 0;

  /// Blocking unless configuration.returnImmediately. A send whose answer was lost is repeated with
  /// its messageId.
  virtual Async<Result<SendMessageResponse>> send(SendMessageRequest request) = 0;
  virtual Async<Result<std::unique_ptr<ClientEvents>>> stream(SendMessageRequest request) = 0;
  virtual Async<Result<Task>> get_task(GetTaskRequest request) = 0;
  /// UNSUPPORTED_OPERATION on a 0.3 server.
  virtual Async<Result<ListTasksResponse>> list_tasks(ListTasksRequest request) = 0;
  virtual Async<Result<Task>> cancel_task(CancelTaskRequest request) = 0;
  /// `after`: a cursor (SSE id) from an earlier stream of this task.
  virtual Async<Result<std::unique_ptr<ClientEvents>>> subscribe(
      SubscribeToTaskRequest request, std::optional<std::string> after) = 0;
};

}  // namespace flotilla::a2a
