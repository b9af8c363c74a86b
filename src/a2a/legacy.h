#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "a2a/handler.h"
#include "a2a/v03.h"
#include "base/result.h"

namespace flotilla::a2a {

/// The 0.3 texts of one event, each made once for all the streams of all threads that show it.
struct StreamItem::Legacy {
  struct Cell {
    std::once_flag once;
    std::shared_ptr<const std::string> text;  // null: the event's JSON could not be read
  };
  std::array<Cell, 2> cells;  // by v03::Form
};

/// 1.0 JSON text of an item into the 0.3 text of the same. Fails (internal) only on text that is
/// not of the model.
Result<std::string> to_v03_text(ItemKind kind, std::string_view json, v03::Form form);

/// The item's 0.3 text: from its cell, or made anew when it has none. Null when untranslatable.
std::shared_ptr<const std::string> legacy_text(const StreamItem& item, v03::Form form);

}  // namespace flotilla::a2a
