#include "a2a/client_replay.h"

#include <memory>
#include <utility>

#include "a2a/client_internal.h"
#include "a2a/error.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {

namespace {

json::Value told(const Error& error) {
  json::Object inner;
  inner.set("code", json::Value(wire_error(error).rpc_code));
  inner.set("message", json::Value(error.message()));
  json::Object out;
  out.set("error", json::Value(std::move(inner)));
  return json::Value(std::move(out));
}

template <class T>
json::Value told(const Result<T>& read) {
  if (!read) return told(read.error());
  return json::to_value(*read);
}

ClientWire canned_wire() {
  Endpoint endpoint;
  endpoint.url = "http://canned.invalid";
  endpoint.binding = Binding::jsonrpc;
  return ClientWire(std::move(endpoint), std::make_shared<const ClientOptions>());
}

json::Value read_card(const json::Value& answer) {
  AgentCard card;
  const auto chosen = choose_endpoint(json::to_string(answer), "http://canned.invalid", {}, &card);
  if (answer.if_object() == nullptr) return told(chosen.error());
  return json::to_value(card);  // also of an agent that speaks none of our bindings
}

}  // namespace

json::Value replay_answer(std::string_view operation, const json::Value& answer) {
  if (operation == "get_agent_card" || operation == "get_extended_agent_card")
    return read_card(answer);
  const ClientWire wire = canned_wire();
  auto result = wire.result(http::Response::json(200, json::to_string(answer)));
  if (!result) return told(result.error());
  if (operation == "send_message") return told(wire.read_send(std::move(*result)));
  if (operation == "get_task") return told(wire.read_task(std::move(*result)));
  return told(invalid("/operation", "is not one that can be replayed"));
}

}  // namespace flotilla::a2a
