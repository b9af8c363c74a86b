#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "a2a/grpc/codec.h"
#include "a2a/grpc/v03_map.h"
#include "a2a/grpc/v1_map.h"
#include "json/map.h"

// Any bytes as any request of either service: read or refused, and what was read can be written in
// both versions and reads as the same again. The first byte chooses the message.
namespace flotilla::a2a::rpc {
namespace {

template <class Wire>
auto read_bytes(::grpc::ByteBuffer& bytes) -> decltype(read(std::declval<Wire&>(), {})) {
  auto wire = decode<Wire>(bytes);
  if (!wire) return fail(std::move(wire.error()));
  return read(*wire, json::ParseLimits{});
}

void check_again(const SendMessageRequest& request) {
  v03pb::Message old;
  write(request.message, old);
  v1::SendMessageRequest wire;
  write(request.message, *wire.mutable_message());
  auto bytes = encode(wire);
  if (!bytes) std::abort();
  const auto again = read_bytes<v1::SendMessageRequest>(*bytes);
  if (!again || json::to_text(again->message) != json::to_text(request.message)) std::abort();
}

template <class Wire>
void check_send(::grpc::ByteBuffer& bytes) {
  if (const auto request = read_bytes<Wire>(bytes)) check_again(*request);
}

}  // namespace
}  // namespace flotilla::a2a::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla::a2a::rpc;
  if (size == 0) return 0;
  google::protobuf::SetLogHandler(nullptr);
  const ::grpc::Slice slice(data + 1, size - 1);
  ::grpc::ByteBuffer bytes(&slice, 1);
  switch (data[0] % 8) {
    case 0:
      check_send<v1::SendMessageRequest>(bytes);
      break;
    case 1:
      check_send<v03pb::SendMessageRequest>(bytes);
      break;
    case 2:
      std::ignore = read_bytes<v1::GetTaskRequest>(bytes);
      break;
    case 3:
      std::ignore = read_bytes<v1::ListTasksRequest>(bytes);
      break;
    case 4:
      std::ignore = read_bytes<v1::CancelTaskRequest>(bytes);
      break;
    case 5:
      std::ignore = read_bytes<v1::SubscribeToTaskRequest>(bytes);
      break;
    case 6:
      std::ignore = read_bytes<v03pb::GetTaskRequest>(bytes);
      break;
    default:
      std::ignore = read_bytes<v03pb::TaskSubscriptionRequest>(bytes);
      break;
  }
  return 0;
}
