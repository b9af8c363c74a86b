#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "a2a/version.h"

namespace flotilla::a2a {

/// The eleven operations (specification 1.0 section 3.1).
enum class Operation : std::uint8_t {
  send_message,
  send_streaming_message,
  get_task,
  list_tasks,
  cancel_task,
  subscribe_to_task,
  create_push_config,
  get_push_config,
  list_push_configs,
  delete_push_config,
  get_extended_card,
};

/// The JSON-RPC method of this version; nullopt when it has no such method.
std::optional<Operation> find_operation(Version version, std::string_view method);
/// METHOD_NOT_FOUND or the operation. Says so when the method belongs to the other version.
Result<Operation> operation_of(Version version, std::string_view method);

/// The push notification operations.
constexpr bool is_push_config(Operation operation) {
  return operation >= Operation::create_push_config && operation <= Operation::delete_push_config;
}

}  // namespace flotilla::a2a
