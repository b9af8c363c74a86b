#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "json/value.h"
#include "mcp/types.h"

namespace flotilla::mcp {

/// Who asks, and what it understands.
struct Caller {
  Context context;
  Revision revision = kNewest;
  ClientCapabilities capabilities;
  /// Of a legacy client; empty where its transport has none.
  std::string session;
  /// `?profile=` of the endpoint: which view of the catalogue is asked for; empty: everything.
  std::string profile;
  /// Name and version as the client says them; for logs only.
  json::Object client_info;
};

/// A request in progress, as its handler sees it: what may be told to the client before the answer.
/// Belongs to the request's loop and lives as long as the handler's coroutine, which is cancelled
/// when the client cancels (or, modern, hangs up). All calls wait while the client is slow.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const Caller& caller() const = 0;
  /// The request's `_meta`, for what is passed on (traceparent, …); empty when there is none.
  [[nodiscard]] virtual const json::Object& meta() const = 0;
  /// Whether the client asked for progress.
  [[nodiscard]] virtual bool wants_progress() const = 0;
  /// notifications/progress with the client's token; nothing when it asked for none. Values that do
  /// not grow are left out.
  virtual Async<> progress(json::Value progress, std::optional<json::Value> total,
                           std::string message) = 0;
  /// notifications/message, if the client wants that level.
  virtual Async<> log(std::string level, std::string logger, json::Value data) = 0;
  /// Another notification that belongs to this request.
  virtual Async<> notify(std::string method, json::Object params) = 0;
  /// Lets a legacy client's connection end while the work goes on: it comes back after `retry` for
  /// the rest (2025-11-25, polling). Nothing for others.
  virtual Async<> release_connection(Duration /*retry*/) { co_return; }
};

/// The request is answered: the result's members without `resultType`, `_meta` of ours and caching
/// hints, which the adapter adds as the revision asks.
struct Complete {
  json::Object result;
};

/// The server needs answers of the client first: embedded requests by key (`elicitation/create`,
/// `sampling/createMessage`, `roots/list`), for capabilities that the caller has. The adapter asks
/// in the caller's way (a new round of a modern client, JSON-RPC requests to a legacy one) and
/// calls the handler again with the answers. `state` comes back unchanged and cannot be forged: the
/// adapter seals it, binds it to principal, method and params, and lets it expire.
struct InputRequired {
  struct Request {
    std::string method;
    json::Object params;
  };
  std::vector<std::pair<std::string, Request>> requests;
  std::string state;
};

/// The call goes on as a task (the extension; only for callers with capabilities.tasks): taskId,
/// status, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs.
struct TaskCreated {
  json::Object task;
};

/// A plain Error of Result<Reply> becomes the code that mcp/error.h says; RpcError goes out as is.
using Reply = std::variant<Complete, InputRequired, TaskCreated, RpcError>;

/// Answers to an earlier InputRequired.
struct Rounds {
  /// By key, as far as the client answered. Results are unchecked: {"action":…} or whatever came.
  json::Object responses;
  /// The state of the round before; empty in the first one.
  std::string state;
};

struct CallTool {
  std::string name;
  json::Object arguments;
  Rounds rounds;
};

struct ReadResource {
  std::string uri;
  Rounds rounds;
};

struct GetPrompt {
  std::string name;
  json::Object arguments;  // strings
  Rounds rounds;
};

struct Complement {
  json::Object ref;  // type ref/prompt with name, or ref/resource with uri
  std::string argument;
  std::string value;
  json::Object context;  // arguments chosen before
};

enum class ListKind : std::uint8_t { tools, resources, resource_templates, prompts };

/// One page of definitions, as the list methods answer them.
struct ListPage {
  json::Array items;
  std::optional<std::string> next_cursor;
  /// Modern caching hints: how long, and whether all callers get the same.
  std::int64_t ttl_ms = 0;
  bool shared = false;
};

/// What a server says of itself. Capabilities are written by the adapter from the flags.
struct ServerDescription {
  std::string name;
  std::string title;
  std::string version;
  std::string instructions;
  bool tools = true;
  bool resources = true;
  bool prompts = true;
  bool completions = true;
  bool logging = true;
  bool tasks = true;
};

/// What a client wants to hear of beside its requests.
struct ChangeFilter {
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  std::vector<std::string> resource_uris;
  std::vector<std::string> task_ids;
};

/// notifications/tools/list_changed, notifications/resources/updated, notifications/tasks, …
struct Change {
  std::string method;
  json::Object params;
};

/// What changes from now on, for one client. One loop, one reader.
class ChangeStream {
 public:
  virtual ~ChangeStream() = default;
  /// At least one; the same change is told once however often it happened meanwhile (bounded).
  /// Empty: the server ends.
  virtual Async<Result<std::vector<Change>>> next() = 0;
  /// Adds or removes a resource; invalid_argument when nobody may subscribe to it.
  virtual Result<> watch(std::string uri) = 0;
  virtual void unwatch(std::string_view uri) = 0;
};

/// Everything an MCP server can be asked, independent of transport and revision. Implemented in
/// `gateway`; conformance mode has one of its own. Thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual ServerDescription describe(const Caller& caller) const = 0;
  /// An unknown cursor: invalid_argument naming `cursor`.
  virtual Async<Result<ListPage>> list(Caller caller, ListKind kind,
                                       std::optional<std::string> cursor) = 0;
  /// Unknown or invisible tool: invalid_argument/NOT_FOUND (-32602). Bad arguments are a result
  /// with isError.
  virtual Async<Result<Reply>> call_tool(Exchange& exchange, CallTool request) = 0;
  /// Properties of the tool's input schema with `x-mcp-header`: (header suffix, path of names);
  /// none for an unknown tool. For the modern check of Mcp-Param-* headers.
  virtual Async<std::vector<std::pair<std::string, std::vector<std::string>>>> header_parameters(
      Caller caller, std::string tool) = 0;
  /// not_found for an unknown URI (-32002 or -32602 with data.uri).
  virtual Async<Result<Reply>> read_resource(Exchange& exchange, ReadResource request) = 0;
  virtual Async<Result<Reply>> get_prompt(Exchange& exchange, GetPrompt request) = 0;
  /// The `completion` object.
  virtual Async<Result<json::Object>> complete(Caller caller, Complement request) = 0;
  /// The part of the filter that is honoured is in `filter` when it returns.
  virtual Async<Result<std::unique_ptr<ChangeStream>>> changes(Caller caller,
                                                               ChangeFilter& filter) = 0;
  /// Tasks extension: the task's fields with result, error or inputRequests, by its status.
  virtual Async<Result<json::Object>> get_task(Caller caller, std::string id) = 0;
  virtual Async<Result<>> update_task(Caller caller, std::string id, json::Object responses) = 0;
  /// Also ok when it has ended.
  virtual Async<Result<>> cancel_task(Caller caller, std::string id) = 0;
};

}  // namespace flotilla::mcp
