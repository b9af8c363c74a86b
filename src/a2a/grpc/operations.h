#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <memory>

#include "a2a/grpc/incoming.h"
#include "a2a/handler.h"
#include "a2a/server_config.h"

namespace flotilla::a2a::rpc {

/// One RPC's message in, the handler's answer as a message out, for both services. Stateless but
/// for its references; any loop.
class Operations {
 public:
  Operations(Handler& handler, const ServerConfig& config) : handler_(handler), config_(config) {}

  /// Everything but the two streams.
  Async<Result<::grpc::ByteBuffer>> answer(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Async<Result<std::unique_ptr<ItemStream>>> open(Incoming& incoming,
                                                  ::grpc::ByteBuffer& request) const;
  /// One item of a stream, as the version of the service spells it.
  static Result<::grpc::ByteBuffer> item(const Incoming& incoming, const StreamItem& item);

 private:
  using Answer = Async<Result<::grpc::ByteBuffer>>;
  Answer send(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer get(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer list(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer cancel(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer create_push(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer get_push(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer list_push(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer delete_push(Incoming& incoming, ::grpc::ByteBuffer& request) const;
  Answer extended_card(Incoming& incoming, ::grpc::ByteBuffer& request) const;

  /// Takes the tenant out of a request: `namespace/name` is that agent, none the front desk. Then
  /// activates what the call asks for of the agent's extensions.
  Result<AgentRef> address(Incoming& incoming, std::optional<std::string>& tenant) const;
  /// The same for a message, which keeps the extensions.
  Result<AgentRef> address(Incoming& incoming, SendMessageRequest& request) const;

  Handler& handler_;
  const ServerConfig& config_;
};

}  // namespace flotilla::a2a::rpc
