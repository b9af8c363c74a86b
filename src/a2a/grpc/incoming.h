#pragma once

#include <optional>
#include <string>
#include <vector>

#include "a2a/grpc/call.h"
#include "a2a/grpc/method.h"
#include "auth/authenticator.h"
#include "http/message.h"

namespace flotilla::a2a::rpc {

/// What a call's metadata says, in the form that the other bindings know.
struct Incoming {
  const Method* method = nullptr;
  http::Request http;  // headers are the metadata; the context has principal, deadline and ids
  std::optional<std::string> after;  // last-event-id
  /// Activated ones; known once the agent is.
  std::vector<std::string> extensions;
  bool cursors = false;  // the cursor extension is one of them
};

/// Reads the call's metadata; the principal is not known yet.
Incoming read_incoming(Call::Context& context, const Method* method, std::string request_id);

/// Who calls and whether the version fits: unauthenticated, VERSION_NOT_SUPPORTED.
Result<> admit(Incoming& incoming, const auth::Authenticator& authenticator);

/// gRPC's `ipv4:127.0.0.1:80`, `ipv6:%5B::1%5D:80` as an address.
std::string address_of(const std::string& peer);

}  // namespace flotilla::a2a::rpc
