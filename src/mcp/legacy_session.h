#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/event.h"
#include "mcp/exchange.h"
#include "mcp/live_stream.h"
#include "mcp/rpc_message.h"
#include "mcp/session_store.h"

namespace flotilla::mcp {

/// A client's answer to a request of ours.
using ClientAnswer = std::variant<json::Value, RpcError>;

/// What a legacy session has in this process besides its record: requests under way, questions to
/// the client, open streams. All of it may be lost; the record and the streams' messages are in the
/// store. Thread-safe.
class LegacySession {
 public:
  /// `only` is the one stream of a 2024-11-05 connection, which has no store; null otherwise.
  /// Ids of questions count from `first_question`, which differs after each restart: a late answer
  /// to an earlier process must not fit.
  LegacySession(SessionRecord record, std::shared_ptr<LiveStream> only,
                std::uint64_t first_question);
  LegacySession(const LegacySession&) = delete;
  LegacySession& operator=(const LegacySession&) = delete;

  [[nodiscard]] SessionRecord record() const;
  [[nodiscard]] Revision revision() const;
  [[nodiscard]] const std::shared_ptr<LiveStream>& only() const { return only_; }
  /// Of a 2024-11-05 connection, whose handshake comes after the session.
  void initialize(SessionRecord record);
  [[nodiscard]] bool initialized() const;
  [[nodiscard]] LogThreshold& threshold() { return threshold_; }

  /// A request begins; its `cancel` may be called from any thread until end(). False when the id is
  /// in use; resource_exhausted beyond `limit`.
  Result<> begin(const std::string& id, std::function<void()> cancel, std::size_t limit);
  void end(const std::string& id);
  /// Unknown ids are ignored: the request may have ended (mcp.md 3.9).
  void cancel(const std::string& id);
  /// The session has ended.
  void cancel_all();

  /// A fresh id for a request of ours, and where its answer goes.
  std::string ask(OneShot<ClientAnswer>::Setter setter);
  void forget(const std::string& question);
  /// Answers to unknown questions are dropped.
  void answer(RpcResponse response);

  void add_stream(const std::shared_ptr<LiveStream>& stream);
  void remove_stream(const std::string& name);
  [[nodiscard]] std::shared_ptr<LiveStream> find_stream(const std::string& name) const;

  /// The standalone stream (GET) and its pump.
  [[nodiscard]] std::shared_ptr<LiveStream> standalone() const;
  void set_standalone(std::shared_ptr<LiveStream> stream);

  /// Called with a URI when the client subscribes (true) or unsubscribes; from any thread.
  void on_watch(std::function<void(std::string, bool)> callback);
  /// False when nothing changed. resource_exhausted beyond `kMaxWatchedUris`.
  Result<bool> watch(const std::string& uri);
  bool unwatch(const std::string& uri);
  [[nodiscard]] std::vector<std::string> watched() const;
  void set_log_level(std::size_t level);

  /// Nothing under way: may be dropped from memory.
  [[nodiscard]] bool idle() const;

 private:
  mutable std::mutex mutex_;
  SessionRecord record_;
  Revision revision_;
  bool initialized_;
  const std::shared_ptr<LiveStream> only_;  // shared with its reader
  LogThreshold threshold_;
  std::map<std::string, std::function<void()>> running_;
  std::map<std::string, OneShot<ClientAnswer>::Setter> questions_;
  std::map<std::string, std::shared_ptr<LiveStream>> streams_;
  std::shared_ptr<LiveStream> standalone_;
  std::function<void(std::string, bool)> on_watch_;
  std::uint64_t next_question_;
};

}  // namespace flotilla::mcp
