#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/live.h"
#include "base/time.h"
#include "core/topics.h"
#include "http/message.h"

namespace flotilla::api {

inline constexpr std::size_t kMaxContextId = 256;
inline constexpr std::size_t kMaxMessageKey = 128;
/// How long an answer is waited for; then the task is shown as it is.
inline constexpr Duration kMessageWait = std::chrono::minutes(1);

/// A cursor that a client gives back.
Result<std::uint64_t> read_cursor(const std::string& text, std::string_view field);
/// A page as JSON, of the events' own texts.
http::Response event_page(const core::TopicPage& page);
/// The reader's events as a stream, until it falls behind or the server drains.
http::Response event_stream(std::unique_ptr<core::TopicReader> reader);
/// Of the route's namespace and the `pattern` parameter.
Result<core::TopicFilter> topic_filter(const http::Request& request);

}  // namespace flotilla::api
