#include "a2a/error.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "json/json.h"

namespace flotilla::a2a {
namespace {

constexpr std::string_view kProtocolDomain = "a2a-protocol.org";
constexpr std::string_view kOwnDomain = "flotilla.dev";
constexpr std::string_view kInvalidArgument = "INVALID_ARGUMENT";
constexpr std::string_view kFailedPrecondition = "FAILED_PRECONDITION";
/// Server errors that A2A does not name: outside its own range of codes.
constexpr int kServerError = -32000;

struct Row {
  std::string_view reason;
  int rpc_code;
  int http;
  std::string_view status;
  int http_1_0_0;  // where 1.0.0 differs, else the same
  std::string_view status_1_0_0;
};

/// Errors with a name in the protocol.
constexpr std::array<Row, 13> kReasons{{
    {reason::kTaskNotFound, -32001, 404, "NOT_FOUND", 404, "NOT_FOUND"},
    {reason::kTaskNotCancelable, -32002, 400, kFailedPrecondition, 409, kFailedPrecondition},
    {reason::kPushNotificationNotSupported, -32003, 400, kFailedPrecondition, 400, "UNIMPLEMENTED"},
    {reason::kUnsupportedOperation, -32004, 400, kFailedPrecondition, 400, "UNIMPLEMENTED"},
    {reason::kContentTypeNotSupported, -32005, 400, kInvalidArgument, 415, kInvalidArgument},
    {reason::kInvalidAgentResponse, -32006, 500, "INTERNAL", 502, "INTERNAL"},
    {reason::kExtendedAgentCardNotConfigured, -32007, 400, kFailedPrecondition, 400,
     kFailedPrecondition},
    {reason::kExtensionSupportRequired, -32008, 400, kFailedPrecondition, 400, kFailedPrecondition},
    {reason::kVersionNotSupported, -32009, 400, kFailedPrecondition, 400, "UNIMPLEMENTED"},
    {reason::kParseError, -32700, 400, kInvalidArgument, 400, kInvalidArgument},
    {reason::kInvalidRequest, -32600, 400, kInvalidArgument, 400, kInvalidArgument},
    {reason::kMethodNotFound, -32601, 404, "UNIMPLEMENTED", 404, "UNIMPLEMENTED"},
    {reason::kInvalidParams, -32602, 400, kInvalidArgument, 400, kInvalidArgument},
}};

struct CodeRow {
  int rpc_code;
  int http;
  std::string_view status;
  std::string_view reason;  // the protocol's name for it; empty: our own reason is shown
};

/// Everything else, in the order of Code.
constexpr std::array<CodeRow, 14> kCodes{{
    {-32602, 400, kInvalidArgument, reason::kInvalidParams},
    {-32001, 404, "NOT_FOUND", ""},
    {kServerError, 409, "ALREADY_EXISTS", ""},
    {kServerError, 409, "ABORTED", ""},
    {kServerError, 401, "UNAUTHENTICATED", ""},
    {kServerError, 403, "PERMISSION_DENIED", ""},
    {-32004, 400, kFailedPrecondition, ""},
    {kServerError, 429, "RESOURCE_EXHAUSTED", ""},
    {kServerError, 503, "UNAVAILABLE", ""},
    {kServerError, 504, "DEADLINE_EXCEEDED", ""},
    {kServerError, 499, "CANCELLED", ""},
    {-32004, 400, kFailedPrecondition, reason::kUnsupportedOperation},
    {-32603, 500, "INTERNAL", "INTERNAL_ERROR"},
    {-32603, 500, "INTERNAL", "INTERNAL_ERROR"},
}};
static_assert(kCodes.size() == static_cast<std::size_t>(Code::internal) + 1);

const Row* find_reason(std::string_view name) {
  for (const Row& row : kReasons)
    if (row.reason == name) return &row;
  return nullptr;
}

void write_pair(std::string_view name, std::string_view value, bool& first, std::string& out) {
  if (!first) out += ',';
  first = false;
  json::write_string(name, out);
  out += ':';
  json::write_string(value, out);
}

void write_metadata(const Error& error, const WireError& wire, const ErrorContext& context,
                    std::string& out) {
  out += R"(,"metadata":{)";
  bool first = true;
  if (wire.opaque) {
    if (!context.request_id.empty()) write_pair("requestId", context.request_id, first, out);
  } else {
    for (const auto& [name, value] : error.metadata()) write_pair(name, value, first, out);
  }
  out += '}';
}

void write_violations(const Error& error, std::string& out) {
  out += R"(,{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[)";
  bool first = true;
  for (const FieldViolation& violation : error.violations()) {
    if (!first) out += ',';
    first = false;
    out += R"({"field":)";
    json::write_string(violation.field, out);
    out += R"(,"description":)";
    json::write_string(violation.description, out);
    out += '}';
  }
  out += "]}";
}

void write_details(const Error& error, const WireError& wire, const ErrorContext& context,
                   std::string& out) {
  out += R"([{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":)";
  json::write_string(wire.reason, out);
  out += R"(,"domain":)";
  json::write_string(wire.domain, out);
  write_metadata(error, wire, context, out);
  out += '}';
  if (!wire.opaque && !error.violations().empty()) write_violations(error, out);
  out += ']';
}

}  // namespace

