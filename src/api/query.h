#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "core/event.h"
#include "http/message.h"
#include "json/map.h"

namespace flotilla::api {

inline constexpr std::size_t kDefaultPage = 50;
inline constexpr std::size_t kLargestPage = 500;

/// `limit`: 1 to 500, 50 when absent.
Result<std::size_t> limit_of(const http::Request& request);
/// A query value that is a count; nullopt when absent.
Result<std::optional<std::uint64_t>> number_of(const http::Request& request, std::string_view name);
/// The value, or empty; it must be UTF-8.
Result<std::string> value_of(const http::Request& request, std::string_view name);
/// Where a page or stream goes on: Last-Event-ID, else `after`; nullopt when neither is given.
Result<std::optional<std::uint64_t>> cursor_of(const http::Request& request);
bool wants_stream(const http::Request& request);
/// The `cursor` of a list of tasks (core/place.h).
Result<std::pair<Time, core::TaskId>> place_of(const std::string& cursor);

/// The body, read strictly: an unknown member is refused.
template <class T>
Result<T> body_of(const http::Request& request) {
  return json::from_text<T>(request.body, {.strict = true});
}

/// 200 with the struct as JSON.
template <class T>
http::Response answer(const T& data) {
  return http::Response::json(200, json::to_text(data));
}

}  // namespace flotilla::api
