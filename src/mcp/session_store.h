#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "json/value.h"

namespace flotilla::mcp {

/// What a legacy session is made of, besides its streams.
struct SessionRecord {
  std::string id;         // unguessable, visible ASCII
  std::string principal;  // whose it is; another's is not found
  std::string revision;   // negotiated
  json::Object client;    // capabilities, clientInfo, log level, watched URIs
};

/// One stored message of a session's stream.
struct StreamEvent {
  std::uint64_t seq = 0;  // 1, 2, 3… of its stream
  std::string data;       // JSON-RPC message
};

/// Legacy sessions and what was sent on their SSE streams, so that both survive a restart.
/// Implemented over the journal in `gateway` (stream `mcp/<session>/<stream>`), in memory for
/// tests. Thread-safe.
class SessionStore {
 public:
  virtual ~SessionStore() = default;
  virtual Async<Result<>> create(SessionRecord record) = 0;
  /// not_found for an unknown, ended or expired one. Counts as use: the idle expiry starts anew.
  virtual Async<Result<SessionRecord>> find(std::string id) = 0;
  virtual Async<Result<>> update(SessionRecord record) = 0;
  /// With its streams. Also ok when it is gone.
  virtual Async<Result<>> remove(std::string id) = 0;
  /// Durable when it returns (I1): only then the message may be sent. The message's seq.
  virtual Async<Result<std::uint64_t>> append(std::string session, std::string stream,
                                              std::string data) = 0;
  /// The stored messages after `after`, in order, at most `limit`.
  virtual Async<Result<std::vector<StreamEvent>>> read(std::string session, std::string stream,
                                                       std::uint64_t after, std::size_t limit) = 0;
};

}  // namespace flotilla::mcp
