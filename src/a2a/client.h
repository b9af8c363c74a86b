#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "a2a/binding.h"
#include "a2a/card.h"
#include "a2a/card_trust.h"
#include "a2a/types.h"
#include "a2a/version.h"
#include "async/async.h"
#include "async/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"

namespace flotilla::a2a {

struct ClientOptions {
  /// Sent as `Authorization: Bearer …`, but only to the host and port of the base URL and never
  /// from https to http; empty: none.
  Secret token;
  /// Sent with every request, likewise only to that host and port.
  std::vector<std::pair<std::string, Secret>> headers;
  /// How to check that host, and who we are to it; null: as `http` does.
  http::ClientTlsPtr tls;
  /// Only this one; default: the newest version that the card offers decides, then its order.
  std::optional<Binding> binding;
  /// Only this one, `1.0` or `0.3`; default: the newest.
  std::string version;
  /// Extensions to activate, by URI: sent with every call.
  std::vector<std::string> extensions;
  /// Who wrote the base URL; URLs in the card that leave its host and port count as the caller's.
  http::UrlAuthor author = http::UrlAuthor::operator_;
  /// The agent listens where its card is, whatever host and port the card names: for a program that
  /// does not know its own address.
  bool at_base = false;
  /// Which cards are believed; null: all. Shared by all clients of one configuration.
  std::shared_ptr<const CardTrust> card_trust;
  /// For one try of a call. A send whose time is up is late, not lost: it is not repeated.
  Duration call_timeout = std::chrono::seconds(60);
  /// How long an outage may last: a cut stream, or a call whose answer was lost, is tried again
  /// with growing pauses, at least as long as the server asks for (`Retry-After`), then the error
  /// is given. Zero: no second try.
  Duration retry_for = std::chrono::minutes(2);
  /// A send whose answer was lost is sent again, by its messageId, for which servers look that
  /// deduplicate. False: the error is given, and whoever asks finds out what became of it.
  bool repeat_sends = true;
  /// Spreads the pauses, so that the clients of a server that comes back do not come at once.
  /// Outlives the client and its streams.
  Random* random = &system_random();
  /// Told once for each outage, when the first retry is due (for a notice to the person); not when
  /// a stream was merely silent for too long.
  std::function<void(const Error&)> on_cut;
};

/// Events of one task, in order, until the agent's turn is over. A cut stream is resumed from its
/// last cursor: no event is missed or repeated. A server without cursors gives a snapshot instead
/// (an item `task`, which replaces what was known); one without streams is polled, and each change
/// is such a snapshot. Cancelling next() is safe: the next call goes on.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  /// The next item; nullopt at the proper end: the task is terminal or waits for input, the server
  /// closed while it waits for authorization, or the answer was a bare message. After an error the
  /// same error again.
  virtual Async<Result<std::optional<StreamResponse>>> next() = 0;
  /// Of the last item given, for Client::subscribe(); empty when the server has none.
  [[nodiscard]] virtual const std::string& cursor() const = 0;
};

/// A client of one A2A agent, versions 1.0 and 0.3, JSON-RPC and HTTP+JSON, chosen from its card.
/// Speaks the 1.0 model whatever the wire. Lives on one loop; `http` and `clock` outlive it and its
/// streams, which may outlive the client.
///
/// Errors carry the protocol's reasons; transport faults are unavailable or deadline_exceeded; an
/// answer that cannot be understood is internal/INVALID_AGENT_RESPONSE. What the agent says is
/// foreign text of bounded length.
class Client {
 public:
  virtual ~Client() = default;
  /// Fetches the card at `base_url` + /.well-known/agent-card.json and chooses an interface. One
  /// try; failed_precondition when the card has no interface that this client speaks,
  /// permission_denied when it is not signed as `card_trust` asks.
  static Async<Result<std::unique_ptr<Client>>> connect(http::Client& http, Clock& clock,
                                                        std::string base_url,
                                                        ClientOptions options);
  [[nodiscard]] virtual const AgentCard& card() const = 0;
  /// What was chosen from it.
  [[nodiscard]] virtual Binding binding() const = 0;
  [[nodiscard]] virtual Version version() const = 0;

  /// Blocking unless configuration.returnImmediately. A send whose answer was lost is repeated with
  /// its messageId, by which a server that deduplicates knows it.
  virtual Async<Result<SendMessageResponse>> send(SendMessageRequest request) = 0;
  /// Sends as the first next() is awaited. An agent without streams, by its card or by its answer,
  /// is polled.
  virtual Async<Result<std::unique_ptr<ClientEvents>>> stream(SendMessageRequest request) = 0;
  virtual Async<Result<Task>> get_task(GetTaskRequest request) = 0;
  /// UNSUPPORTED_OPERATION on a 0.3 server.
  virtual Async<Result<ListTasksResponse>> list_tasks(ListTasksRequest request) = 0;
  virtual Async<Result<Task>> cancel_task(CancelTaskRequest request) = 0;
  /// `after`: a cursor from an earlier stream of this task; then only later events come, where the
  /// server knows cursors. Without it the first item is the task, and a terminal task is
  /// UNSUPPORTED_OPERATION, told by next().
  virtual Async<Result<std::unique_ptr<ClientEvents>>> subscribe(
      SubscribeToTaskRequest request, std::optional<std::string> after) = 0;
};

}  // namespace flotilla::a2a