bool is_opaque(const Error& error) {
  const bool inside = error.code() == Code::internal || error.code() == Code::data_loss;
  return inside && error.reason() != reason::kInvalidAgentResponse;
}

WireError wire_error(const Error& error, Profile profile) {
  WireError wire;
  if (is_opaque(error)) {
    const CodeRow& row = kCodes.back();
    return {row.rpc_code, row.http, row.status, row.reason, kProtocolDomain, true};
  }
  if (const Row* row = find_reason(error.reason())) {
    const bool old = profile == Profile::v1_0_0;
    wire.rpc_code = row->rpc_code;
    wire.http_status = old ? row->http_1_0_0 : row->http;
    wire.status = old ? row->status_1_0_0 : row->status;
    wire.reason = row->reason;
    wire.domain = kProtocolDomain;
    return wire;
  }
  const CodeRow& row = kCodes.at(static_cast<std::size_t>(error.code()));
  wire.rpc_code = row.rpc_code;
  wire.http_status = row.http;
  wire.status = row.status;
  wire.reason = row.reason.empty() ? error.reason() : row.reason;
  wire.domain = row.reason.empty() ? kOwnDomain : kProtocolDomain;
  return wire;
}

std::string_view public_message(const Error& error) {
  if (is_opaque(error)) return "internal error";
  return error.message();
}

void write_rpc_error(const Error& error, const ErrorContext& context, std::string& out) {
  const WireError wire = wire_error(error, context.profile);
  out += R"({"code":)";
  out += fmt::format_int(wire.rpc_code).c_str();
  out += R"(,"message":)";
  json::write_string(public_message(error), out);
  out += R"(,"data":)";
  write_details(error, wire, context, out);
  out += '}';
}

void write_rest_error(const Error& error, const ErrorContext& context, std::string& out) {
  const WireError wire = wire_error(error, context.profile);
  fmt::format_to(std::back_inserter(out), R"({{"error":{{"code":{},"status":"{}","message":)",
                 wire.http_status, wire.status);
  json::write_string(public_message(error), out);
  out += R"(,"details":)";
  write_details(error, wire, context, out);
  out += "}}";
}

void write_v03_rest_error(const Error& error, const ErrorContext& context, std::string& out) {
  write_rpc_error(error, context, out);
}

Error push_notifications_not_supported() {
  return Error(Code::unimplemented, reason::kPushNotificationNotSupported,
               "this agent does not send push notifications: use a stream or poll the task");
}

Error extended_card_not_supported() {
  return Error(Code::unimplemented, reason::kUnsupportedOperation,
               "this agent has no extended card: its public card is complete");
}

Error content_type_not_supported(std::string_view got, std::string_view expected) {
  return Error(Code::invalid_argument, reason::kContentTypeNotSupported,
               fmt::format("Content-Type '{}' is not supported: send {}", got, expected));
}

}  // namespace flotilla::a2a
