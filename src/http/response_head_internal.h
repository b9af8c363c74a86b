#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace flotilla::http {

/// What the connection adds to a handler's response head.
struct Framing {
  enum class Body : std::uint8_t { sized, chunked, until_close, none };
  Body body = Body::sized;
  std::size_t length = 0;  // of the body, when sized
  bool http_1_1 = true;
  bool close = false;
  std::string_view common;      // Server and Date lines
  std::string_view extra;       // whole lines
  std::string_view request_id;  // echoed
};

/// Appends status line, fields and the empty line. A field that would break the head (a line end in
/// it) or its framing (Content-Length, …) is left out.
void append_head(const Response& response, const Framing& framing, std::string& out);

/// 204 and 304 have no body (RFC 9110 section 6.4.1).
bool may_have_body(int status);

/// `Server` and `Date` lines.
std::string common_lines(Time now);

}  // namespace flotilla::http
