#include "a2a/grpc/operations.h"

#include <google/protobuf/empty.pb.h>

#include <utility>

#include "a2a/extensions.h"
#include "a2a/grpc/codec.h"
#include "a2a/grpc/v03_map.h"
#include "a2a/grpc/v1_map.h"
#include "json/map.h"

namespace flotilla::a2a::rpc {
namespace {

/// Bytes into the model by way of the service's message.
template <class Message1, class Message03>
auto read_request(const Incoming& incoming, ::grpc::ByteBuffer& bytes,
                  const json::ParseLimits& limits)
    -> decltype(read(std::declval<Message1&>(), limits)) {
  if (incoming.method->version == Version::v1_0) {
    TRY(message, decode<Message1>(bytes));
    return read(message, limits);
  }
  TRY(message, decode<Message03>(bytes));
  return read(message, limits);
}

Async<Result<::grpc::ByteBuffer>> refuse(Error error) {
  co_return fail(std::move(error));
}

/// What the handler answers is JSON text of the model.
template <class T>
Result<T> parse(std::string_view text) {
  auto model = json::from_text<T>(text);
  if (model) return std::move(*model);
  return fail(Error(Code::internal, "stored item is not of the model: " + model.error().message()));
}

/// The model as the version's message of it.
template <class Message1, class Message03, class Model>
Result<::grpc::ByteBuffer> encode_as(const Incoming& incoming, Model model) {
  if (incoming.method->version == Version::v1_0) {
    Message1 out;
    write(std::move(model), out);
    return encode(out);
  }
  Message03 out;
  write(std::move(model), out);
  return encode(out);
}

Result<::grpc::ByteBuffer> encode_task(const Incoming& incoming, std::string_view text) {
  TRY(task, parse<Task>(text));
  return encode_as<v1::Task, v03pb::Task>(incoming, std::move(task));
}

void write_payload(Task in, v1::StreamResponse& out) {
  write(std::move(in), *out.mutable_task());
}
void write_payload(Message in, v1::StreamResponse& out) {
  write(std::move(in), *out.mutable_message());
}
void write_payload(TaskStatusUpdateEvent in, v1::StreamResponse& out) {
  write(std::move(in), *out.mutable_status_update());
}
void write_payload(TaskArtifactUpdateEvent in, v1::StreamResponse& out) {
  write(std::move(in), *out.mutable_artifact_update());
}
void write_payload(Task in, v03pb::StreamResponse& out) {
  write(std::move(in), *out.mutable_task());
}
void write_payload(Message in, v03pb::StreamResponse& out) {
  write(std::move(in), *out.mutable_msg());
}
void write_payload(TaskStatusUpdateEvent in, v03pb::StreamResponse& out) {
  write(std::move(in), *out.mutable_status_update());
}
void write_payload(TaskArtifactUpdateEvent in, v03pb::StreamResponse& out) {
  write(std::move(in), *out.mutable_artifact_update());
}

template <class Model>
Result<::grpc::ByteBuffer> encode_item(const Incoming& incoming, const StreamItem& item) {
  TRY(model, parse<Model>(*item.json));
  if (incoming.cursors && item.cursor != 0) {
    auto place = cursor_place(item.cursor, item.generation);
    model.metadata.set(std::string(kCursorExtension), json::Value(std::move(place)));
  }
  if (incoming.method->version == Version::v1_0) {
    v1::StreamResponse out;
    write_payload(std::move(model), out);
    return encode(out);
  }
  v03pb::StreamResponse out;
  write_payload(std::move(model), out);
  return encode(out);
}

/// The outcome of a send has the first two members of a stream's item, in both versions.
Result<::grpc::ByteBuffer> encode_outcome(const Incoming& incoming, SendOutcome outcome) {
  StreamItem item;
  item.kind = outcome.kind;
  item.json = std::make_shared<const std::string>(std::move(outcome.json));
  return Operations::item(incoming, item);
}

}  // namespace

Result<::grpc::ByteBuffer> Operations::item(const Incoming& incoming, const StreamItem& item) {
  if (!item.json) return fail(Error(Code::internal, "stream item has no text"));
  switch (item.kind) {
    case ItemKind::task:
      return encode_item<Task>(incoming, item);
    case ItemKind::message:
      return encode_item<Message>(incoming, item);
    case ItemKind::status_update:
      return encode_item<TaskStatusUpdateEvent>(incoming, item);
    case ItemKind::artifact_update:
      return encode_item<TaskArtifactUpdateEvent>(incoming, item);
  }
  return fail(Error(Code::internal, "unknown kind of stream item"));
}

Result<AgentRef> Operations::address(Incoming& incoming, std::optional<std::string>& tenant) const {
  AgentRef out = config_.front_desk;
  if (tenant) {
    const auto slash = tenant->find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == tenant->size())
      return fail(Error(Code::not_found,
                        "no such agent: 'tenant' must be NAMESPACE/NAME of an agent, or left out "
                        "for the front desk"));
    out = {tenant->substr(0, slash), tenant->substr(slash + 1)};
    tenant.reset();
  }
  TRY(requested, requested_extensions(incoming.http));
  const auto known = handler_.extensions(out);
  TRY_VOID(check_required(known, requested));
  incoming.extensions = activated_extensions(known, requested);
  incoming.cursors = is_active(incoming.extensions, kCursorExtension);
  return out;
}

