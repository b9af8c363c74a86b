#include "a2a/rpc_request.h"

#include <utility>

#include "a2a/limits.h"

namespace flotilla::a2a {
namespace {

Error bad_request(std::string field, std::string what) {
  std::string message = field.empty() ? what : field + ": " + what;
  return Error(Code::invalid_argument, reason::kInvalidRequest, std::move(message))
      .with_field(std::move(field), std::move(what));
}

std::optional<std::string> id_text(const json::Value& value) {
  const std::string* text = value.if_string();
  const json::Number* number = value.if_number();
  if (text == nullptr && number == nullptr && !value.is_null()) return std::nullopt;
  if ((text ? text->size() : number ? number->text.size() : 0) > kMaxIdBytes) return std::nullopt;
  return json::to_string(value);
}

struct Members {
  json::Value* jsonrpc = nullptr;
  json::Value* id = nullptr;
  json::Value* method = nullptr;
  json::Value* params = nullptr;
};

Members find_members(json::Object& object) {
  Members found;
  for (auto& [name, value] : object.members()) {
    if (name == "jsonrpc") found.jsonrpc = &value;
    if (name == "id") found.id = &value;
    if (name == "method") found.method = &value;
    if (name == "params") found.params = &value;
  }
  return found;
}

std::optional<Error> check_members(const Members& members) {
  const std::string* version = members.jsonrpc ? members.jsonrpc->if_string() : nullptr;
  if (version == nullptr || *version != "2.0") return bad_request("/jsonrpc", "must be \"2.0\"");
  const std::string* method = members.method ? members.method->if_string() : nullptr;
  if (method == nullptr || method->empty())
    return bad_request("/method", "must be the name of a method");
  if (members.params && !members.params->if_object() && !members.params->is_null()) {
    return Error(Code::invalid_argument, reason::kInvalidParams, "/params: expected object")
        .with_field("/params", "expected object");
  }
  return std::nullopt;
}

}  // namespace

RpcRequest parse_rpc(std::string_view body, const json::ParseLimits& limits) {
  RpcRequest out;
  auto parsed = json::parse(body, limits);
  if (!parsed) {
    out.fault = parsed.error();
    return out;
  }
  json::Object* object = parsed->if_object();
  if (object == nullptr) {
    out.fault = parsed->if_array()
                    ? bad_request("", "batches are not part of A2A: send one request")
                    : bad_request("", "expected a JSON-RPC request object");
    return out;
  }
  const Members members = find_members(*object);
  auto id = members.id ? id_text(*members.id) : std::nullopt;
  if (!id) {
    out.fault = members.id ? bad_request("/id", "must be a string or a number of at most 256 bytes")
                           : bad_request("/id", "missing: notifications are not part of A2A");
    return out;
  }
  out.id = std::move(*id);
  out.fault = check_members(members);
  if (out.fault) return out;
  out.method = *members.method->if_string();
  if (members.params) out.params = std::move(*members.params);
  return out;
}

}  // namespace flotilla::a2a
