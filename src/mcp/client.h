#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"
#include "mcp/client_auth.h"
#include "mcp/era_cache.h"
#include "mcp/handler.h"

namespace flotilla::mcp {

enum class ClientTransport : std::uint8_t { auto_, streamable_http, sse, stdio };
std::string_view to_string(ClientTransport transport);

/// What a server may cost us, however it behaves.
struct ClientLimits {
  std::size_t message_bytes = std::size_t{16} << 20;  // one message in either direction
  std::size_t requests_in_flight = 256;               // more: resource_exhausted
  std::size_t list_pages = 1000;
  std::size_t list_items = 50'000;
  /// Of one call, while its observer is slow: HTTP then reads no further, stdio drops.
  std::size_t queued_notifications = 256;
  std::size_t questions_per_call = 16;  // unanswered requests of a legacy server
  std::size_t held_calls = 64;          // legacy calls that wait for an answer
  std::size_t stderr_line_bytes = std::size_t{4} << 10;
  int invalid_messages = 16;  // so many in a row end the connection
};

struct ClientOptions {
  ClientTransport transport = ClientTransport::auto_;  // by `url` or `command`

  /// http or https endpoint; or else a command to run, found in PATH, without a shell.
  std::string url;
  std::string command;
  std::vector<std::string> args;
  /// All the child gets beside PATH, HOME and LANG of ours.
  std::vector<std::pair<std::string, Secret>> env;
  std::string cwd;  // empty: ours

  /// Added to every HTTP request to the url's host and port.
  std::vector<std::pair<std::string, Secret>> headers;
  http::UrlAuthor author = http::UrlAuthor::operator_;
  /// Of every request to the url; null: as the HTTP client's options say.
  http::ClientTlsPtr tls;
  /// OAuth or the like; null: only `headers`. Outlives the client; may serve several.
  ClientAuth* auth = nullptr;

  /// Only this one; none: found out (reference section 1.4).
  std::optional<Revision> revision;
  /// Verdicts of earlier probes of HTTP servers; null: probe. Outlives the client.
  EraCache* eras = nullptr;

  /// Implementation: name, version, …
  json::Object client_info;
  /// What callers can do at all: told to a legacy server in the handshake. A call's own
  /// capabilities narrow it.
  json::Object capabilities;

  Duration connect_timeout = std::chrono::seconds(20);
  Duration timeout = std::chrono::seconds(60);       // of a call without progress
  Duration max_timeout = std::chrono::minutes(30);   // of a call whatever happens
  Duration held_timeout = std::chrono::minutes(10);  // of a question to the caller
  ClientLimits limits;
  /// On the client's loop, quick: list_changed, resources/updated, tasks, elicitation/complete.
  /// After a cut of the stream that brings them everything listened to is told as changed.
  std::function<void(const Change&)> on_change;
  Random* random = &system_random();  // outlives the client
};

/// What a call's owner hears before the answer. Awaited one after the other.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual Async<> progress(json::Value progress, std::optional<json::Value> total,
                           std::string message) = 0;
  virtual Async<> log(std::string level, std::string logger, json::Value data) = 0;
  virtual Async<> notify(std::string method, json::Object params) = 0;
};

/// How one call is made. `observer` may be null and must outlive the await.
struct CallOptions {
  CallObserver* observer = nullptr;
  /// ClientCapabilities of the one who calls; none: those of ClientOptions.
  std::optional<json::Object> capabilities;
  /// Passed on in `_meta` (traceparent, …); the protocol's own keys and progressToken are ours.
  json::Object meta;
  bool wants_progress = false;
  std::string log_level;  // modern only; empty: none
  /// The tool is idempotent, or its owner says so: repeated when the session was lost before it
  /// ran.
  bool replayable = false;
  /// HTTP headers of this call, instead of configured ones of the same name.
  std::vector<std::pair<std::string, std::string>> headers;
  /// Who asks: a question of the server that could belong to calls of several owners is refused.
  std::string owner;
  std::optional<Duration> timeout;
};

/// Who the server is, as it said when connecting.
struct ServerInfo {
  Revision revision = kNewest;
  ClientTransport transport = ClientTransport::streamable_http;
  json::Object implementation;  // name, version, …
  json::Object capabilities;
  std::string instructions;
  [[nodiscard]] bool has(std::string_view capability) const;
};

struct Listing {
  json::Array items;
  std::int64_t ttl_ms = 0;  // modern caching hints, the shortest of all pages
  bool shared = false;
  std::size_t dropped = 0;  // definitions that are not to be used (x-mcp-header)
};

/// One upstream MCP server of any revision, over HTTP or as a child process. Lives on the loop that
/// connected it; `http`, `clock` and what the options point to outlive it. Calls run in parallel;
/// cancelling one tells the server and harms no other. stop() is awaited before destruction.
///
/// A result's InputRequired is answered by the same call again with its Rounds. A modern server's
/// state goes through unchanged. A legacy server that asks (elicitation, sampling, roots) within a
/// call has its call held open: `state` then names it for `held_timeout`, once.
///
/// Errors: what the server says is RpcError in Reply, else failed_precondition with the code in
/// metadata `rpcCode` (rpc_error_of()); unavailable when the connection is gone: the owner makes a
/// new client; deadline_exceeded; unauthenticated, permission_denied; resource_exhausted; an answer
/// that breaks the protocol is internal/INVALID_AGENT_RESPONSE. Server texts are foreign.
class Client {
 public:
  virtual ~Client() = default;
  /// `http` may be null for a command.
  static Async<Result<std::unique_ptr<Client>>> connect(http::Client* http, Clock& clock,
                                                        ClientOptions options);
  virtual Async<> stop() = 0;
  [[nodiscard]] virtual const ServerInfo& server() const = 0;
  /// False once the connection is gone for good.
  [[nodiscard]] virtual bool alive() const = 0;

  /// All pages. Empty when the server does not have the capability.
  virtual Async<Result<Listing>> list(ListKind kind, CallOptions options) = 0;
  virtual Async<Result<Reply>> call_tool(CallTool request, CallOptions options) = 0;
  virtual Async<Result<Reply>> read_resource(ReadResource request, CallOptions options) = 0;
  virtual Async<Result<Reply>> get_prompt(GetPrompt request, CallOptions options) = 0;
  /// The `completion` object.
  virtual Async<Result<json::Object>> complete(Complement request, CallOptions options) = 0;
  /// From now on on_change tells of these, until the next call. Legacy: resources/subscribe and the
  /// standalone stream; modern: subscriptions/listen. Ok also when the server honours less.
  virtual Async<Result<>> listen(ChangeFilter filter) = 0;
  /// Legacy logging/setLevel; nothing on a modern server, where each call has its level.
  virtual Async<Result<>> set_level(std::string level) = 0;
  /// ping, or server/discover.
  virtual Async<Result<>> ping() = 0;
  /// Tasks extension (modern): the task's fields with result, error or inputRequests.
  virtual Async<Result<json::Object>> get_task(std::string id, CallOptions options) = 0;
  virtual Async<Result<>> update_task(std::string id, json::Object responses,
                                      CallOptions options) = 0;
  virtual Async<Result<>> cancel_task(std::string id, CallOptions options) = 0;
  /// Any other method, for extensions: the whole result.
  virtual Async<Result<Reply>> request(std::string method, json::Object params,
                                       CallOptions options) = 0;
};

/// The server's own error behind a failure, if there is one.
std::optional<RpcError> rpc_error_of(const Error& error);

}  // namespace flotilla::mcp
