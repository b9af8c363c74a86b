#include <fmt/format.h>

#include "a2a/client_internal.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

std::string_view method_of(Call call, Version version) {
  const bool old = version == Version::v0_3;
  switch (call) {
    case Call::send:
      return old ? "message/send" : "SendMessage";
    case Call::stream:
      return old ? "message/stream" : "SendStreamingMessage";
    case Call::get:
      return old ? "tasks/get" : "GetTask";
    case Call::list:
      return "ListTasks";
    case Call::cancel:
      return old ? "tasks/cancel" : "CancelTask";
    case Call::subscribe:
      return old ? "tasks/resubscribe" : "SubscribeToTask";
  }
  return {};
}

void add_query(std::string& path, std::string_view name, const std::string& value) {
  path += path.contains('?') ? '&' : '?';
  path += fmt::format("{}={}", name, http::percent_encode(value));
}

std::string list_query(const ListTasksRequest& request) {
  std::string path = "/tasks";
  if (request.contextId) add_query(path, "contextId", *request.contextId);
  if (request.status) add_query(path, "status", std::string(wire_name(*request.status)));
  if (request.pageSize) add_query(path, "pageSize", std::to_string(*request.pageSize));
  if (request.pageToken) add_query(path, "pageToken", *request.pageToken);
  if (request.historyLength)
    add_query(path, "historyLength", std::to_string(*request.historyLength));
  if (request.statusTimestampAfter)
    add_query(path, "statusTimestampAfter", format_time(*request.statusTimestampAfter));
  if (request.includeArtifacts.value_or(false)) add_query(path, "includeArtifacts", "true");
  return path;
}

}  // namespace

ClientWire::ClientWire(Endpoint endpoint, std::shared_ptr<const ClientOptions> options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

v03::Form ClientWire::form() const {
  return endpoint_.binding == Binding::jsonrpc ? v03::Form::rpc : v03::Form::rest;
}

/// `params` is the JSON-RPC params or the REST body; empty: a request without body.
http::ClientRequest ClientWire::call(Call call, std::string params, const std::string& path) {
  http::ClientRequest request;
  request.author = endpoint_.author;
  request.timeout = options_->call_timeout;
  request.method = http::Method::post;
  request.headers.set("A2A-Version", std::string(wire_name(endpoint_.version)));
  const bool streaming = call == Call::stream || call == Call::subscribe;
  std::string_view accept = "application/json";
  if (endpoint_.binding == Binding::rest) accept = "application/a2a+json, application/json";
  if (streaming) accept = "text/event-stream, application/json";
  request.headers.set("Accept", std::string(accept));
  request.headers.set("Content-Type", "application/json");
  if (!options_->token.empty())
    request.headers.set("Authorization", "Bearer " + options_->token.reveal());
  if (endpoint_.binding == Binding::jsonrpc) {
    request.url = endpoint_.url;
    request.body = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})",
                               ++next_id_, method_of(call, endpoint_.version), params);
    return request;
  }
  request.url = endpoint_.url;
  if (endpoint_.version == Version::v0_3) request.url += "/v1";
  if (endpoint_.tenant) request.url += "/" + http::percent_encode(*endpoint_.tenant);
  request.url += path;
  if (call == Call::get || call == Call::list) request.method = http::Method::get;
  if (call == Call::send || call == Call::stream) request.body = std::move(params);
  return request;
}

http::ClientRequest ClientWire::send(const SendMessageRequest& request, bool streaming) {
  SendMessageRequest sent = request;
  if (endpoint_.tenant) sent.tenant = endpoint_.tenant;
  std::string params;
  if (endpoint_.version == Version::v1_0)
    params = json::to_text(sent);
  else
    params = json::to_text(v03::to_v03(std::move(sent), form()));
  if (streaming) return call(Call::stream, std::move(params), "/message:stream");
  return call(Call::send, std::move(params), "/message:send");
}

http::ClientRequest ClientWire::get(const GetTaskRequest& request) {
  GetTaskRequest sent = request;
  sent.tenant = endpoint_.tenant;
  std::string path = "/tasks/" + http::percent_encode(request.id);
  if (request.historyLength)
    add_query(path, "historyLength", std::to_string(*request.historyLength));
  return call(Call::get, json::to_text(sent), path);
}

http::ClientRequest ClientWire::list(const ListTasksRequest& request) {
  ListTasksRequest sent = request;
  sent.tenant = endpoint_.tenant;
  return call(Call::list, json::to_text(sent), list_query(request));
}

http::ClientRequest ClientWire::cancel(const CancelTaskRequest& request) {
  CancelTaskRequest sent = request;
  sent.tenant = endpoint_.tenant;
  return call(Call::cancel, json::to_text(sent),
              "/tasks/" + http::percent_encode(request.id) + ":cancel");
}

http::ClientRequest ClientWire::subscribe(const SubscribeToTaskRequest& request,
                                          const std::optional<std::string>& after) {
  SubscribeToTaskRequest sent = request;
  sent.tenant = endpoint_.tenant;
  auto made = call(Call::subscribe, json::to_text(sent),
                   "/tasks/" + http::percent_encode(request.id) + ":subscribe");
  if (after) made.headers.set("Last-Event-ID", *after);
  return made;
}

Result<json::Value> ClientWire::result(const http::Response& response) const {
  auto body = json::parse(response.body);
  const bool success = response.status >= 200 && response.status < 300;
  if (!success) return fail(read_error_text(response.body, response.status));
  if (!body)
    return fail(Error(Code::internal, reason::kInvalidAgentResponse,
                      "the agent's answer is not JSON: " + body.error().message()));
  auto* object = body->if_object();
  if (endpoint_.binding == Binding::rest || object == nullptr) return body;
  if (object->find("error") != nullptr) return fail(read_error(*body, 500));
  auto* result = object->find("result");
  if (result == nullptr)
    return fail(Error(Code::internal, reason::kInvalidAgentResponse,
                      "the agent's answer has neither result nor error"));
  return std::move(*result);
}

Result<StreamResponse> ClientWire::read_item(const std::string& data) const {
  http::Response whole;
  whole.body = data;
  if (endpoint_.binding == Binding::rest)
    if (auto body = json::parse(data);
        body && body->if_object() && body->if_object()->find("error"))
      return fail(read_error(*body, 500));
  TRY(value, result(whole));
  if (endpoint_.version == Version::v0_3) return v03::read_response(std::move(value), form(), "");
  json::ReadOptions options;
  options.proto_names = true;
  return json::read<StreamResponse>(value, options);
}

Result<SendMessageResponse> ClientWire::read_send(json::Value value) const {
  SendMessageResponse response;
  if (endpoint_.version == Version::v0_3) {
    TRY(item, v03::read_response(std::move(value), form(), ""));
    response.task = std::move(item.task);
    response.message = std::move(item.message);
  } else {
    json::ReadOptions options;
    options.proto_names = true;
    TRY(read, json::read<SendMessageResponse>(value, options));
    response = std::move(read);
  }
  if (!response.task && !response.message)
    return fail(Error(Code::internal, reason::kInvalidAgentResponse,
                      "the agent answered neither a task nor a message"));
  return response;
}

Result<Task> ClientWire::read_task(json::Value value) const {
  if (endpoint_.version == Version::v1_0) {
    json::ReadOptions options;
    options.proto_names = true;
    return json::read<Task>(value, options);
  }
  TRY(old, json::read<v03::Task>(value));
  return v03::from_v03(std::move(old), "");
}

}  // namespace flotilla::a2a
