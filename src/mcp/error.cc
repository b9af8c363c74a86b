#include "mcp/error.h"

#include <utility>

#include "base/log.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");

int code_of(const Error& error) {
  if (error.reason() == reason::kParseError) return code::kParseError;
  if (error.reason() == reason::kInvalidRequest) return code::kInvalidRequest;
  if (error.reason() == reason::kMethodNotFound) return code::kMethodNotFound;
  switch (error.code()) {
    case Code::invalid_argument:
    case Code::not_found:
      return code::kInvalidParams;
    case Code::unimplemented:
      return code::kMethodNotFound;
    case Code::data_loss:
    case Code::internal:
      return code::kInternal;
    case Code::already_exists:
    case Code::conflict:
    case Code::unauthenticated:
    case Code::permission_denied:
    case Code::failed_precondition:
    case Code::resource_exhausted:
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::cancelled:
      return code::kServerError;
  }
  return code::kInternal;
}

json::Array fields_of(const Error& error) {
  json::Array fields;
  for (const FieldViolation& fault : error.violations())
    fields.emplace_back(json::Object{{"field", fault.field}, {"description", fault.description}});
  return fields;
}

}  // namespace

RpcError rpc_error(int code, std::string message) {
  return RpcError{code, std::move(message), std::nullopt};
}

RpcError rpc_error(int code, std::string message, json::Object data) {
  return RpcError{code, std::move(message), json::Value(std::move(data))};
}

RpcError bad_param(std::string_view field, std::string_view what) {
  json::Array fields;
  fields.emplace_back(
      json::Object{{"field", "/params/" + std::string(field)}, {"description", what}});
  return rpc_error(code::kInvalidParams, "/params/" + std::string(field) + ": " + std::string(what),
                   json::Object{{"reason", reason::kInvalidParams}, {"fields", fields}});
}

RpcError to_rpc(const Error& error, std::string_view request_id) {
  const int code = code_of(error);
  if (code == code::kInternal) {
    kLog.error("a request failed inside",
               {{"request", request_id}, {"reason", error.reason()}, {"error", error}});
    return rpc_error(code, "internal error; the server's log knows it by the request id",
                     json::Object{{"reason", reason::kInternal}, {"requestId", request_id}});
  }
  json::Object data{{"reason", error.reason()}};
  if (!error.violations().empty()) data.append("fields", fields_of(error));
  for (const auto& [name, value] : error.metadata()) data.set(name, value);
  return rpc_error(code, error.message(), std::move(data));
}

RpcError resource_not_found(Revision revision, const std::string& uri) {
  return rpc_error(is_modern(revision) ? code::kInvalidParams : code::kResourceNotFound,
                   "Resource not found: " + uri, json::Object{{"uri", uri}});
}

RpcError missing_capability(json::Object required) {
  return rpc_error(code::kMissingClientCapability,
                   "the request needs capabilities that the client did not declare",
                   json::Object{{"requiredCapabilities", std::move(required)}});
}

int http_status_of(int code) {
  switch (code) {
    case code::kParseError:
    case code::kInvalidRequest:
    case code::kHeaderMismatch:
    case code::kMissingClientCapability:
    case code::kUnsupportedVersion:
      return 400;
    case code::kMethodNotFound:
      return 404;
    default:
      return 200;
  }
}

}  // namespace flotilla::mcp
