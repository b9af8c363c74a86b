#pragma once

#include "a2a/grpc/proto/a2a_v03.pb.h"
#include "a2a/handler.h"
#include "a2a/types.h"
#include "a2a/v03.h"
#include "base/result.h"
#include "json/json.h"

/// Messages of `a2a.v1`, which is version 0.3, to the model and back. What the version means is
/// decided in a2a/v03.h; here its structs (form rest) and the protobuf messages are matched. Tasks
/// are named `tasks/ID`.
namespace flotilla::a2a::rpc {

namespace v03pb = ::a2a::v1;

Result<SendMessageRequest> read(v03pb::SendMessageRequest& in, const json::ParseLimits& limits);
/// historyLength 0 is no limit.
Result<GetTaskRequest> read(v03pb::GetTaskRequest& in, const json::ParseLimits& limits);
Result<CancelTaskRequest> read(v03pb::CancelTaskRequest& in, const json::ParseLimits& limits);
Result<SubscribeToTaskRequest> read(v03pb::TaskSubscriptionRequest& in,
                                    const json::ParseLimits& limits);

Result<TaskPushNotificationConfig> read(v03pb::CreateTaskPushNotificationConfigRequest& in,
                                        const json::ParseLimits& limits);
/// `tasks/ID/pushNotificationConfigs/ID`.
Result<TaskPushNotificationConfigRequest> read(v03pb::GetTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits& limits);
Result<TaskPushNotificationConfigRequest> read(v03pb::DeleteTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits& limits);
Result<ListTaskPushNotificationConfigsRequest> read(
    v03pb::ListTaskPushNotificationConfigRequest& in, const json::ParseLimits& limits);

void write(TaskPushNotificationConfig in, v03pb::TaskPushNotificationConfig& out);
void write(ListTaskPushNotificationConfigsResponse in,
           v03pb::ListTaskPushNotificationConfigResponse& out);
void write(Message in, v03pb::Message& out);
void write(Task in, v03pb::Task& out);
void write(TaskStatusUpdateEvent in, v03pb::TaskStatusUpdateEvent& out);
void write(TaskArtifactUpdateEvent in, v03pb::TaskArtifactUpdateEvent& out);

}  // namespace flotilla::a2a::rpc
