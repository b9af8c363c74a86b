#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "http/client.h"
#include "mcp/header_value.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {

struct BridgeOptions {
  std::string url;        // of `/mcp`, with its query
  http::Headers headers;  // Authorization, User-Agent
  std::size_t requests = 256;
  /// How long a server that went away is waited for.
  Duration patience = std::chrono::minutes(2);
  /// How long finish() waits for answers.
  Duration farewell = std::chrono::seconds(10);
};

/// A stdio server of both eras (mcp.md 2.1) that is really a client of a server's `/mcp`: each
/// message of the client becomes a POST, each of the server a line. Keeps the legacy session, its
/// GET stream and listen streams; resumes them when the server was away, and begins a new session
/// when its old one is gone. One loop; finish() is awaited before it dies.
class StdioBridge {
 public:
  using WriteLine = std::function<void(const std::string&)>;
  StdioBridge(Executor executor, http::Client& client, Clock& clock, BridgeOptions options,
              WriteLine write);

  /// One line of the client. Requests run on after it returns.
  Async<> take(std::string line);
  /// The client has closed its end: waits a moment for what is under way, ends the session.
  Async<> finish();

 private:
  struct Sent;
  Async<> take_request(RpcRequest request, json::Value message);
  Async<> take_notification(RpcNotification notification, json::Value message);
  Async<> relay(Sent sent);
  Async<> relay_until_answered(Sent& sent);
  /// One POST; true when there is nothing left to do for it.
  Async<bool> post(Sent& sent);
  Async<bool> take_body(Sent& sent, int status, std::string body);
  Async<bool> take_stream(Sent& sent, http::ClientStream& stream);
  Async<bool> resume(Sent& sent);
  Async<> send_quietly(json::Value message);
  Async<> follow();
  Async<bool> follow_once(std::string& last_id, Duration& pause);
  Async<bool> revive(std::string lost_session);
  Async<bool> learn_tools(const json::Object& meta);

  [[nodiscard]] http::ClientRequest request(http::Method method) const;
  void add_modern_headers(const Sent& sent, http::ClientRequest& request) const;
  void add_session(http::ClientRequest& request) const;
  void fail_request(const std::string& id, const std::string& why);
  void note_tools(const json::Value& message);
  void note_initialized(const http::ClientStream& stream, const json::Value& message);

  http::Client& client_;
  Clock& clock_;
  const BridgeOptions options_;
  const WriteLine write_;

  std::string session_;
  std::string version_;
  std::optional<json::Value> initialize_;  // as the client sent it
  bool ready_ = false;                     // notifications/initialized was sent
  AsyncMutex reviving_;
  std::map<std::string, std::vector<HeaderParameter>, std::less<>> tools_;
  std::map<std::string, TaskGroup::Child> running_;  // by request id
  Notifier idle_;
  TaskGroup group_;
};

}  // namespace flotilla::mcp
