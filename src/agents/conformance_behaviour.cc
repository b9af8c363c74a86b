#include "agents/conformance_behaviour.h"

#include <array>

namespace flotilla::agents::conformance {

namespace {

using a2a::TaskState;
using std::chrono::milliseconds;

// The TCK's streaming timeout is 2 s: a delayed task takes one, a resubscribed one two of them.
constexpr milliseconds kStreamingTimeout{2000};
constexpr milliseconds kLongRunning{1000};
constexpr std::string_view kHello = "Hello from TCK";
constexpr std::string_view kInput = "More input is needed.";
constexpr std::string_view kAuthorize = "An authorization is needed: send a message to go on.";

constexpr auto kBehaviours = std::to_array<Behaviour>({
    {.name = "tck-complete-task", .note = kHello},
    {.name = "tck-delayed-complete",
     .trigger = Trigger::id,
     .note = "Done after delay",
     .shown = true,
     .wait = kStreamingTimeout},
    {.name = "tck-artifact-text", .content = Content::text, .text = "Generated text content"},
    {.name = "tck-artifact-file", .content = Content::file},
    {.name = "tck-artifact-file-url", .content = Content::file_url},
    {.name = "tck-artifact-data", .content = Content::data},
    {.name = "tck-message-response", .kind = Kind::message, .note = "Direct message response"},
    {.name = "tck-input-required", .end = TaskState::input_required, .note = kInput},
    {.name = "tck-auth-required", .end = TaskState::auth_required, .note = kAuthorize},
    {.name = "tck-reject-task", .end = TaskState::rejected, .note = "rejected"},
    {.name = "tck-stream-001",
     .trigger = Trigger::id,
     .content = Content::text,
     .text = "Stream hello from TCK",
     .shown = true},
    {.name = "tck-stream-002", .trigger = Trigger::id},
    {.name = "tck-stream-003",
     .trigger = Trigger::id,
     .content = Content::text,
     .text = "Stream task lifecycle",
     .shown = true},
    {.name = "tck-stream-ordering-001",
     .trigger = Trigger::id,
     .content = Content::text,
     .text = "Ordered output",
     .shown = true},
    {.name = "tck-stream-artifact-text",
     .trigger = Trigger::id,
     .content = Content::text,
     .text = "Streamed text content",
     .shown = true},
    {.name = "tck-stream-artifact-file",
     .trigger = Trigger::id,
     .content = Content::file,
     .shown = true},
    {.name = "tck-stream-artifact-chunked",
     .trigger = Trigger::id,
     .content = Content::chunks,
     .text = "chunk-1 |chunk-2",
     .shown = true},
    {.name = "test-resubscribe-message-id",
     .trigger = Trigger::id,
     .shown = true,
     .wait = 2 * kStreamingTimeout},
    {.name = "tck-long-running",
     .trigger = Trigger::text,
     .content = Content::text,
     .text = "Done after a while",
     .shown = true,
     .wait = kLongRunning},
    {.name = "tck-multi-turn", .trigger = Trigger::text, .kind = Kind::multi_turn},
    {.name = "tck-stream-basic",
     .trigger = Trigger::text,
     .content = Content::text,
     .text = "Streamed content",
     .shown = true},
    {.name = "tck-stream-chunked",
     .trigger = Trigger::text,
     .content = Content::chunks,
     .text = "chunk-1 |chunk-2 |chunk-3",
     .shown = true},
    {.name = "tck-cancel", .trigger = Trigger::text, .kind = Kind::until_cancel},
    {.name = "tck-task-failure",
     .trigger = Trigger::text,
     .end = TaskState::failed,
     .note = "The task failed, as it was asked to."},
    {.name = "tck-client-parse", .trigger = Trigger::text, .kind = Kind::client_parse},
});

/// The 0.3 line of the TCK has ids like `cancel-test-message-id-…`, and expects of the task that it
/// can be continued and cancelled after a blocking send.
constexpr Behaviour kOldKit{.name = "(TCK 0.3)",
                            .trigger = Trigger::id,
                            .end = TaskState::input_required,
                            .note = kInput,
                            .content = Content::text,
                            .text = "Hello from TCK"};

bool is_of_old_kit(std::string_view message_id) {
  return message_id.find("-message-id-") != std::string_view::npos ||
         message_id.starts_with("test-history-message-");
}

constexpr bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

const Behaviour* find_by_id(std::string_view message_id) {
  const Behaviour* best = nullptr;
  for (const Behaviour& row : kBehaviours) {
    if (row.trigger == Trigger::text || !message_id.starts_with(row.name)) continue;
    if (best == nullptr || row.name.size() > best->name.size()) best = &row;
  }
  if (best == nullptr && is_of_old_kit(message_id)) return &kOldKit;
  return best;
}

ByText find_by_text(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name_char(text[length])) ++length;
  const std::string_view name = text.substr(0, length);
  if (!name.starts_with("tck-")) return {};
  for (const Behaviour& row : kBehaviours)
    if (row.trigger != Trigger::id && row.name == name) return {&row, false};
  return {nullptr, true};
}

}  // namespace flotilla::agents::conformance
