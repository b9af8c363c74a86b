#include "a2a/grpc/operations.h"

#include <utility>

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

Async<Result<::grpc::ByteBuffer>> refuse(const Incoming& incoming) {
  if (incoming.method->operation == Operation::get_extended_card)
    co_return fail(extended_card_not_supported());
  co_return fail(push_notifications_not_supported());
}

/// What the handler answers is JSON text of the model.
template <class T>
Result<T> parse(std::string_view text) {
  auto model = json::from_text<T>(text);
  if (model) return std::move(*model);
  return fail(Error(Code::internal, "stored item is not of the model: " + model.error().message()));
}

template <class Out>
Result<::grpc::ByteBuffer> encode_task(std::string_view text) {
  TRY(task, parse<Task>(text));
  Out out;
  write(std::move(task), out);
  return encode(out);
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
    json::Object cursor;
    cursor.append("cursor", json::Value(std::to_string(item.cursor)));
    model.metadata.set(std::string(kCursorExtension), json::Value(std::move(cursor)));
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

Result<AgentRef> Operations::agent(std::optional<std::string>& tenant) const {
  if (!tenant) return config_.front_desk;
  const auto slash = tenant->find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == tenant->size())
    return fail(Error(Code::not_found,
                      "no such agent: 'tenant' must be NAMESPACE/NAME of an agent, or left out for "
                      "the front desk"));
  AgentRef out{tenant->substr(0, slash), tenant->substr(slash + 1)};
  tenant.reset();
  return out;
}

Async<Result<::grpc::ByteBuffer>> Operations::send(const Incoming& incoming,
                                                   ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::SendMessageRequest, v03pb::SendMessageRequest>(incoming, request,
                                                                                config_.limits)));
  CO_TRY(who, agent(read.tenant));
  auto outcome =
      co_await handler_.send_message(incoming.http.context, std::move(who), std::move(read));
  if (!outcome) co_return fail(std::move(outcome.error()));
  co_return encode_outcome(incoming, std::move(*outcome));
}

Async<Result<::grpc::ByteBuffer>> Operations::get(const Incoming& incoming,
                                                  ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::GetTaskRequest, v03pb::GetTaskRequest>(incoming, request,
                                                                        config_.limits)));
  CO_TRY(who, agent(read.tenant));
  auto task = co_await handler_.get_task(incoming.http.context, std::move(who), std::move(read));
  if (!task) co_return fail(std::move(task.error()));
  if (incoming.method->version == Version::v1_0) co_return encode_task<v1::Task>(*task);
  co_return encode_task<v03pb::Task>(*task);
}

Async<Result<::grpc::ByteBuffer>> Operations::list(const Incoming& incoming,
                                                   ::grpc::ByteBuffer& request) const {
  CO_TRY(message, decode<v1::ListTasksRequest>(request));
  CO_TRY(read, rpc::read(message, config_.limits));
  CO_TRY(who, agent(read.tenant));
  auto page = co_await handler_.list_tasks(incoming.http.context, std::move(who), std::move(read));
  if (!page) co_return fail(std::move(page.error()));
  v1::ListTasksResponse out;
  write(std::move(*page), out);
  co_return encode(out);
}

Async<Result<::grpc::ByteBuffer>> Operations::cancel(const Incoming& incoming,
                                                     ::grpc::ByteBuffer& request) const {
  CO_TRY(read, (read_request<v1::CancelTaskRequest, v03pb::CancelTaskRequest>(incoming, request,
                                                                              config_.limits)));
  CO_TRY(who, agent(read.tenant));
  auto task = co_await handler_.cancel_task(incoming.http.context, std::move(who), std::move(read));
  if (!task) co_return fail(std::move(task.error()));
  if (incoming.method->version == Version::v1_0) co_return encode_task<v1::Task>(*task);
  co_return encode_task<v03pb::Task>(*task);
}

Async<Result<::grpc::ByteBuffer>> Operations::answer(const Incoming& incoming,
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
    default:
      break;
  }
  return refuse(incoming);
}

Async<Result<std::unique_ptr<ItemStream>>> Operations::open(const Incoming& incoming,
                                                            ::grpc::ByteBuffer& request) const {
  if (incoming.method->operation == Operation::send_streaming_message) {
    CO_TRY(read, (read_request<v1::SendMessageRequest, v03pb::SendMessageRequest>(incoming, request,
                                                                                  config_.limits)));
    CO_TRY(who, agent(read.tenant));
    co_return co_await handler_.send_streaming_message(incoming.http.context, std::move(who),
                                                       std::move(read));
  }
  CO_TRY(read, (read_request<v1::SubscribeToTaskRequest, v03pb::TaskSubscriptionRequest>(
                   incoming, request, config_.limits)));
  CO_TRY(who, agent(read.tenant));
  auto after = incoming.after;
  co_return co_await handler_.subscribe_to_task(incoming.http.context, std::move(who),
                                                std::move(read), std::move(after));
}

}  // namespace flotilla::a2a::rpc
