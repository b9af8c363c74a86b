#include "mcp/header_check.h"

#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "mcp/error.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEvents = "text/event-stream";
constexpr std::string_view kEncodedBegin = "=?base64?";
constexpr std::string_view kEncodedEnd = "?=";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view media_type(std::string_view value) {
  return trim(value.substr(0, value.find(';')));
}

http::Response refuse(int status, std::string message) {
  return http::Response::json(status,
                              write_error("", rpc_error(code::kServerError, std::move(message))));
}

bool accepts(const http::Request& request, std::string_view wanted) {
  for (const auto range : request.headers.list("Accept")) {
    const auto type = media_type(range);
    if (http::iequals(type, wanted) || type == "*/*") return true;
    if (type.ends_with("/*") && wanted.starts_with(type.substr(0, type.size() - 1))) return true;
  }
  return false;
}

RpcError mismatch(std::string message) {
  return rpc_error(code::kHeaderMismatch, "Header mismatch: " + std::move(message));
}

const json::Value* value_at(const json::Object& arguments, const std::vector<std::string>& path) {
  const json::Object* object = &arguments;
  const json::Value* value = nullptr;
  for (const std::string& name : path) {
    if (object == nullptr) return nullptr;
    value = object->find(name);
    if (value == nullptr) return nullptr;
    object = value->if_object();
  }
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool equal_number(const json::Value& value, std::string_view text) {
  double given = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), given);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  const auto number = value.as_double();
  return number && !(*number < given) && !(given < *number);
}

bool equals(const json::Value& value, std::string_view text) {
  if (const std::string* string = value.if_string()) return *string == text;
  if (const bool* flag = value.if_bool()) return text == (*flag ? "true" : "false");
  return value.if_number() != nullptr && equal_number(value, text);
}

}  // namespace

std::optional<http::Response> check_media_types(const http::Request& request) {
  const auto type = request.headers.find("Content-Type");
  if (!type || !http::iequals(media_type(*type), kJson))
    return refuse(415, "Unsupported Media Type: Content-Type must be application/json");
  if (!accepts(request, kJson) || !accepts(request, kEvents))
    return refuse(406, "Not Acceptable: Accept must list application/json and text/event-stream");
  return std::nullopt;
}

bool accepts_events(const http::Request& request) {
  return accepts(request, kEvents);
}

std::optional<std::string> decode_header(std::string_view value) {
  const bool encoded = value.size() >= kEncodedBegin.size() + kEncodedEnd.size() &&
                       value.starts_with(kEncodedBegin) && value.ends_with(kEncodedEnd);
  if (!encoded) return std::string(value);
  value.remove_prefix(kEncodedBegin.size());
  value.remove_suffix(kEncodedEnd.size());
  // The standard alphabet with its padding only: one text, one header.
  auto decoded = decode_base64(value);
  if (!decoded || base64(*decoded) != value) return std::nullopt;
  return decoded;
}

std::optional<std::string_view> single_header(const http::Headers& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& field : headers.fields()) {
    if (!http::iequals(field.name, name)) continue;
    if (found) return std::nullopt;
    found = trim(field.value);
  }
  return found;
}

std::optional<RpcError> check_method_header(const http::Headers& headers, std::string_view method) {
  const auto header = single_header(headers, "Mcp-Method");
  if (!header) return mismatch("Mcp-Method is missing or repeated");
  if (*header != method)
    return mismatch("Mcp-Method is '" + std::string(*header) + "', the body says '" +
                    std::string(method) + "'");
  return std::nullopt;
}

std::optional<RpcError> check_name_header(const http::Headers& headers, Method method,
                                          const json::Object& params) {
  const auto name = named_parameter(method);
  if (name.empty()) return std::nullopt;
  const json::Value* value = params.find(name);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;  // the params themselves are wrong, which is said later
  const auto header = single_header(headers, "Mcp-Name");
  if (!header) return mismatch("Mcp-Name is missing or repeated");
  const auto decoded = decode_header(*header);
  if (!decoded) return mismatch("Mcp-Name is not valid Base64");
  if (*decoded != *text) return mismatch("Mcp-Name differs from params." + std::string(name));
  return std::nullopt;
}

std::optional<RpcError> check_parameter_headers(
    const http::Headers& headers,
    const std::vector<std::pair<std::string, std::vector<std::string>>>& parameters,
    const json::Object& arguments) {
  for (const auto& [suffix, path] : parameters) {
    const std::string name = "Mcp-Param-" + suffix;
    const bool present = headers.find(name).has_value();
    const auto header = single_header(headers, name);
    const json::Value* value = value_at(arguments, path);
    if (value == nullptr && !present) continue;
    if (value == nullptr) return mismatch(name + " is there, its argument is not");
    if (!header) return mismatch(name + " is missing or repeated");
    const auto decoded = decode_header(*header);
    if (!decoded) return mismatch(name + " is not valid Base64");
    if (!equals(*value, *decoded)) return mismatch(name + " differs from its argument");
  }
  return std::nullopt;
}

}  // namespace flotilla::mcp
