#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "base/id.h"
#include "mcp/exchange.h"
#include "mcp/legacy_session.h"

namespace flotilla::mcp {

/// One POST with requests of a legacy client: its calls write, its response and later connections
/// read. As long as nothing but answers was told they are kept here, for plain JSON; the first
/// other message opens a stream. One loop; shared by the calls and the response, for the client may
/// hang up before the calls end (which is no cancellation), and come back.
class LegacyPost : public std::enable_shared_from_this<LegacyPost> {
 public:
  LegacyPost(const Executor& executor, std::shared_ptr<LegacySession> session, SessionStore& store,
             Random& random, std::vector<std::string> ids);

  [[nodiscard]] LegacySession& session() { return *session_; }
  Async<> send(std::string message);
  Async<> release_connection(Duration retry);
  /// One call has its answer; an empty one when it was cancelled (which is not answered).
  Async<> finish(std::string answer);
  /// One call has ended without coming to finish().
  void drop();

  /// Until all calls have ended or a stream is open.
  Async<> wait();
  [[nodiscard]] bool settled() const { return pending_ == 0 || stream_ != nullptr; }
  /// A stream although nothing was told yet; none when it cannot be stored.
  Async<> open_stream();
  [[nodiscard]] const std::shared_ptr<LiveStream>& stream() const { return stream_; }
  [[nodiscard]] std::vector<std::string>& answers() { return answers_; }

 private:
  Async<bool> open();
  Async<> append(std::string message, bool last);
  void count_down();

  std::shared_ptr<LegacySession> session_;  // shared with all that is under way in it
  SessionStore& store_;
  Random& random_;
  std::vector<std::string> ids_;
  std::size_t pending_;
  std::vector<std::string> answers_;
  std::shared_ptr<LiveStream> stream_;  // shared with its readers
  AsyncMutex opening_;
  Notifier changed_;
};

/// First message of a stored stream: which requests it answers. Never sent.
std::string stream_opening(const std::vector<std::string>& ids);
bool is_opening(std::string_view message);
/// The ids of an opening; empty for another message.
std::vector<std::string> opened_ids(const std::string& message);

}  // namespace flotilla::mcp
