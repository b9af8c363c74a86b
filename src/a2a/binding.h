#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flotilla::a2a {

/// The two HTTP bindings: JSON-RPC 2.0 on one URL, and HTTP+JSON below it.
enum class Binding : std::uint8_t { jsonrpc, rest };
/// `JSONRPC`, `HTTP+JSON`, as cards name them.
std::string_view wire_name(Binding binding);
/// The same, in any case; nullopt for other bindings.
std::optional<Binding> parse_binding(std::string_view name);

}  // namespace flotilla::a2a
