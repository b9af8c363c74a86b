#include "api/query.h"

#include <fmt/format.h>

#include <charconv>

#include "base/utf8.h"
#include "core/place.h"
#include "json/map.h"

namespace flotilla::api {

Result<std::optional<std::uint64_t>> number_of(const http::Request& request,
                                               std::string_view name) {
  const auto text = request.query_value(name);
  if (!text || text->empty()) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, failed] = std::from_chars(text->data(), end, number);
  if (failed != std::errc{} || stop != end)
    return fail(invalid(std::string(name), "'" + *text + "' is not a whole number"));
  return std::optional(number);
}

Result<std::size_t> limit_of(const http::Request& request) {
  TRY(limit, number_of(request, "limit"));
  if (!limit) return kDefaultPage;
  if (*limit < 1 || *limit > kLargestPage)
    return fail(invalid("limit", fmt::format("must be 1 to {}", kLargestPage)));
  return static_cast<std::size_t>(*limit);
}

Result<std::string> value_of(const http::Request& request, std::string_view name) {
  std::string text = request.query_value(name).value_or("");
  if (!is_utf8(text)) return fail(invalid(std::string(name), "is not UTF-8"));
  return text;
}

Result<std::optional<std::uint64_t>> cursor_of(const http::Request& request) {
  const auto last = request.headers.find("Last-Event-ID");
  if (!last) return number_of(request, "after");
  const auto number = json::Value(json::Number{std::string(*last)}).as_int64();
  if (!number || *number < 0) return fail(invalid("Last-Event-ID", "is not a cursor of ours"));
  return std::optional(static_cast<std::uint64_t>(*number));
}

bool wants_stream(const http::Request& request) {
  return request.headers.find("Accept").value_or("").contains("text/event-stream");
}

Result<std::pair<Time, core::TaskId>> place_of(const std::string& cursor) {
  const auto place = core::decode_place(cursor);
  if (!place) return fail(invalid("cursor", "is not a nextCursor of this list"));
  return *place;
}

}  // namespace flotilla::api
