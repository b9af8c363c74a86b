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
  Async<Result<::grpc::ByteBuffer>> answer(const Incoming& incoming,
                                           ::grpc::ByteBuffer& request) const;
  Async<Result<std::unique_ptr<ItemStream>>> open(const Incoming& incoming,
                                                  ::grpc::ByteBuffer& request) const;
  /// One item of a stream, as the version of the service spells it.
  static Result<::grpc::ByteBuffer> item(const Incoming& incoming, const StreamItem& item);

 private:
  Async<Result<::grpc::ByteBuffer>> send(const Incoming& incoming,
                                         ::grpc::ByteBuffer& request) const;
  Async<Result<::grpc::ByteBuffer>> get(const Incoming& incoming,
                                        ::grpc::ByteBuffer& request) const;
  Async<Result<::grpc::ByteBuffer>> list(const Incoming& incoming,
                                         ::grpc::ByteBuffer& request) const;
  Async<Result<::grpc::ByteBuffer>> cancel(const Incoming& incoming,
                                           ::grpc::ByteBuffer& request) const;
  /// Takes the tenant out of a request: `namespace/name` is that agent, none the front desk.
  Result<AgentRef> agent(std::optional<std::string>& tenant) const;

  Handler& handler_;
  const ServerConfig& config_;
};

}  // namespace flotilla::a2a::rpc
