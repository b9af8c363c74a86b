#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/outbox.h"

namespace flotilla::core {

/// A webhook that has a worker.
struct Outbox::Active {
  PushKey key;
  std::string peer;
  bool failing = false;
  bool again = false;    // its task has more since it looked
  bool changed = false;  // its row was written or deleted
};

/// Events after a webhook's place.
struct Outbox::Page {
  struct Entry {
    std::uint64_t seq = 0;
    EventKind kind = EventKind::status;
    bool terminal = false;
    std::optional<std::string> text;  // absent: large, read it alone
  };
  std::vector<Entry> entries;
  bool hidden = false;  // the task was answered with a bare message
};

}  // namespace flotilla::core
