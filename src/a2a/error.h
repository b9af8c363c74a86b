#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

/// How the house's errors look on the A2A wire (specification 1.0 section 3.3.2, 5.4; a2a.md
/// section 5). One table, used by both bindings and both versions.
namespace flotilla::a2a {

/// Which edition of the error table is answered (`--a2a-profile`): 1.0.1 changed some statuses.
enum class Profile : std::uint8_t { v1_0_0, v1_0_1 };

/// The answer to an error. Views have static storage.
struct WireError {
  int rpc_code = 0;
  int http_status = 0;
  std::string_view status;  // google.rpc.Code name
  std::string_view reason;  // ErrorInfo.reason
  std::string_view domain;  // ErrorInfo.domain: the protocol's reasons or our own
  bool opaque = false;      // our fault: the message stays inside
};
/// Whether it says what broke inside: then no caller is shown its message.
bool is_opaque(const Error& error);
WireError wire_error(const Error& error, Profile profile = Profile::v1_0_1);

/// What a client may read: the error's message, or a constant one for our own faults.
std::string_view public_message(const Error& error);

/// How one error is written down.
struct ErrorContext {
  Profile profile = Profile::v1_0_1;
  std::string_view request_id;  // told with internal errors, so that the log can be searched
};

/// The `error` object of a JSON-RPC answer: {code, message, data:[ErrorInfo, BadRequest?]}. Also
/// the 0.3 form, whose `data` is free.
void write_rpc_error(const Error& error, const ErrorContext& context, std::string& out);
/// The 1.0 REST body: {"error":{code, status, message, details:[…]}}.
void write_rest_error(const Error& error, const ErrorContext& context, std::string& out);
/// The 0.3 REST body, {code, message, data}: the JSON-RPC error object without an envelope.
void write_v03_rest_error(const Error& error, const ErrorContext& context, std::string& out);

// The protocol's errors that adapters themselves answer.
Error push_notifications_not_supported();
Error extended_card_not_supported();
Error content_type_not_supported(std::string_view got, std::string_view expected);

}  // namespace flotilla::a2a
