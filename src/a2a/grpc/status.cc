#include "a2a/grpc/status.h"

#include <array>
#include <string>
#include <utility>

#include "a2a/grpc/proto/rpc_status.pb.h"

namespace flotilla::a2a::rpc {
namespace {

/// gRPC's metadata, message included, travels in headers, which peers bound at 8 KiB by default.
constexpr std::size_t kMaxMessage = 1024;
constexpr int kMaxViolations = 16;

using ::grpc::StatusCode;
constexpr std::array<std::pair<std::string_view, StatusCode>, 13> kCodes{{
    {"INVALID_ARGUMENT", StatusCode::INVALID_ARGUMENT},
    {"NOT_FOUND", StatusCode::NOT_FOUND},
    {"ALREADY_EXISTS", StatusCode::ALREADY_EXISTS},
    {"ABORTED", StatusCode::ABORTED},
    {"UNAUTHENTICATED", StatusCode::UNAUTHENTICATED},
    {"PERMISSION_DENIED", StatusCode::PERMISSION_DENIED},
    {"FAILED_PRECONDITION", StatusCode::FAILED_PRECONDITION},
    {"RESOURCE_EXHAUSTED", StatusCode::RESOURCE_EXHAUSTED},
    {"UNAVAILABLE", StatusCode::UNAVAILABLE},
    {"DEADLINE_EXCEEDED", StatusCode::DEADLINE_EXCEEDED},
    {"CANCELLED", StatusCode::CANCELLED},
    {"UNIMPLEMENTED", StatusCode::UNIMPLEMENTED},
    {"INTERNAL", StatusCode::INTERNAL},
}};

StatusCode code_of(std::string_view name) {
  for (const auto& [known, code] : kCodes)
    if (known == name) return code;
  return StatusCode::UNKNOWN;
}

/// Cut at a whole character.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxMessage) return std::string(text);
  std::size_t end = kMaxMessage;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

google::rpc::ErrorInfo error_info(const Error& error, const WireError& wire,
                                  const ErrorContext& context) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(wire.reason));
  info.set_domain(std::string(wire.domain));
  auto& metadata = *info.mutable_metadata();
  if (!wire.opaque) {
    for (const auto& [name, value] : error.metadata()) metadata[name] = shortened(value);
  } else if (!context.request_id.empty()) {
    metadata["requestId"] = std::string(context.request_id);
  }
  return info;
}

google::rpc::BadRequest bad_request(const Error& error) {
  google::rpc::BadRequest out;
  for (const FieldViolation& violation : error.violations()) {
    if (out.field_violations_size() == kMaxViolations) break;
    auto& added = *out.add_field_violations();
    added.set_field(shortened(violation.field));
    added.set_description(shortened(violation.description));
  }
  return out;
}

}  // namespace

::grpc::Status to_status(const Error& error, const ErrorContext& context) {
  const WireError wire = wire_error(error, context.profile);
  google::rpc::Status details;
  const StatusCode code = code_of(wire.status);
  details.set_code(code);
  details.set_message(shortened(public_message(error)));
  details.add_details()->PackFrom(error_info(error, wire, context));
  if (!wire.opaque && !error.violations().empty())
    details.add_details()->PackFrom(bad_request(error));
  return {code, details.message(), details.SerializeAsString()};
}

}  // namespace flotilla::a2a::rpc
