#include "base/error.h"

#include <array>

namespace flotilla {

struct Error::Body {
  Code code;
  std::string_view reason;
  std::string message;
  std::vector<FieldViolation> violations;
  std::vector<std::pair<std::string, std::string>> metadata;
};

namespace {

struct CodeRow {
  std::string_view name;
  std::string_view reason;
};

// In the order of Code.
constexpr std::array<CodeRow, 14> kCodes{{
    {"invalid_argument", reason::kInvalidArgument},
    {"not_found", reason::kNotFound},
    {"already_exists", reason::kAlreadyExists},
    {"conflict", reason::kConflict},
    {"unauthenticated", reason::kUnauthenticated},
    {"permission_denied", reason::kPermissionDenied},
    {"failed_precondition", reason::kConflict},
    {"resource_exhausted", reason::kLimitExceeded},
    {"unavailable", reason::kUnavailable},
    {"deadline_exceeded", reason::kDeadlineExceeded},
    {"cancelled", reason::kCancelled},
    {"unimplemented", reason::kUnimplemented},
    {"data_loss", reason::kStorageFailed},
    {"internal", reason::kInternal},
}};
static_assert(kCodes.size() == static_cast<std::size_t>(Code::internal) + 1);

const CodeRow& row(Code code) {
  return kCodes.at(static_cast<std::size_t>(code));
}

}  // namespace

Error::Error(Code code, std::string message)
    : Error(code, default_reason(code), std::move(message)) {}

Error::Error(Code code, std::string_view reason, std::string message)
    : body_(std::make_shared<Body>(Body{code, reason, std::move(message), {}, {}})) {}

Code Error::code() const {
  return body_->code;
}
std::string_view Error::reason() const {
  return body_->reason;
}
const std::string& Error::message() const {
  return body_->message;
}
const std::vector<FieldViolation>& Error::violations() const {
  return body_->violations;
}
const std::vector<std::pair<std::string, std::string>>& Error::metadata() const {
  return body_->metadata;
}

void Error::detach() {
  if (body_.use_count() > 1) body_ = std::make_shared<Body>(*body_);
}

void Error::add_field(std::string field, std::string description) {
  detach();
  body_->violations.push_back({std::move(field), std::move(description)});
}

Error&& Error::with_field(std::string field, std::string description) && {
  add_field(std::move(field), std::move(description));
  return std::move(*this);
}

Error&& Error::with_metadata(std::string name, std::string value) && {
  detach();
  body_->metadata.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

Error invalid(std::string field, std::string description) {
  std::string message = field.empty() ? description : field + ": " + description;
  return Error(Code::invalid_argument, std::move(message))
      .with_field(std::move(field), std::move(description));
}

std::string_view to_string(Code code) {
  return row(code).name;
}
std::string_view default_reason(Code code) {
  return row(code).reason;
}

}  // namespace flotilla
