#include <google/protobuf/util/json_util.h>

#include <utility>

#include "a2a/card_grpc.h"
#include "a2a/card_json.h"
#include "a2a/card_signer.h"
#include "a2a/grpc/codec.h"
#include "a2a/grpc/operations.h"
#include "a2a/grpc/v03_map.h"
#include "a2a/grpc/v1_map.h"
#include "json/json.h"
#include "json/map.h"

// The extended card. Its JSON is ProtoJSON of the 1.0 message, and of the 0.3 one after some names.
namespace flotilla::a2a::rpc {
namespace {

template <class Out>
Result<::grpc::ByteBuffer> encode_json(const std::string& text) {
  Out out;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &out, options);
  if (parsed.ok()) return encode(out);
  return fail(Error(Code::internal, "the card is no message: " + parsed.ToString()));
}

void rename(json::Object& object, std::string_view from, std::string_view to) {
  json::Value* value = object.find(from);
  if (value == nullptr) return;
  json::Value taken = std::move(*value);
  object.erase(from);
  object.set(std::string(to), std::move(taken));
}

/// 0.3 gRPC serves the front desk only: its interfaces are those without tenant.
std::string old_card_json(const AgentCard& card) {
  json::Value value = json::to_value(card);
  json::Object& out = *value.if_object();
  rename(out, "securityRequirements", "security");
  json::Value* skills = out.find("skills");
  if (skills != nullptr && skills->if_array()) {
    for (json::Value& skill : *skills->if_array())
      if (json::Object* object = skill.if_object())
        rename(*object, "securityRequirements", "security");
  }
  json::Array transports;
  for (const AgentInterface& entry : card.supportedInterfaces) {
    if (entry.protocolVersion != "0.3") continue;
    json::Object transport;
    transport.append("url", json::Value(entry.url));
    transport.append("transport", json::Value(entry.protocolBinding));
    if (transports.empty()) {
      out.set("url", json::Value(entry.url));
      out.set("preferredTransport", json::Value(entry.protocolBinding));
    }
    transports.emplace_back(std::move(transport));
  }
  out.set("additionalInterfaces", json::Value(std::move(transports)));
  out.set("protocolVersion", json::Value("0.3.0"));
  out.set("supportsAuthenticatedExtendedCard",
          json::Value(card.capabilities.extendedAgentCard.value_or(false)));
  return json::to_string(value);
}

/// The URL of the HTTP bindings; the call came to another port.
std::string http_url_of(const Incoming& incoming, const AgentRef& agent,
                        const ServerConfig& config) {
  std::string origin = config.public_url;
  while (origin.ends_with('/')) origin.pop_back();
  if (origin.empty())
    origin = (incoming.http.tls ? "https://" : "http://") + host_name_of(incoming.http, config) +
             ":" + std::to_string(config.ports->http);
  const bool front_desk =
      agent.name == config.front_desk.name && agent.name_space == config.front_desk.name_space;
  return front_desk ? origin : origin + "/a2a/" + agent.name_space + "/" + agent.name;
}

}  // namespace

Async<Result<::grpc::ByteBuffer>> Operations::extended_card(Incoming& incoming,
                                                            ::grpc::ByteBuffer& request) const {
  CO_TRY_VOID(check_extended_card(config_, incoming.http.context.principal));
  std::optional<std::string> tenant;
  if (incoming.method->version == Version::v1_0) {
    CO_TRY(message, decode<v1::GetExtendedAgentCardRequest>(request));
    if (!message.tenant().empty()) tenant = message.tenant();
  }
  CO_TRY(who, address(incoming, tenant));
  auto card = co_await handler_.extended_card(incoming.http.context, who);
  if (!card) co_return fail(std::move(card.error()));
  add_server_facts(*card, http_url_of(incoming, who, config_), config_);
  add_grpc_interfaces(*card, incoming.http, who, config_);
  if (incoming.method->version == Version::v0_3)
    co_return encode_json<v03pb::AgentCard>(old_card_json(*card));
  std::string text = card_text(*card, Version::v1_0);
  if (config_.card_signer != nullptr) {
    const std::string jku =
        config_.public_url.empty() ? "" : config_.public_url + "/.well-known/jwks.json";
    text = config_.card_signer->sign(text, jku);
  }
  co_return encode_json<v1::AgentCard>(text);
}

}  // namespace flotilla::a2a::rpc
