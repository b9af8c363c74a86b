#include "core/event.h"

#include <array>

namespace flotilla::core {

namespace {
constexpr std::array<std::string_view, 7> kNames{"message",  "status", "artifact", "step",
                                                 "approval", "output", "note"};
}

std::string_view to_string(EventKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> parse_event_kind(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<EventKind>(i);
  return std::nullopt;
}

}  // namespace flotilla::core
