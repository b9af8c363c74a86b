#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace flotilla::agents {

inline constexpr std::size_t kMaxMemoryKeyBytes = 256;
inline constexpr std::size_t kMaxMemoryValueBytes = 64 * 1024;

struct StoreMemory {
  std::string key;
  std::string value;  // byte for byte as written, without the white space around it
};
struct RecallMemory {
  std::string key;
};
struct SearchMemory {
  std::string query;
};
struct ListMemory {};
struct ForgetMemory {
  std::string key;
};
struct MemoryHelp {};

using MemoryCommand =
    std::variant<StoreMemory, RecallMemory, SearchMemory, ListMemory, ForgetMemory, MemoryHelp>;

/// What the memory agent is asked to do. The first word is the verb, in any case:
///
///   store X as K, remember K = V, store K: V (also save, set)    recall K (also retrieve, get)
///   search Q (also find)    list    forget K (also delete, remove)    help
///
/// `store` reads, in this order: a plain word before ": " or " = "; the last " as " with
/// one word after it; any key before ": ", " = ", ':' or '='; the last " as ". So
/// "store http://host/ as link", "store note: meet as planned" and "store a=b as c" mean what they
/// say. Keys are one line of at most 256 bytes, values at most 64 KiB. Errors are invalid_argument
/// and show the forms.
Result<MemoryCommand> parse_memory_command(std::string_view text);

/// The forms, one a line.
std::string_view memory_help();

}  // namespace flotilla::agents
