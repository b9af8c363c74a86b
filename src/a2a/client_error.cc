#include <algorithm>
#include <array>

#include "a2a/client_internal.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

struct Known {
  std::string_view reason;
  Code code;
  int rpc_code;
};

// By reason, else by JSON-RPC code (0.3 servers give no reason).
constexpr std::array<Known, 14> kKnown{{
    {reason::kTaskNotFound, Code::not_found, -32001},
    {reason::kTaskNotCancelable, Code::failed_precondition, -32002},
    {reason::kPushNotificationNotSupported, Code::unimplemented, -32003},
    {reason::kUnsupportedOperation, Code::failed_precondition, -32004},
    {reason::kContentTypeNotSupported, Code::invalid_argument, -32005},
    {reason::kInvalidAgentResponse, Code::internal, -32006},
    {reason::kExtendedAgentCardNotConfigured, Code::failed_precondition, -32007},
    {reason::kExtensionSupportRequired, Code::failed_precondition, -32008},
    {reason::kVersionNotSupported, Code::failed_precondition, -32009},
    {reason::kParseError, Code::invalid_argument, -32700},
    {reason::kInvalidRequest, Code::invalid_argument, -32600},
    {reason::kMethodNotFound, Code::unimplemented, -32601},
    {reason::kInvalidParams, Code::invalid_argument, -32602},
    {reason::kInternal, Code::internal, -32603},
}};

std::string string_of(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  if (value == nullptr || value->if_string() == nullptr) return {};
  return *value->if_string();
}

/// ErrorInfo.reason in `data` (JSON-RPC) or `details` (REST).
std::string reason_of(const json::Object& error) {
  for (auto member : {"details", "data"}) {
    const auto* list = error.find(member);
    if (list == nullptr || list->if_array() == nullptr) continue;
    for (const auto& detail : *list->if_array()) {
      if (detail.if_object() == nullptr) continue;
      if (auto found = string_of(*detail.if_object(), "reason"); !found.empty()) return found;
    }
  }
  return string_of(error, "reason");  // problem+json
}

Code code_of_status(int status) {
  switch (status) {
    case 400:
      return Code::invalid_argument;
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::permission_denied;
    case 404:
      return Code::not_found;
    case 409:
      return Code::failed_precondition;
    case 429:
      return Code::resource_exhausted;
    case 501:
      return Code::unimplemented;
    case 502:
    case 503:
      return Code::unavailable;
    case 504:
      return Code::deadline_exceeded;
    default:
      return Code::internal;
  }
}

}  // namespace

Error read_error(const json::Value& body, int status) {
  const auto* error = body.if_object();
  if (error == nullptr)
    return Error(code_of_status(status), "the agent answered " + std::to_string(status));
  if (const auto* inner = error->find("error"); inner != nullptr && inner->if_object() != nullptr)
    error = inner->if_object();
  std::string message = string_of(*error, "message");
  if (message.empty()) message = string_of(*error, "detail");
  if (message.empty()) message = "the agent answered " + std::to_string(status);
  const std::string reason = reason_of(*error);
  const auto* number = error->find("code");
  const auto rpc_code = number == nullptr ? std::nullopt : number->as_int64();
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& entry) {
    return reason.empty() ? rpc_code == entry.rpc_code : entry.reason == reason;
  });
  if (known != kKnown.end()) return Error(known->code, known->reason, std::move(message));
  return Error(code_of_status(status), std::move(message));
}

Error read_error_text(const std::string& body, int status) {
  if (auto parsed = json::parse(body)) return read_error(*parsed, status);
  std::string message = "the agent answered " + std::to_string(status);
  if (!body.empty()) message += ": " + body.substr(0, 200);
  return Error(code_of_status(status), std::move(message));
}

bool is_transient(const Error& error) {
  return error.code() == Code::unavailable || error.code() == Code::deadline_exceeded;
}

Duration backoff(int attempt) {
  const Duration grown = std::chrono::milliseconds(250) * (1 << std::min(attempt, 5));
  return std::min<Duration>(grown, std::chrono::seconds(5));
}

}  // namespace flotilla::a2a
