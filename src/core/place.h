#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "core/event.h"

namespace flotilla::core {

/// Where a page of tasks ended: status time and id of its last one. Clients carry it as an opaque
/// text.
std::string encode_place(const std::pair<Time, TaskId>& place);
/// nullopt when it is no text of ours.
std::optional<std::pair<Time, TaskId>> decode_place(std::string_view cursor);

}  // namespace flotilla::core