Result<AgentRef> Operations::address(Incoming& incoming, SendMessageRequest& request) const {
  TRY(who, address(incoming, request.tenant));
  const auto& configuration = request.configuration;
  if (configuration && configuration->taskPushNotificationConfig && !config_.push_notifications)
    return fail(push_notifications_not_supported());
  auto& kept = request.message.extensions;
  for (const auto& uri : incoming.extensions)
    if (!is_active(kept, uri)) kept.push_back(uri);
  return who;
}

Async<Result<::grpc::ByteBuffer>> Operations::send(Incoming& incoming,
                                                   ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::SendMessageRequest, v03pb::SendMessageRequest>(incoming, request,
                                                                                config_.limits)));
  CO_TRY(who, address(incoming, read));
  auto outcome =
      co_await handler_.send_message(incoming.http.context, std::move(who), std::move(read));
  if (!outcome) co_return fail(std::move(outcome.error()));
  co_return encode_outcome(incoming, std::move(*outcome));
}

Async<Result<::grpc::ByteBuffer>> Operations::get(Incoming& incoming,
                                                  ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::GetTaskRequest, v03pb::GetTaskRequest>(incoming, request,
                                                                        config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto task = co_await handler_.get_task(incoming.http.context, std::move(who), std::move(read));
  if (!task) co_return fail(std::move(task.error()));
  co_return encode_task(incoming, *task);
}

Async<Result<::grpc::ByteBuffer>> Operations::list(Incoming& incoming,
                                                   ::grpc::ByteBuffer& request) const {
  CO_TRY(message, decode<v1::ListTasksRequest>(request));
  CO_TRY(read, rpc::read(message, config_.limits));
  CO_TRY(who, address(incoming, read.tenant));
  auto page = co_await handler_.list_tasks(incoming.http.context, std::move(who), std::move(read));
  if (!page) co_return fail(std::move(page.error()));
  v1::ListTasksResponse out;
  write(std::move(*page), out);
  co_return encode(out);
}

Async<Result<::grpc::ByteBuffer>> Operations::cancel(Incoming& incoming,
                                                     ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::CancelTaskRequest, v03pb::CancelTaskRequest>(incoming, request,
                                                                              config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto task = co_await handler_.cancel_task(incoming.http.context, std::move(who), std::move(read));
  if (!task) co_return fail(std::move(task.error()));
  co_return encode_task(incoming, *task);
}

Async<Result<::grpc::ByteBuffer>> Operations::create_push(Incoming& incoming,
                                                          ::grpc::ByteBuffer& request) const {
  CO_TRY(
      read,
      (read_request<v1::TaskPushNotificationConfig, v03pb::CreateTaskPushNotificationConfigRequest>(
          incoming, request, config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto made =
      co_await handler_.create_push_config(incoming.http.context, std::move(who), std::move(read));
  if (!made) co_return fail(std::move(made.error()));
  co_return encode_as<v1::TaskPushNotificationConfig, v03pb::TaskPushNotificationConfig>(
      incoming, std::move(*made));
}

Async<Result<::grpc::ByteBuffer>> Operations::get_push(Incoming& incoming,
                                                       ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::GetTaskPushNotificationConfigRequest,
                             v03pb::GetTaskPushNotificationConfigRequest>(incoming, request,
                                                                          config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto found =
      co_await handler_.get_push_config(incoming.http.context, std::move(who), std::move(read));
  if (!found) co_return fail(std::move(found.error()));
  co_return encode_as<v1::TaskPushNotificationConfig, v03pb::TaskPushNotificationConfig>(
      incoming, std::move(*found));
}

Async<Result<::grpc::ByteBuffer>> Operations::list_push(Incoming& incoming,
                                                        ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::ListTaskPushNotificationConfigsRequest,
                             v03pb::ListTaskPushNotificationConfigRequest>(incoming, request,
                                                                           config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto page =
      co_await handler_.list_push_configs(incoming.http.context, std::move(who), std::move(read));
  if (!page) co_return fail(std::move(page.error()));
  co_return encode_as<v1::ListTaskPushNotificationConfigsResponse,
                      v03pb::ListTaskPushNotificationConfigResponse>(incoming, std::move(*page));
}

Async<Result<::grpc::ByteBuffer>> Operations::delete_push(Incoming& incoming,
                                                          ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::DeleteTaskPushNotificationConfigRequest,
                             v03pb::DeleteTaskPushNotificationConfigRequest>(incoming, request,
                                                                             config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto done =
      co_await handler_.delete_push_config(incoming.http.context, std::move(who), std::move(read));
  if (!done) co_return fail(std::move(done.error()));
  co_return encode(google::protobuf::Empty());
}

Async<Result<::grpc::ByteBuffer>> Operations::answer(Incoming& incoming,
                                                     ::grpc::ByteBuffer& request) const {
  switch (incoming.method->operation) {
    case Operation::send_message:
      return send(incoming, request);
    case Operation::get_task:
      return get(incoming, request);
    case Operation::list_tasks:
      return list(incoming, request);
    case Operation::cancel_task:
      return cancel(incoming, request);
    case Operation::get_extended_card:
      return extended_card(incoming, request);
    default:
      break;
  }
  if (!config_.push_notifications) return refuse(push_notifications_not_supported());
  switch (incoming.method->operation) {
    case Operation::create_push_config:
      return create_push(incoming, request);
    case Operation::get_push_config:
      return get_push(incoming, request);
    case Operation::list_push_configs:
      return list_push(incoming, request);
    default:
      return delete_push(incoming, request);
  }
}

Async<Result<std::unique_ptr<ItemStream>>> Operations::open(Incoming& incoming,
                                                            ::grpc::ByteBuffer& request) const {
  if (incoming.method->operation == Operation::send_streaming_message) {
    CO_TRY(read, (read_request<v1::SendMessageRequest, v03pb::SendMessageRequest>(incoming, request,
                                                                                  config_.limits)));
    CO_TRY(who, address(incoming, read));
    co_return co_await handler_.send_streaming_message(incoming.http.context, std::move(who),
                                                       std::move(read));
  }
  CO_TRY(read, (read_request<v1::SubscribeToTaskRequest, v03pb::TaskSubscriptionRequest>(
                   incoming, request, config_.limits)));
  CO_TRY(who, address(incoming, read.tenant));
  auto after = incoming.after;
  co_return co_await handler_.subscribe_to_task(incoming.http.context, std::move(who),
                                                std::move(read), std::move(after));
}

}  // namespace flotilla::a2a::rpc
