#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flotilla {

/// Protocol-neutral error class. Each protocol maps it to its wire once (http/problem.cc,
/// a2a/error.cc), each with a table test over all codes.
enum class Code : std::uint8_t {
  invalid_argument,
  not_found,
  already_exists,
  conflict,
  unauthenticated,
  permission_denied,
  failed_precondition,
  resource_exhausted,
  unavailable,
  deadline_exceeded,
  cancelled,
  unimplemented,
  data_loss,
  internal,
};

/// One stable UPPER_SNAKE name for each distinguishable failure. It is A2A's ErrorInfo.reason and
/// the last segment of problem+json's `type`. Add here, nowhere else; never rename.
namespace reason {
// A2A 1.0 section 3.3.2 (names of the protocol).
inline constexpr std::string_view kTaskNotFound = "TASK_NOT_FOUND";
inline constexpr std::string_view kTaskNotCancelable = "TASK_NOT_CANCELABLE";
inline constexpr std::string_view kPushNotificationNotSupported = "PUSH_NOTIFICATION_NOT_SUPPORTED";
inline constexpr std::string_view kUnsupportedOperation = "UNSUPPORTED_OPERATION";
inline constexpr std::string_view kContentTypeNotSupported = "CONTENT_TYPE_NOT_SUPPORTED";
inline constexpr std::string_view kInvalidAgentResponse = "INVALID_AGENT_RESPONSE";
inline constexpr std::string_view kExtendedAgentCardNotConfigured =
    "EXTENDED_AGENT_CARD_NOT_CONFIGURED";
inline constexpr std::string_view kExtensionSupportRequired = "EXTENSION_SUPPORT_REQUIRED";
inline constexpr std::string_view kVersionNotSupported = "VERSION_NOT_SUPPORTED";
// JSON-RPC.
inline constexpr std::string_view kParseError = "PARSE_ERROR";
inline constexpr std::string_view kInvalidRequest = "INVALID_REQUEST";
inline constexpr std::string_view kMethodNotFound = "METHOD_NOT_FOUND";
inline constexpr std::string_view kInvalidParams = "INVALID_PARAMS";
// Our own.
inline constexpr std::string_view kInvalidArgument = "INVALID_ARGUMENT";
inline constexpr std::string_view kInvalidConfig = "INVALID_CONFIG";
inline constexpr std::string_view kUnauthenticated = "UNAUTHENTICATED";
inline constexpr std::string_view kPermissionDenied = "PERMISSION_DENIED";
inline constexpr std::string_view kNotFound = "NOT_FOUND";
inline constexpr std::string_view kAlreadyExists = "ALREADY_EXISTS";
inline constexpr std::string_view kConflict = "CONFLICT";
inline constexpr std::string_view kIllegalTransition = "ILLEGAL_TRANSITION";
inline constexpr std::string_view kLeaseLost = "LEASE_LOST";
inline constexpr std::string_view kLimitExceeded = "LIMIT_EXCEEDED";
inline constexpr std::string_view kSlowReader = "SLOW_READER";
inline constexpr std::string_view kEgressDenied = "EGRESS_DENIED";
inline constexpr std::string_view kUnavailable = "UNAVAILABLE";
inline constexpr std::string_view kModelContextExceeded = "MODEL_CONTEXT_EXCEEDED";
inline constexpr std::string_view kInvalidModelAnswer = "INVALID_MODEL_ANSWER";
inline constexpr std::string_view kBudgetExceeded = "BUDGET_EXCEEDED";
inline constexpr std::string_view kStorageFull = "STORAGE_FULL";
inline constexpr std::string_view kStorageReadOnly = "STORAGE_READ_ONLY";
inline constexpr std::string_view kStorageLocked = "STORAGE_LOCKED";
inline constexpr std::string_view kStorageFailed = "STORAGE_FAILED";
inline constexpr std::string_view kDeadlineExceeded = "DEADLINE_EXCEEDED";
inline constexpr std::string_view kCancelled = "CANCELLED";
inline constexpr std::string_view kUnimplemented = "UNIMPLEMENTED";
inline constexpr std::string_view kInternal = "INTERNAL";
}  // namespace reason

/// One thing that is wrong with one field. `field` is a JSON pointer or a config key.
struct FieldViolation {
  std::string field;
  std::string description;
};

/// Why a call failed: what, where, what to do. Copyable value of one pointer, so that Result<T>
/// stays small.
class Error {
 public:
  /// The reason is the code's default one (kNotFound for not_found, …).
  Error(Code code, std::string message);
  /// `reason` must be one of the constants above (static storage).
  Error(Code code, std::string_view reason, std::string message);

  [[nodiscard]] Code code() const;
  [[nodiscard]] std::string_view reason() const;
  [[nodiscard]] const std::string& message() const;
  [[nodiscard]] const std::vector<FieldViolation>& violations() const;
  /// Name/value pairs for the wire (A2A ErrorInfo.metadata); never secrets.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& metadata() const;

  void add_field(std::string field, std::string description);
  Error&& with_field(std::string field, std::string description) &&;
  Error&& with_metadata(std::string name, std::string value) &&;

 private:
  struct Body;
  void detach();                // copies the body when other copies of this error share it
  std::shared_ptr<Body> body_;  // shared: errors are copied to several waiters of one batch
};

/// Shorthand for the most common input fault: invalid_argument naming the field.
Error invalid(std::string field, std::string description);
std::string_view to_string(Code code);
std::string_view default_reason(Code code);

}  // namespace flotilla
