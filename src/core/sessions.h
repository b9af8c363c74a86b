#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "base/context.h"
#include "base/id.h"
#include "base/result.h"
#include "core/event.h"
#include "db/database.h"

namespace flotilla::core {

struct Session {
  SessionId uid;
  std::string name_space;
  std::string owner;
  std::string context_id;
  std::string kind;  // chat, report, debug, workspace
  std::string agent;
  std::optional<std::string> title;
  std::optional<std::string> metadata;  // JSON object
  Time created_at;
  Time last_activity;
  std::optional<Time> expires_at;
};

struct SessionPage {
  std::vector<Session> rows;  // by uid, newest first
  std::optional<SessionId> next;
};

/// Threads of work. A context id names a session within namespace and owner: another's context id
/// opens a session of the caller's own. Thread-safe.
class Sessions {
 public:
  Sessions(db::Database& database, Clock& clock, Random& random);

  /// The session of that context, or a new one (not yet stored). `agent` starts it. The rows that
  /// store it or move its last activity are added to `batch`.
  Async<Result<Session>> open(std::string name_space, std::string owner, std::string agent,
                              std::optional<std::string> context_id, db::Batch* batch);
  /// Moves its last activity with the batch.
  void touch(SessionId uid, db::Batch* batch) const;
  /// The caller's sessions of that context over all namespaces, last active first.
  Async<Result<std::vector<Session>>> of_context(std::string owner, std::string context_id);
  Async<Result<Session>> get(std::shared_ptr<const Principal> principal, std::string name_space,
                             SessionId uid);
  Async<Result<SessionPage>> list(std::shared_ptr<const Principal> principal,
                                  std::string name_space, std::optional<SessionId> before,
                                  std::size_t limit);

 private:
  db::Database& database_;
  Clock& clock_;
  Random& random_;
};

}  // namespace flotilla::core
