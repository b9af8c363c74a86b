#pragma once

#include <optional>
#include <string>

#include "a2a/grpc/call.h"
#include "a2a/grpc/method.h"
#include "auth/authenticator.h"
#include "http/message.h"

namespace flotilla::a2a::rpc {

/// The extension of ours by which every item of a stream says its cursor: in the metadata of the
/// task, message or event, under this URI, as {"cursor": "42"}.
inline constexpr std::string_view kCursorExtension =
    "https://flotilla.dev/a2a/extensions/cursor/v1";

/// What a call's metadata says, in the form that the other bindings know.
struct Incoming {
  const Method* method = nullptr;
  http::Request http;  // headers are the metadata; the context has principal, deadline and ids
  std::optional<std::string> after;  // last-event-id
  bool cursors = false;              // the cursor extension was asked for
};

/// Reads the call's metadata; the principal is not known yet.
Incoming read_incoming(Call::Context& context, const Method* method, std::string request_id);

/// Who calls and whether the version fits: unauthenticated, VERSION_NOT_SUPPORTED.
Result<> admit(Incoming& incoming, const auth::Authenticator& authenticator);

/// gRPC's `ipv4:127.0.0.1:80`, `ipv6:%5B::1%5D:80` as an address.
std::string address_of(const std::string& peer);

}  // namespace flotilla::a2a::rpc
