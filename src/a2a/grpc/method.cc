#include "a2a/grpc/method.h"

#include <algorithm>
#include <array>

namespace flotilla::a2a::rpc {
namespace {

constexpr std::array<Method, 21> kMethods{{
    {"/a2a.v1.A2AService/CancelTask", Version::v0_3, Operation::cancel_task},
    {"/a2a.v1.A2AService/CreateTaskPushNotificationConfig", Version::v0_3,
     Operation::create_push_config},
    {"/a2a.v1.A2AService/DeleteTaskPushNotificationConfig", Version::v0_3,
     Operation::delete_push_config},
    {"/a2a.v1.A2AService/GetAgentCard", Version::v0_3, Operation::get_extended_card},
    {"/a2a.v1.A2AService/GetTask", Version::v0_3, Operation::get_task},
    {"/a2a.v1.A2AService/GetTaskPushNotificationConfig", Version::v0_3, Operation::get_push_config},
    {"/a2a.v1.A2AService/ListTaskPushNotificationConfig", Version::v0_3,
     Operation::list_push_configs},
    {"/a2a.v1.A2AService/SendMessage", Version::v0_3, Operation::send_message},
    {"/a2a.v1.A2AService/SendStreamingMessage", Version::v0_3, Operation::send_streaming_message},
    {"/a2a.v1.A2AService/TaskSubscription", Version::v0_3, Operation::subscribe_to_task},
    {"/lf.a2a.v1.A2AService/CancelTask", Version::v1_0, Operation::cancel_task},
    {"/lf.a2a.v1.A2AService/CreateTaskPushNotificationConfig", Version::v1_0,
     Operation::create_push_config},
    {"/lf.a2a.v1.A2AService/DeleteTaskPushNotificationConfig", Version::v1_0,
     Operation::delete_push_config},
    {"/lf.a2a.v1.A2AService/GetExtendedAgentCard", Version::v1_0, Operation::get_extended_card},
    {"/lf.a2a.v1.A2AService/GetTask", Version::v1_0, Operation::get_task},
    {"/lf.a2a.v1.A2AService/GetTaskPushNotificationConfig", Version::v1_0,
     Operation::get_push_config},
    {"/lf.a2a.v1.A2AService/ListTaskPushNotificationConfigs", Version::v1_0,
     Operation::list_push_configs},
    {"/lf.a2a.v1.A2AService/ListTasks", Version::v1_0, Operation::list_tasks},
    {"/lf.a2a.v1.A2AService/SendMessage", Version::v1_0, Operation::send_message},
    {"/lf.a2a.v1.A2AService/SendStreamingMessage", Version::v1_0,
     Operation::send_streaming_message},
    {"/lf.a2a.v1.A2AService/SubscribeToTask", Version::v1_0, Operation::subscribe_to_task},
}};
static_assert(std::ranges::is_sorted(kMethods, {}, &Method::path));

}  // namespace

const Method* find_method(std::string_view path) {
  const auto found = std::ranges::lower_bound(kMethods, path, {}, &Method::path);
  return found != kMethods.end() && found->path == path ? &*found : nullptr;
}

}  // namespace flotilla::a2a::rpc
