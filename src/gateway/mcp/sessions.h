#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "async/task_group.h"
#include "db/database.h"
#include "mcp/session_store.h"

namespace flotilla::gateway {

/// A session that nobody used for so long ends. Editors sleep over night; many clients do not
/// recover from a lost session.
inline constexpr Duration kMcpSessionIdle = std::chrono::hours(24);
/// How long what was sent on a stream can be asked for again.
inline constexpr Duration kMcpStreamKept = std::chrono::hours(1);
/// What another process changed in a session is seen after so long.
inline constexpr Duration kMcpSessionCached = std::chrono::seconds(30);
/// A principal's oldest sessions beyond these end when it opens another.
inline constexpr std::int64_t kMcpSessionsOfPrincipal = 1'000;
inline constexpr std::size_t kMcpCached = 10'000;  // sessions, and streams, in memory

/// Legacy sessions in the database. Reads are cached for a moment, so that a request of a known
/// session costs the store nothing. Thread-safe but for start() and stop().
class McpSessions final : public mcp::SessionStore {
 public:
  McpSessions(db::Database& database, Clock& clock, Executor home);

  Async<Result<>> create(mcp::SessionRecord record) override;
  Async<Result<mcp::SessionRecord>> find(std::string id) override;
  Async<Result<>> update(mcp::SessionRecord record) override;
  Async<Result<>> remove(std::string id) override;
  Async<Result<std::uint64_t>> append(std::string session, std::string stream,
                                      std::string data) override;
  Async<Result<std::vector<mcp::StreamEvent>>> read(std::string session, std::string stream,
                                                    std::uint64_t after,
                                                    std::size_t limit) override;

  /// On the home loop: begins to delete what has expired.
  void start();
  /// Idempotent.
  Async<> stop();
  /// One round of deletion; how many rows went.
  Async<Result<std::int64_t>> prune();

 private:
  struct Cached {
    mcp::SessionRecord record;
    SteadyTime until;  // believed
    Time used_at;      // as stored
  };
  void remember(const mcp::SessionRecord& record, Time used_at);
  std::optional<mcp::SessionRecord> cached(const std::string& id);
  Async<Result<>> touch(std::string id, Time used_at);
  Async<Result<std::uint64_t>> next_seq(const std::string& key, std::string session,
                                        std::string stream);
  Async<> prune_loop();

  db::Database& database_;
  Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Cached> sessions_;
  std::unordered_map<std::string, std::uint64_t> last_seq_;  // by session and stream
  TaskGroup group_;
};

}  // namespace flotilla::gateway
