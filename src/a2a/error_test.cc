#include "a2a/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace flotilla::a2a {
namespace {

struct Row {
  Code code;
  std::string_view reason;
  int rpc;
  int http;
  std::string_view status;
  std::string_view wire_reason;
  std::string_view domain;
  int http_1_0_0;
  std::string_view status_1_0_0;
};

constexpr std::string_view kA2a = "a2a-protocol.org";
constexpr std::string_view kOwn = "flotilla.dev";

const std::vector<Row>& rows() {
  using namespace reason;
  constexpr std::string_view kPrecondition = "FAILED_PRECONDITION";
  constexpr std::string_view kArgument = "INVALID_ARGUMENT";
  static const std::vector<Row> table{
      // The protocol's reasons.
      {Code::not_found, kTaskNotFound, -32001, 404, "NOT_FOUND", kTaskNotFound, kA2a, 404,
       "NOT_FOUND"},
      {Code::failed_precondition, kTaskNotCancelable, -32002, 400, kPrecondition,
       kTaskNotCancelable, kA2a, 409, kPrecondition},
      {Code::unimplemented, kPushNotificationNotSupported, -32003, 400, kPrecondition,
       kPushNotificationNotSupported, kA2a, 400, "UNIMPLEMENTED"},
      {Code::unimplemented, kUnsupportedOperation, -32004, 400, kPrecondition,
       kUnsupportedOperation, kA2a, 400, "UNIMPLEMENTED"},
      {Code::failed_precondition, kUnsupportedOperation, -32004, 400, kPrecondition,
       kUnsupportedOperation, kA2a, 400, "UNIMPLEMENTED"},
      {Code::invalid_argument, kContentTypeNotSupported, -32005, 400, kArgument,
       kContentTypeNotSupported, kA2a, 415, kArgument},
      {Code::internal, kInvalidAgentResponse, -32006, 500, "INTERNAL", kInvalidAgentResponse, kA2a,
       502, "INTERNAL"},
      {Code::unimplemented, kExtendedAgentCardNotConfigured, -32007, 400, kPrecondition,
       kExtendedAgentCardNotConfigured, kA2a, 400, kPrecondition},
      {Code::failed_precondition, kExtensionSupportRequired, -32008, 400, kPrecondition,
       kExtensionSupportRequired, kA2a, 400, kPrecondition},
      {Code::unimplemented, kVersionNotSupported, -32009, 400, kPrecondition, kVersionNotSupported,
       kA2a, 400, "UNIMPLEMENTED"},
      {Code::invalid_argument, kParseError, -32700, 400, kArgument, kParseError, kA2a, 400,
       kArgument},
      {Code::invalid_argument, kInvalidRequest, -32600, 400, kArgument, kInvalidRequest, kA2a, 400,
       kArgument},
      {Code::unimplemented, kMethodNotFound, -32601, 404, "UNIMPLEMENTED", kMethodNotFound, kA2a,
       404, "UNIMPLEMENTED"},
      {Code::invalid_argument, kInvalidParams, -32602, 400, kArgument, kInvalidParams, kA2a, 400,
       kArgument},
      // Every code with a reason of our own.
      {Code::invalid_argument, kInvalidArgument, -32602, 400, kArgument, kInvalidParams, kA2a, 400,
       kArgument},
      {Code::not_found, kNotFound, -32001, 404, "NOT_FOUND", kNotFound, kOwn, 404, "NOT_FOUND"},
      {Code::already_exists, kAlreadyExists, -32000, 409, "ALREADY_EXISTS", kAlreadyExists, kOwn,
       409, "ALREADY_EXISTS"},
      {Code::conflict, kConflict, -32000, 409, "ABORTED", kConflict, kOwn, 409, "ABORTED"},
      {Code::conflict, kLeaseLost, -32000, 409, "ABORTED", kLeaseLost, kOwn, 409, "ABORTED"},
      {Code::unauthenticated, kUnauthenticated, -32000, 401, "UNAUTHENTICATED", kUnauthenticated,
       kOwn, 401, "UNAUTHENTICATED"},
      {Code::permission_denied, kPermissionDenied, -32000, 403, "PERMISSION_DENIED",
       kPermissionDenied, kOwn, 403, "PERMISSION_DENIED"},
      {Code::permission_denied, kEgressDenied, -32000, 403, "PERMISSION_DENIED", kEgressDenied,
       kOwn, 403, "PERMISSION_DENIED"},
      {Code::failed_precondition, kIllegalTransition, -32004, 400, kPrecondition,
       kIllegalTransition, kOwn, 400, kPrecondition},
      {Code::resource_exhausted, kLimitExceeded, -32000, 429, "RESOURCE_EXHAUSTED", kLimitExceeded,
       kOwn, 429, "RESOURCE_EXHAUSTED"},
      {Code::unavailable, kUnavailable, -32000, 503, "UNAVAILABLE", kUnavailable, kOwn, 503,
       "UNAVAILABLE"},
      {Code::unavailable, kStorageFull, -32000, 503, "UNAVAILABLE", kStorageFull, kOwn, 503,
       "UNAVAILABLE"},
      {Code::deadline_exceeded, kDeadlineExceeded, -32000, 504, "DEADLINE_EXCEEDED",
       kDeadlineExceeded, kOwn, 504, "DEADLINE_EXCEEDED"},
      {Code::cancelled, kCancelled, -32000, 499, "CANCELLED", kCancelled, kOwn, 499, "CANCELLED"},
      {Code::unimplemented, kUnimplemented, -32004, 400, kPrecondition, kUnsupportedOperation, kA2a,
       400, kPrecondition},
      {Code::data_loss, kStorageFailed, -32603, 500, "INTERNAL", "INTERNAL_ERROR", kA2a, 500,
       "INTERNAL"},
      {Code::internal, kInternal, -32603, 500, "INTERNAL", "INTERNAL_ERROR", kA2a, 500, "INTERNAL"},
  };
  return table;
}

TEST(Error, every_code_and_reason_has_its_answer_in_both_profiles) {
  for (const Row& row : rows()) {
    const Error error(row.code, row.reason, "m");
    const WireError now = wire_error(error);
    EXPECT_EQ(now.rpc_code, row.rpc) << row.reason;
    EXPECT_EQ(now.http_status, row.http) << row.reason;
    EXPECT_EQ(now.status, row.status) << row.reason;
    EXPECT_EQ(now.reason, row.wire_reason) << row.reason;
    EXPECT_EQ(now.domain, row.domain) << row.reason;
    const WireError old = wire_error(error, Profile::v1_0_0);
    EXPECT_EQ(old.http_status, row.http_1_0_0) << row.reason;
    EXPECT_EQ(old.status, row.status_1_0_0) << row.reason;
    EXPECT_EQ(old.rpc_code, row.rpc) << row.reason;
  }
}

TEST(Error, all_codes_are_in_the_table) {
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const auto code = static_cast<Code>(i);
    EXPECT_TRUE(std::ranges::any_of(rows(),
                                    [&](const Row& row) {
                                      return row.code == code && row.reason == default_reason(code);
                                    }) ||
                code == Code::failed_precondition)
        << to_string(code);
  }
}

