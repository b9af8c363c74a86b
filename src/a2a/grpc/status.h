#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "a2a/error.h"
#include "base/error.h"

namespace flotilla::a2a::rpc {

/// The gRPC status of an error (a2a.md section 5): code by the profile's table, message, and in the
/// details a google.rpc.Status with ErrorInfo and, for faulty fields, BadRequest. Errors of our own
/// show nothing but the request id.
::grpc::Status to_status(const Error& error, const ErrorContext& context);

}  // namespace flotilla::a2a::rpc
