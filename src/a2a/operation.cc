#include "a2a/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace flotilla::a2a {
namespace {

struct Method {
  std::string_view name;
  Operation operation;
};

constexpr std::array<Method, 11> kMethods{{
    {"CancelTask", Operation::cancel_task},
    {"CreateTaskPushNotificationConfig", Operation::create_push_config},
    {"DeleteTaskPushNotificationConfig", Operation::delete_push_config},
    {"GetExtendedAgentCard", Operation::get_extended_card},
    {"GetTask", Operation::get_task},
    {"GetTaskPushNotificationConfig", Operation::get_push_config},
    {"ListTaskPushNotificationConfigs", Operation::list_push_configs},
    {"ListTasks", Operation::list_tasks},
    {"SendMessage", Operation::send_message},
    {"SendStreamingMessage", Operation::send_streaming_message},
    {"SubscribeToTask", Operation::subscribe_to_task},
}};
constexpr std::array<Method, 10> kOldMethods{{
    {"agent/getAuthenticatedExtendedCard", Operation::get_extended_card},
    {"message/send", Operation::send_message},
    {"message/stream", Operation::send_streaming_message},
    {"tasks/cancel", Operation::cancel_task},
    {"tasks/get", Operation::get_task},
    {"tasks/pushNotificationConfig/delete", Operation::delete_push_config},
    {"tasks/pushNotificationConfig/get", Operation::get_push_config},
    {"tasks/pushNotificationConfig/list", Operation::list_push_configs},
    {"tasks/pushNotificationConfig/set", Operation::create_push_config},
    {"tasks/resubscribe", Operation::subscribe_to_task},
}};
static_assert(std::ranges::is_sorted(kMethods, {}, &Method::name));
static_assert(std::ranges::is_sorted(kOldMethods, {}, &Method::name));

std::string remedy(Version version, std::string_view method) {
  if (version == Version::v0_3 && find_operation(Version::v1_0, method))
    return "it belongs to A2A 1.0: send the header 'A2A-Version: 1.0'";
  if (version == Version::v1_0 && find_operation(Version::v0_3, method))
    return "it belongs to A2A 0.3: leave out the header 'A2A-Version' or send 0.3";
  return fmt::format("A2A {} has no such method", wire_name(version));
}

}  // namespace

std::optional<Operation> find_operation(Version version, std::string_view method) {
  const std::span<const Method> methods =
      version == Version::v1_0 ? std::span<const Method>(kMethods) : kOldMethods;
  const auto found = std::ranges::lower_bound(methods, method, {}, &Method::name);
  if (found == methods.end() || found->name != method) return std::nullopt;
  return found->operation;
}

Result<Operation> operation_of(Version version, std::string_view method) {
  if (const auto found = find_operation(version, method)) return *found;
  return fail(
      Error(Code::unimplemented, reason::kMethodNotFound,
            fmt::format("unknown method '{}': {}", method.substr(0, 64), remedy(version, method))));
}

}  // namespace flotilla::a2a