std::string rpc(const Error& error) {
  std::string out;
  write_rpc_error(error, {Profile::v1_0_1, "req-9"}, out);
  return out;
}

TEST(Error, rpc_form_is_the_example_of_the_specification) {
  const Error error = Error(Code::not_found, reason::kTaskNotFound, "Task not found: t-404")
                          .with_metadata("taskId", "t-404");
  EXPECT_EQ(rpc(error),
            R"({"code":-32001,"message":"Task not found: t-404","data":[)"
            R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"TASK_NOT_FOUND",)"
            R"("domain":"a2a-protocol.org","metadata":{"taskId":"t-404"}}]})");
}

TEST(Error, rest_form_is_the_example_of_the_specification) {
  const Error error = Error(Code::not_found, reason::kTaskNotFound, "Task not found: t-404")
                          .with_metadata("taskId", "t-404");
  std::string out;
  write_rest_error(error, {}, out);
  EXPECT_EQ(out, R"({"error":{"code":404,"status":"NOT_FOUND","message":"Task not found: t-404",)"
                 R"("details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
                 R"("reason":"TASK_NOT_FOUND","domain":"a2a-protocol.org",)"
                 R"("metadata":{"taskId":"t-404"}}]}})");
  out.clear();
  write_v03_rest_error(error, {}, out);
  EXPECT_TRUE(out.starts_with(R"({"code":-32001,"message":"Task not found: t-404","data":[)"));
}

TEST(Error, invalid_input_carries_field_violations) {
  EXPECT_EQ(rpc(invalid("/params/message", "expected object")),
            R"({"code":-32602,"message":"/params/message: expected object","data":[)"
            R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_PARAMS",)"
            R"("domain":"a2a-protocol.org","metadata":{}},)"
            R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[)"
            R"({"field":"/params/message","description":"expected object"}]}]})");
}

TEST(Error, internal_errors_tell_nothing_but_the_request_id) {
  for (const Code code : {Code::internal, Code::data_loss}) {
    const Error error = Error(code, "/var/lib/secret.db: disk I/O error")
                            .with_field("secret", "secret")
                            .with_metadata("secret", "secret");
    const std::string text = rpc(error);
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("message":"internal error")"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("requestId":"req-9")"), std::string::npos) << text;
    EXPECT_EQ(public_message(error), "internal error");
  }
}

}  // namespace
}  // namespace flotilla::a2a
