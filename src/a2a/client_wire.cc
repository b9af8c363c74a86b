#include <fmt/format.h>
#include <fmt/ranges.h>

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

json::ReadOptions lenient() {
  json::ReadOptions options;
  options.proto_names = true;
  return options;
}

void tidy(Task& task) {
  join_artifacts(task);
}
template <class T>
  requires requires(T answer) { answer.task; }
void tidy(T& answer) {
  if (answer.task) join_artifacts(*answer.task);
}
void tidy(ListTasksResponse& answer) {
  for (auto& task : answer.tasks) join_artifacts(task);
}
void tidy(v03::Task&) {}  // not yet ours

/// What is wrong with an answer is the agent's fault, not an argument's.
template <class T>
Result<T> understood(Result<T> read) {
  if (read) {
    tidy(*read);
    return read;
  }
  return fail(invalid_answer("the agent's answer cannot be read: " + read.error().message()));
}

}  // namespace

void add_own(const ClientOptions& options, http::ClientRequest& request) {
  for (const auto& [name, value] : options.headers) request.headers.set(name, value.reveal());
  if (!options.token.empty())
    request.headers.set("Authorization", "Bearer " + options.token.reveal());
  request.tls = options.tls;
}

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
  // Reads and cancels change nothing twice, sends have their messageId.
  request.replayable = options_->repeat_sends || (call != Call::send && call != Call::stream);
  request.headers.set("A2A-Version", std::string(wire_name(endpoint_.version)));
  const bool streaming = call == Call::stream || call == Call::subscribe;
  std::string_view accept = "application/json";
  if (endpoint_.binding == Binding::rest) accept = "application/a2a+json, application/json";
  if (streaming) accept = "text/event-stream, application/json";
  request.headers.set("Accept", std::string(accept));
  request.headers.set("Content-Type", "application/json");
  const bool old = endpoint_.version == Version::v0_3;
  if (!options_->extensions.empty())
    request.headers.set(old ? "X-A2A-Extensions" : "A2A-Extensions",
                        fmt::format("{}", fmt::join(options_->extensions, ", ")));
  if (endpoint_.with_token) add_own(*options_, request);
  request.url = endpoint_.url;
  if (endpoint_.binding == Binding::jsonrpc) {
    request.body = fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})",
                               ++next_id_, method_of(call, endpoint_.version), params);
    return request;
  }
  if (old) request.url += "/v1";
  if (endpoint_.tenant) request.url += "/" + http::percent_encode(*endpoint_.tenant);
  request.url += path;
  if (call == Call::get || call == Call::list) request.method = http::Method::get;
  if (request.method == http::Method::post) request.body = std::move(params);
  return request;
}

http::ClientRequest ClientWire::send(const SendMessageRequest& request, bool streaming) {
  SendMessageRequest sent = request;
  sent.tenant = endpoint_.tenant;
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
  const auto path = "/tasks/" + http::percent_encode(request.id) + ":cancel";
  if (endpoint_.binding == Binding::rest) {
    if (request.metadata.empty()) return call(Call::cancel, {}, path);
    auto metadata = json::to_string(json::Value(request.metadata));
    return call(Call::cancel, R"({"metadata":)" + metadata + "}", path);
  }
  CancelTaskRequest sent = request;
  sent.tenant = endpoint_.tenant;
  return call(Call::cancel, json::to_text(sent), path);
}

http::ClientRequest ClientWire::subscribe(const std::string& task_id, const std::string& cursor,
                                          bool by_get) {
  SubscribeToTaskRequest sent;
  sent.id = task_id;
  sent.tenant = endpoint_.tenant;
  const bool rest = endpoint_.binding == Binding::rest;
  auto made = call(Call::subscribe, rest ? std::string() : json::to_text(sent),
                   "/tasks/" + http::percent_encode(task_id) + ":subscribe");
  if (rest && by_get) made.method = http::Method::get;
  if (!cursor.empty()) made.headers.set("Last-Event-ID", cursor);
  return made;
}

bool ClientWire::tells_error(const json::Object& body) const {
  if (const auto* error = body.find("error")) return !error->is_null();
  // 0.3 over REST has the error object itself; a result has no text under `message`.
  const auto* code = body.find("code");
  const auto* message = body.find("message");
  return endpoint_.binding == Binding::rest && code != nullptr && code->if_number() != nullptr &&
         message != nullptr && message->if_string() != nullptr;
}

Result<json::Value> ClientWire::unwrap(json::Value body) const {
  auto* object = body.if_object();
  if (object == nullptr) return fail(invalid_answer("the agent's answer is not a JSON object"));
  if (tells_error(*object)) return fail(read_error(body, 500));
  if (endpoint_.binding == Binding::rest) return body;
  auto* result = object->find("result");
  if (result == nullptr)
    return fail(invalid_answer("the agent's answer has neither result nor error"));
  return std::move(*result);
}

Result<json::Value> ClientWire::result(const http::Response& response) const {
  const bool success = response.status >= 200 && response.status < 300;
  if (!success) {
    Error error = read_error_text(response.body, response.status);
    return fail(with_asked_pause(std::move(error), response.headers));
  }
  auto body = json::parse(response.body);
  if (!body)
    return fail(invalid_answer("the agent's answer is not JSON: " + body.error().message()));
  return unwrap(std::move(*body));
}

Result<StreamResponse> ClientWire::read_item(const http::SseMessage& message) const {
  if (message.event == "error") return fail(read_error_text(message.data, 500));
  auto body = json::parse(message.data);
  if (!body)
    return fail(invalid_answer("an event of the agent is not JSON: " + body.error().message()));
  TRY(value, unwrap(std::move(*body)));
  if (endpoint_.version == Version::v0_3)
    return understood(v03::read_response(std::move(value), form(), ""));
  return understood(json::read<StreamResponse>(with_message_ids(std::move(value)), lenient()));
}

Result<SendMessageResponse> ClientWire::read_send(json::Value value) const {
  SendMessageResponse response;
  if (endpoint_.version == Version::v0_3) {
    TRY(item, understood(v03::read_response(std::move(value), form(), "")));
    response.task = std::move(item.task);
    response.message = std::move(item.message);
  } else {
    TRY(read,
        understood(json::read<SendMessageResponse>(with_message_ids(std::move(value)), lenient())));
    response = std::move(read);
  }
  if (!response.task && !response.message)
    return fail(invalid_answer("the agent answered neither a task nor a message"));
  return response;
}

Result<Task> ClientWire::read_task(json::Value value) const {
  if (endpoint_.version == Version::v1_0)
    return understood(json::read<Task>(with_message_ids(std::move(value)), lenient()));
  TRY(old, understood(json::read<v03::Task>(std::move(value), lenient())));
  return understood(v03::from_v03(std::move(old), ""));
}

Result<ListTasksResponse> ClientWire::read_list(json::Value value) const {
  return understood(json::read<ListTasksResponse>(with_message_ids(std::move(value)), lenient()));
}

}  // namespace flotilla::a2a
