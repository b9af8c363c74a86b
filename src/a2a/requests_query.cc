#include <charconv>
#include <utility>

#include "a2a/requests.h"
#include "a2a/requests_internal.h"
#include "base/utf8.h"

// GET requests: parameters in the query, camelCase or proto names; unknown ones are ignored, empty
// ones are unset (a2a.md 2.2).
namespace flotilla::a2a {
namespace {

Result<std::optional<std::int32_t>> parse_int(const std::string& text, const std::string& at) {
  std::int32_t value = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return fail(invalid(at, "expected a 32-bit integer"));
  return std::optional<std::int32_t>(value);
}

Result<std::optional<bool>> parse_bool(const std::string& text, const std::string& at) {
  if (text == "true") return std::optional<bool>(true);
  if (text == "false") return std::optional<bool>(false);
  return fail(invalid(at, "expected true or false"));
}

Result<std::optional<Time>> parse_timestamp(const std::string& text, const std::string& at) {
  const auto time = parse_time(text);
  if (!time) return fail(invalid(at, "expected an RFC 3339 time, such as 2026-11-01T00:00:00Z"));
  return time;
}

Result<std::optional<TaskState>> parse_status(const std::string& text, const std::string& at) {
  if (text == "UNRECOGNIZED") return std::optional<TaskState>();
  for (int i = 0; i <= static_cast<int>(TaskState::auth_required); ++i) {
    const auto state = static_cast<TaskState>(i);
    if (wire_name(state) == text || std::to_string(i) == text)
      return std::optional<TaskState>(state);
  }
  return fail(invalid(at, "unknown state: expected TASK_STATE_WORKING or another of its kind"));
}

bool is(std::string_view name, std::string_view json_name, std::string_view proto_name) {
  return name == json_name || name == proto_name;
}

/// `field` = `parsed`, or the error.
template <class T>
Result<> assign(std::optional<T>& field, Result<std::optional<T>> parsed) {
  if (!parsed) return fail(std::move(parsed.error()));
  field = std::move(*parsed);
  return ok();
}

Result<> set_list_field(ListTasksRequest& out, std::string_view name, std::string value) {
  if (!is_utf8(value)) return fail(invalid("/" + std::string(name), "is not UTF-8"));
  if (is(name, "contextId", "context_id")) {
    out.contextId = std::move(value);
    return ok();
  }
  if (is(name, "pageToken", "page_token")) {
    out.pageToken = std::move(value);
    return ok();
  }
  if (name == "tenant") {
    out.tenant = std::move(value);
    return ok();
  }
  if (name == "status") return assign(out.status, parse_status(value, "/status"));
  if (is(name, "pageSize", "page_size")) return assign(out.pageSize, parse_int(value, "/pageSize"));
  if (is(name, "historyLength", "history_length"))
    return assign(out.historyLength, parse_int(value, "/historyLength"));
  if (is(name, "statusTimestampAfter", "status_timestamp_after"))
    return assign(out.statusTimestampAfter, parse_timestamp(value, "/statusTimestampAfter"));
  if (is(name, "includeArtifacts", "include_artifacts"))
    return assign(out.includeArtifacts, parse_bool(value, "/includeArtifacts"));
  return ok();
}

}  // namespace

Result<GetTaskRequest> read_get_task_query(const Wire& wire, const http::Request& request) {
  GetTaskRequest out;
  out.id = std::string(request.param("id"));
  if (!request.query.empty()) {
    for (auto& [name, value] : request.query_values()) {
      if (value.empty()) continue;
      if (name == "tenant") {
        out.tenant = std::move(value);
      } else if (is(name, "historyLength", "history_length")) {
        TRY_VOID(assign(out.historyLength, parse_int(value, "/historyLength")));
      }
    }
  }
  TRY_VOID(check(out, ""));
  if (wire.version == Version::v0_3 && out.historyLength == 0) out.historyLength.reset();
  return out;
}

Result<ListTasksRequest> read_list_tasks_query(const http::Request& request) {
  ListTasksRequest out;
  for (auto& [name, value] : request.query_values()) {
    if (!value.empty()) TRY_VOID(set_list_field(out, name, std::move(value)));
  }
  TRY_VOID(check(out, ""));
  return out;
}

}  // namespace flotilla::a2a
