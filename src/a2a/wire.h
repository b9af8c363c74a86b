#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "a2a/binding.h"
#include "a2a/error.h"
#include "a2a/handler.h"
#include "a2a/v03.h"
#include "a2a/version.h"
#include "http/message.h"

namespace flotilla::a2a {

/// How the answer to one request is spelled.
struct Wire {
  Version version = Version::v1_0;
  Binding binding = Binding::jsonrpc;
  Profile profile = Profile::v1_0_1;
  bool plain_json = false;  // 1.0 REST: application/json, not application/a2a+json
  std::string id = "null";  // JSON-RPC: JSON text of the request's id
  /// Activated by the request, told in the answer's header.
  std::vector<std::string> extensions;
};

inline v03::Form form_of(const Wire& wire) {
  return wire.binding == Binding::jsonrpc ? v03::Form::rpc : v03::Form::rest;
}

/// One request on its way. `http` lives until the response is done.
struct Exchange {
  http::Request& http;
  AgentRef agent;
  Wire wire;
};

// Complete answers. The JSON texts are of the 1.0 model; a 0.3 wire translates them.
http::Response answer_send(const Exchange& exchange, SendOutcome outcome);
http::Response answer_task(const Exchange& exchange, std::string task);
/// A result that is spelled already.
http::Response answer_json(const Exchange& exchange, std::string json);
http::Response answer_list(const Exchange& exchange, const ListTasksResponse& page);
http::Response answer_push_config(const Exchange& exchange, TaskPushNotificationConfig config);
http::Response answer_push_configs(const Exchange& exchange,
                                   ListTaskPushNotificationConfigsResponse page);
/// What a delete answers: an empty object; 0.3 JSON-RPC: null.
http::Response answer_deleted(const Exchange& exchange);
/// Also logs errors that are our own fault, since the answer hides them.
http::Response answer_error(const Exchange& exchange, const Error& error);

/// Tells the activated extensions; nothing when there are none.
void add_extensions_header(const Wire& wire, http::Headers& headers);

/// The body that tells an error: JSON-RPC envelope, 1.0 or 0.3 REST object.
std::string error_body(const Wire& wire, const Error& error, std::string_view request_id);

/// An answer that needs no waiting.
Async<http::Response> ready(http::Response response);
Async<http::Response> refuse(const Exchange& exchange, const Error& error);

}  // namespace flotilla::a2a
