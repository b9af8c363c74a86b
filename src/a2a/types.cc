#include "a2a/types.h"

#include <array>

#include "a2a/limits.h"

namespace flotilla::a2a {
namespace {

constexpr std::array<std::string_view, 9> kStates{
    "TASK_STATE_UNSPECIFIED",    "TASK_STATE_SUBMITTED", "TASK_STATE_WORKING",
    "TASK_STATE_COMPLETED",      "TASK_STATE_FAILED",    "TASK_STATE_CANCELED",
    "TASK_STATE_INPUT_REQUIRED", "TASK_STATE_REJECTED",  "TASK_STATE_AUTH_REQUIRED"};
constexpr std::array<std::string_view, 3> kRoles{"ROLE_UNSPECIFIED", "ROLE_USER", "ROLE_AGENT"};

Result<> check_id(const std::string& id, const std::string& at, std::string_view name) {
  if (id.empty()) return fail(invalid(at + std::string(name), "must not be empty"));
  if (id.size() > kMaxIdBytes)
    return fail(invalid(at + std::string(name), "must not be longer than 256 bytes"));
  return ok();
}

Result<> check_id(const std::optional<std::string>& id, const std::string& at,
                  std::string_view name) {
  if (!id) return ok();
  return check_id(*id, at, name);
}

Result<> check_count(std::size_t count, std::size_t limit, const std::string& at,
                     std::string_view name) {
  if (count <= limit) return ok();
  return fail(invalid(at + std::string(name),
                      "must not have more than " + std::to_string(limit) + " elements"));
}

Result<> check_parts(const std::vector<Part>& parts, const std::string& at) {
  if (parts.empty()) return fail(invalid(at, "must have at least one part"));
  TRY_VOID(check_count(parts.size(), kMaxParts, at, ""));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const int contents = int{part.text.has_value()} + int{part.raw.has_value()} +
                         int{part.url.has_value()} + int{part.data.has_value()};
    if (contents != 1)
      return fail(invalid(at + "/" + std::to_string(i),
                          "must have exactly one of text, raw, url and data"));
  }
  return ok();
}

}  // namespace

std::string_view wire_name(TaskState state) {
  const auto index = static_cast<std::size_t>(state);
  return index < kStates.size() ? kStates[index] : std::string_view();
}

std::string_view wire_name(MessageRole role) {
  const auto index = static_cast<std::size_t>(role);
  return index < kRoles.size() ? kRoles[index] : std::string_view();
}

bool is_terminal(TaskState state) {
  return state == TaskState::completed || state == TaskState::failed ||
         state == TaskState::canceled || state == TaskState::rejected;
}

bool is_interrupted(TaskState state) {
  return state == TaskState::input_required || state == TaskState::auth_required;
}

Result<> validate(const Message& message, const std::string& at) {
  TRY_VOID(check_id(message.messageId, at, "/messageId"));
  TRY_VOID(check_id(message.contextId, at, "/contextId"));
  TRY_VOID(check_id(message.taskId, at, "/taskId"));
  if (message.role == MessageRole::unspecified)
    return fail(invalid(at + "/role", "must be ROLE_USER or ROLE_AGENT"));
  TRY_VOID(check_count(message.extensions.size(), kMaxExtensions, at, "/extensions"));
  TRY_VOID(
      check_count(message.referenceTaskIds.size(), kMaxReferenceTasks, at, "/referenceTaskIds"));
  return check_parts(message.parts, at + "/parts");
}

std::string text_of(const std::vector<Part>& parts) {
  std::string text;
  bool first = true;
  for (const Part& part : parts) {
    if (!part.text) continue;
    if (!first) text += '\n';
    text += *part.text;
    first = false;
  }
  return text;
}

Part text_part(std::string text) {
  Part part;
  part.text = std::move(text);
  return part;
}

}  // namespace flotilla::a2a
