#pragma once

#include <cstdint>

namespace flotilla::a2a {

/// The two HTTP bindings: JSON-RPC 2.0 on one URL, and HTTP+JSON below it.
enum class Binding : std::uint8_t { jsonrpc, rest };

}  // namespace flotilla::a2a
