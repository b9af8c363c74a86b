#pragma once

#include <expected>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "http/message.h"
#include "mcp/legacy_session.h"
#include "mcp/modern_request.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// The legacy sessions that this process has touched lately. The store knows them all; this finds,
/// makes and ends them. Thread-safe.
class LegacySessions {
 public:
  explicit LegacySessions(const ServerServices& services) : services_(services) {}

  /// The session that the request's Mcp-Session-Id names, if it is the caller's: 400 for none,
  /// 404 for an unknown one, another's, or one that has ended.
  Async<std::expected<std::shared_ptr<LegacySession>, Refusal>> find(const http::Request& request);
  /// A new session of the caller.
  Async<Result<std::shared_ptr<LegacySession>>> create(const Context& context,
                                                       SessionRecord record);
  /// Ends it with all that is under way.
  Async<Result<>> remove(const std::string& id);

  /// For sessions and their questions.
  [[nodiscard]] std::string make_id();
  [[nodiscard]] std::uint64_t make_number();

 private:
  std::shared_ptr<LegacySession> live(SessionRecord record);
  std::shared_ptr<LegacySession> forget(const std::string& id);
  void make_room();

  ServerServices services_;
  std::mutex mutex_;
  /// Last used first.
  std::list<std::shared_ptr<LegacySession>> order_;
  std::unordered_map<std::string, std::list<std::shared_ptr<LegacySession>>::iterator> live_;
};

}  // namespace flotilla::mcp
