#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "a2a/types.h"
#include "base/time.h"

/// What the kits ask for, as data: one row for each name, no I/O.
namespace flotilla::agents::conformance {

/// Where a name is looked for: the messageId of the turn's message, or the text of the task's first
/// message.
enum class Trigger : std::uint8_t { id, text, both };

enum class Kind : std::uint8_t {
  task,          // working (if `shown`), wait, artifact, final state
  message,       // a bare Message
  until_cancel,  // works until it is cancelled
  multi_turn,    // asks until a message begins with `done`
  client_parse,  // feeds a canned answer to our own client
};

enum class Content : std::uint8_t { none, text, chunks, file, file_url, data };

struct Behaviour {
  std::string_view name;
  Trigger trigger = Trigger::both;
  Kind kind = Kind::task;
  a2a::TaskState end = a2a::TaskState::completed;
  /// Text of the status message, or of the bare Message; empty: none.
  std::string_view note = {};
  Content content = Content::none;
  std::string_view text = {};  // of the artifact; chunks end at each '|'
  bool shown = false;          // the state working is an event of its own
  std::chrono::milliseconds wait{0};
};

/// The row with the longest name that begins `message_id`, else that of the 0.3 kit if the id is
/// one of its ids; null without one.
const Behaviour* find_by_id(std::string_view message_id);

struct ByText {
  const Behaviour* behaviour = nullptr;
  /// The text names a behaviour (`tck-…`) that does not exist.
  bool unknown = false;
};
/// The row whose name is the text's first word.
ByText find_by_text(std::string_view text);

}  // namespace flotilla::agents::conformance
