#include <algorithm>
#include <array>

#include "a2a/client_internal.h"
#include "a2a/limits.h"
#include "base/utf8.h"
#include "http/status.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

struct Known {
  std::string_view reason;
  Code code;
  int rpc_code = 0;  // of the protocol's own errors; 0.3 servers give no reason
};

constexpr std::array<Known, 36> kKnown{{
    {reason::kTaskNotFound, Code::not_found, -32001},
    {reason::kTaskNotCancelable, Code::failed_precondition, -32002},
    {reason::kPushNotificationNotSupported, Code::unimplemented, -32003},
    {reason::kUnsupportedOperation, Code::failed_precondition, -32004},
    {reason::kContentTypeNotSupported, Code::invalid_argument, -32005},
    {reason::kInvalidAgentResponse, Code::internal, -32006},
    {reason::kExtendedAgentCardNotConfigured, Code::failed_precondition, -32007},
    {reason::kExtensionSupportRequired, Code::failed_precondition, -32008},
    {reason::kVersionNotSupported, Code::unimplemented, -32009},
    {reason::kParseError, Code::invalid_argument, -32700},
    {reason::kInvalidRequest, Code::invalid_argument, -32600},
    {reason::kMethodNotFound, Code::unimplemented, -32601},
    {reason::kInvalidParams, Code::invalid_argument, -32602},
    {reason::kInternal, Code::internal, -32603},
    {reason::kInvalidArgument, Code::invalid_argument},
    {reason::kInvalidConfig, Code::invalid_argument},
    {reason::kUnauthenticated, Code::unauthenticated},
    {reason::kPermissionDenied, Code::permission_denied},
    {reason::kNotFound, Code::not_found},
    {reason::kAlreadyExists, Code::already_exists},
    {reason::kConflict, Code::conflict},
    {reason::kIllegalTransition, Code::failed_precondition},
    {reason::kLeaseLost, Code::conflict},
    {reason::kLimitExceeded, Code::resource_exhausted},
    {reason::kSlowReader, Code::unavailable},  // reading on from the cursor is the remedy
    {reason::kEgressDenied, Code::permission_denied},
    {reason::kUnavailable, Code::unavailable},
    {reason::kStorageFull, Code::resource_exhausted},
    {reason::kStorageReadOnly, Code::failed_precondition},
    {reason::kStorageLocked, Code::unavailable},
    {reason::kStorageFailed, Code::unavailable},
    {reason::kDeadlineExceeded, Code::deadline_exceeded},
    {reason::kCancelled, Code::cancelled},
    {reason::kUnimplemented, Code::unimplemented},
    {"INTERNAL_ERROR", Code::internal},
    {"ABORTED", Code::conflict},
}};

const Known* known_reason(std::string_view name) {
  const auto found = std::ranges::find(kKnown, name, &Known::reason);
  return found == kKnown.end() ? nullptr : &*found;
}

const Known* known_number(std::optional<std::int64_t> code) {
  if (!code || *code == 0) return nullptr;
  const auto found = std::ranges::find(kKnown, *code, &Known::rpc_code);
  return found == kKnown.end() ? nullptr : &*found;
}

/// Bounded, and valid UTF-8 however it was cut.
std::string shortened(std::string_view text) {
  std::string out(text.substr(0, kMaxPeerText));
  if (const auto fault = find_invalid_utf8(out); fault != std::string_view::npos) out.resize(fault);
  return out;
}

std::string string_of(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  if (value == nullptr || value->if_string() == nullptr) return {};
  return shortened(*value->if_string());
}

const json::Array* array_of(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr ? nullptr : value->if_array();
}

/// The google.rpc details: `data` in JSON-RPC, `details` in REST.
std::vector<const json::Object*> details_of(const json::Object& error) {
  std::vector<const json::Object*> found;
  for (const auto* member : {"details", "data"}) {
    const auto* list = array_of(error, member);
    if (list == nullptr) continue;
    for (const auto& detail : *list)
      if (detail.if_object() != nullptr && found.size() < kMaxPeerDetails)
        found.push_back(detail.if_object());
  }
  return found;
}

void add_metadata(const json::Object& info, Error& error) {
  const auto* value = info.find("metadata");
  if (value == nullptr || value->if_object() == nullptr) return;
  for (const auto& [name, text] : value->if_object()->members()) {
    if (error.metadata().size() == kMaxPeerDetails) return;
    if (text.if_string() != nullptr)
      error = std::move(error).with_metadata(shortened(name), shortened(*text.if_string()));
  }
}

/// google.rpc.BadRequest, or `errors` of problem+json.
void add_violations(const json::Array* list, std::string_view field, std::string_view description,
                    Error& error) {
  if (list == nullptr) return;
  for (const auto& entry : *list) {
    if (entry.if_object() == nullptr || error.violations().size() == kMaxPeerDetails) continue;
    const auto& violation = *entry.if_object();
    error =
        std::move(error).with_field(string_of(violation, field), string_of(violation, description));
  }
}

/// By reason, then by number, then by status: several errors share one of those.
Error make_error(const std::string& reason, std::optional<std::int64_t> number, int status,
                 std::string message) {
  const Known* known = reason.empty() ? nullptr : known_reason(reason);
  if (known == nullptr) known = known_number(number);
  const auto make = [&] {
    if (known == nullptr) return Error(http::code_of_status(status), std::move(message));
    if (known->reason == "INTERNAL_ERROR" || known->reason == "ABORTED")
      return Error(known->code, std::move(message));
    return Error(known->code, known->reason, std::move(message));
  };
  Error error = make();
  if (!reason.empty() && error.reason() != reason)
    error = std::move(error).with_metadata("reason", reason);
  return error;
}

}  // namespace

Error read_error(const json::Value& body, int status) {
  const auto* object = body.if_object();
  if (object == nullptr)
    return Error(http::code_of_status(status), "the agent answered " + std::to_string(status));
  if (const auto* inner = object->find("error"); inner != nullptr && inner->if_object() != nullptr)
    object = inner->if_object();
  std::string message = string_of(*object, "message");
  if (message.empty()) message = string_of(*object, "detail");
  if (message.empty()) message = string_of(*object, "error");
  if (message.empty()) message = "the agent answered " + std::to_string(status);
  const auto details = details_of(*object);
  std::string reason = string_of(*object, "reason");
  for (const auto* detail : details)
    if (reason.empty()) reason = string_of(*detail, "reason");
  const auto* code = object->find("code");
  const auto number = code == nullptr ? std::nullopt : code->as_int64();
  // In a stream only the body knows the status.
  if (number && *number >= 400 && *number < 600) status = static_cast<int>(*number);
  Error error = make_error(reason, number, status, std::move(message));
  add_metadata(*object, error);
  add_violations(array_of(*object, "errors"), "pointer", "detail", error);
  for (const auto* detail : details) {
    add_metadata(*detail, error);
    add_violations(array_of(*detail, "fieldViolations"), "field", "description", error);
  }
  return error;
}

Error read_error_text(const std::string& body, int status) {
  if (const auto parsed = json::parse(body); parsed && parsed->if_object() != nullptr)
    return read_error(*parsed, status);
  std::string message = "the agent answered " + std::to_string(status);
  if (const auto text = shortened(body); !text.empty()) message += ": " + text;
  return Error(http::code_of_status(status), std::move(message));
}

Error invalid_answer(const std::string& what) {
  return Error(Code::internal, reason::kInvalidAgentResponse, shortened(what));
}

}  // namespace flotilla::a2a
