#include "a2a/binding.h"

#include "http/message.h"

namespace flotilla::a2a {

std::string_view wire_name(Binding binding) {
  return binding == Binding::jsonrpc ? "JSONRPC" : "HTTP+JSON";
}

std::optional<Binding> parse_binding(std::string_view name) {
  for (const Binding binding : {Binding::jsonrpc, Binding::rest})
    if (http::iequals(name, wire_name(binding))) return binding;
  return std::nullopt;
}

}  // namespace flotilla::a2a
