#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "mcp/legacy_session.h"
#include "mcp/quota.h"

namespace flotilla::mcp {

/// An SSE id: which stream of the session, and how far (mcp.md 2.2, resumption).
struct EventId {
  std::string stream;
  std::uint64_t seq = 0;
};
std::string write_event_id(std::string_view stream, std::uint64_t seq);
std::optional<EventId> parse_event_id(std::string_view text);

/// Names of standalone streams; others are of POSTs.
bool is_standalone(std::string_view stream);

/// What one connection that reads a stream needs.
struct StreamJob {
  std::shared_ptr<LegacySession> session;
  std::shared_ptr<LiveStream> stream;
  std::uint64_t after = 0;
  Duration heartbeat{};
  Quota::Ticket ticket;
};

/// A response that sends the stream from there on, until it is closed, released, taken over by
/// another connection, or the server drains. Ids and priming as the session's revision has them.
http::Response stream_response(StreamJob job);

}  // namespace flotilla::mcp
