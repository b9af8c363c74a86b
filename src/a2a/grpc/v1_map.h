#pragma once

#include "a2a/card.h"
#include "a2a/grpc/proto/a2a_v1.pb.h"
#include "a2a/handler.h"
#include "a2a/types.h"
#include "base/result.h"
#include "json/json.h"

/// Messages of `lf.a2a.v1` to the model and back. What is read has passed the checks that the other
/// bindings' readers make (a2a/requests.h); faults are invalid_argument with the JSON pointer of
/// the field. Strings are moved out of the messages read.
namespace flotilla::a2a::rpc {

namespace v1 = ::lf::a2a::v1;

/// 1.0 methods that name an agent by tenant leave it in the request.
Result<SendMessageRequest> read(v1::SendMessageRequest& in, const json::ParseLimits& limits);
Result<GetTaskRequest> read(v1::GetTaskRequest& in, const json::ParseLimits& limits);
Result<ListTasksRequest> read(v1::ListTasksRequest& in, const json::ParseLimits& limits);
Result<CancelTaskRequest> read(v1::CancelTaskRequest& in, const json::ParseLimits& limits);
Result<SubscribeToTaskRequest> read(v1::SubscribeToTaskRequest& in,
                                    const json::ParseLimits& limits);

Result<TaskPushNotificationConfig> read(v1::TaskPushNotificationConfig& in,
                                        const json::ParseLimits& limits);
Result<TaskPushNotificationConfigRequest> read(v1::GetTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits& limits);
Result<TaskPushNotificationConfigRequest> read(v1::DeleteTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits& limits);
Result<ListTaskPushNotificationConfigsRequest> read(v1::ListTaskPushNotificationConfigsRequest& in,
                                                    const json::ParseLimits& limits);

void write(TaskPushNotificationConfig in, v1::TaskPushNotificationConfig& out);
void write(ListTaskPushNotificationConfigsResponse in,
           v1::ListTaskPushNotificationConfigsResponse& out);
void write(Message in, v1::Message& out);
void write(Artifact in, v1::Artifact& out);
void write(Task in, v1::Task& out);
void write(TaskStatusUpdateEvent in, v1::TaskStatusUpdateEvent& out);
void write(TaskArtifactUpdateEvent in, v1::TaskArtifactUpdateEvent& out);
void write(ListTasksResponse in, v1::ListTasksResponse& out);

}  // namespace flotilla::a2a::rpc
