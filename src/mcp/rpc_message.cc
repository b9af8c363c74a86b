#include "mcp/rpc_message.h"

#include <utility>

#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

RpcError invalid_request(std::string message) {
  return RpcError{code::kInvalidRequest, std::move(message), std::nullopt};
}

/// Strings and integers only (mcp.md 3.1); nullopt otherwise.
std::optional<std::string> id_text(const json::Value& value) {
  const std::string* text = value.if_string();
  if (text == nullptr && !value.as_int64()) return std::nullopt;
  const std::size_t size = text != nullptr ? text->size() : value.if_number()->text.size();
  if (size > kMaxIdBytes) return std::nullopt;
  return json::to_string(value);
}

struct Members {
  json::Value* jsonrpc = nullptr;
  json::Value* id = nullptr;
  json::Value* method = nullptr;
  json::Value* params = nullptr;
  json::Value* result = nullptr;
  json::Value* error = nullptr;
};

Members find_members(json::Object& object) {
  Members found;
  for (auto& [name, value] : object.members()) {
    if (name == "jsonrpc") found.jsonrpc = &value;
    if (name == "id") found.id = &value;
    if (name == "method") found.method = &value;
    if (name == "params") found.params = &value;
    if (name == "result") found.result = &value;
    if (name == "error") found.error = &value;
  }
  return found;
}

RpcError read_error(json::Value& value) {
  RpcError error{code::kServerError, "the client answered with an error", std::nullopt};
  json::Object* object = value.if_object();
  if (object == nullptr) return error;
  if (const auto* number = object->find("code"); number != nullptr && number->as_int64())
    error.code = static_cast<int>(*number->as_int64());
  if (auto* text = object->find("message"); text != nullptr && text->if_string() != nullptr)
    error.message = std::move(*text->if_string());
  if (auto* data = object->find("data")) error.data = std::move(*data);
  return error;
}

RpcMessage read_response(const Members& members, std::string id) {
  if (id.empty()) return BadMessage{"", invalid_request("/id: a response needs one")};
  if (members.error != nullptr) return RpcResponse{std::move(id), read_error(*members.error)};
  return RpcResponse{std::move(id), std::move(*members.result)};
}

RpcMessage read_call(const Members& members, std::string id) {
  const std::string* method = members.method->if_string();
  if (method == nullptr || method->empty() || method->size() > kMaxMethodBytes)
    return BadMessage{std::move(id), invalid_request("/method: must be the name of a method")};
  json::Object params;
  if (members.params != nullptr && !members.params->is_null()) {
    json::Object* given = members.params->if_object();
    if (given == nullptr)
      return BadMessage{std::move(id),
                        RpcError{code::kInvalidParams, "/params: expected object", std::nullopt}};
    params = std::move(*given);
  }
  if (members.id == nullptr) return RpcNotification{*method, std::move(params)};
  return RpcRequest{std::move(id), *method, std::move(params)};
}

std::string open_message(std::string_view id) {
  std::string out = R"({"jsonrpc":"2.0")";
  if (!id.empty()) out.append(R"(,"id":)").append(id);
  return out;
}

void write_call(std::string& out, std::string_view method, json::Object params) {
  out += R"(,"method":)";
  json::write_string(method, out);
  if (!params.empty()) {
    out += R"(,"params":)";
    json::write(json::Value(std::move(params)), out);
  }
  out += '}';
}

}  // namespace

std::expected<json::Value, RpcError> parse_body(std::string_view body,
                                                const json::ParseLimits& limits) {
  auto parsed = json::parse(body, limits);
  if (parsed) return std::move(*parsed);
  return std::unexpected(RpcError{code::kParseError, parsed.error().message(), std::nullopt});
}

RpcMessage read_message(json::Value value) {
  json::Object* object = value.if_object();
  if (object == nullptr) return BadMessage{"", invalid_request("expected a JSON-RPC message")};
  const Members members = find_members(*object);
  std::string id;
  if (members.id != nullptr) {
    auto text = id_text(*members.id);
    if (!text)
      return BadMessage{
          "", invalid_request("/id: must be a string or an integer of at most 256 bytes")};
    id = std::move(*text);
  }
  const std::string* version = members.jsonrpc ? members.jsonrpc->if_string() : nullptr;
  if (version == nullptr || *version != "2.0")
    return BadMessage{std::move(id), invalid_request("/jsonrpc: must be \"2.0\"")};
  if (members.method != nullptr) return read_call(members, std::move(id));
  if (members.result != nullptr || members.error != nullptr)
    return read_response(members, std::move(id));
  return BadMessage{std::move(id), invalid_request("/method: missing")};
}

const json::Object* meta_of(const json::Object& params) {
  const json::Value* meta = params.find("_meta");
  return meta == nullptr ? nullptr : meta->if_object();
}

std::string write_result(std::string_view id, json::Object result) {
  std::string out = open_message(id);
  out += R"(,"result":)";
  json::write(json::Value(std::move(result)), out);
  out += '}';
  return out;
}

std::string write_error(std::string_view id, const RpcError& error) {
  std::string out = open_message(id);
  out += R"(,"error":{"code":)" + std::to_string(error.code) + R"(,"message":)";
  json::write_string(error.message, out);
  if (error.data) {
    out += R"(,"data":)";
    json::write(*error.data, out);
  }
  out += "}}";
  return out;
}

std::string write_notification(std::string_view method, json::Object params) {
  std::string out = open_message("");
  write_call(out, method, std::move(params));
  return out;
}

std::string write_request(std::string_view id, std::string_view method, json::Object params) {
  std::string out = open_message(id);
  write_call(out, method, std::move(params));
  return out;
}

}  // namespace flotilla::mcp
