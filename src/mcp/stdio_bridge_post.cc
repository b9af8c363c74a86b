#include <utility>

#include "mcp/error.h"
#include "mcp/method.h"
#include "mcp/modern_request.h"
#include "mcp/stdio_bridge_internal.h"

// One request of the client over HTTP, until it is answered.
namespace flotilla::mcp {
namespace {

constexpr std::size_t kBodyLimit = std::size_t{64} << 20;
constexpr int kToolPages = 50;

const std::string* text_at(const json::Object& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value == nullptr ? nullptr : value->if_string();
}

const json::Object* object_at(const json::Value& value, std::string_view name) {
  const json::Object* object = value.if_object();
  const json::Value* member = object == nullptr ? nullptr : object->find(name);
  return member == nullptr ? nullptr : member->if_object();
}

/// The code of an error message; 0 for anything else.
std::int64_t error_code(const json::Value& message) {
  const json::Object* error = object_at(message, "error");
  const json::Value* number = error == nullptr ? nullptr : error->find("code");
  return number == nullptr ? 0 : number->as_int64().value_or(0);
}

bool is_message(const json::Value& value) {
  const json::Object* object = value.if_object();
  return object != nullptr && object->find("jsonrpc") != nullptr;
}

bool is_answer(const json::Value& message, const std::string& id) {
  const json::Object* object = message.if_object();
  if (object == nullptr || object->find("method") != nullptr) return false;
  const json::Value* given = object->find("id");
  return given != nullptr && json::to_string(*given) == id;
}

bool is_acknowledgement(const json::Value& message) {
  const json::Object* object = message.if_object();
  const std::string* method = object == nullptr ? nullptr : text_at(*object, "method");
  return method != nullptr && *method == "notifications/subscriptions/acknowledged";
}

bool is_event_stream(const http::ClientStream& stream) {
  const auto type = stream.headers().find("Content-Type");
  return type && type->starts_with("text/event-stream");
}

}  // namespace

StdioBridge::Sent::Sent(RpcRequest parsed, json::Value whole)
    : request(std::move(parsed)),
      message(std::move(whole)),
      modern(claims_modern(request.params)),
      listens(modern && request.method == "subscriptions/listen") {}

Async<Result<std::string>> read_all(http::ClientStream& stream) {
  std::string body;
  for (;;) {
    CO_TRY(piece, co_await stream.read());
    if (!piece) co_return body;
    body += *piece;
    if (body.size() > kBodyLimit)
      co_return fail(Error(Code::resource_exhausted, "the answer is too large"));
  }
}

http::ClientRequest StdioBridge::request(http::Method method) const {
  http::ClientRequest out;
  out.method = method;
  out.url = options_.url;
  out.headers = options_.headers;
  out.headers.set("Accept", "application/json, text/event-stream");
  if (method == http::Method::post) out.headers.set("Content-Type", "application/json");
  return out;
}

void StdioBridge::add_session(http::ClientRequest& request) const {
  if (!session_.empty()) request.headers.set("Mcp-Session-Id", session_);
  if (!version_.empty()) request.headers.set("MCP-Protocol-Version", version_);
}

void StdioBridge::add_modern_headers(const Sent& sent, http::ClientRequest& request) const {
  const json::Object* meta = meta_of(sent.request.params);
  const std::string key = std::string(kMetaPrefix) + "protocolVersion";
  if (const auto* version = text_at(*meta, key))
    request.headers.set("MCP-Protocol-Version", *version);
  request.headers.set("Mcp-Method", sent.request.method);
  const auto method = find_method(kNewest, sent.request.method);
  if (!method) return;
  const auto named = named_parameter(*method);
  const auto* name = named.empty() ? nullptr : text_at(sent.request.params, named);
  if (name != nullptr) request.headers.set("Mcp-Name", encode_header(*name));
  if (*method != Method::call_tool || name == nullptr) return;
  const auto tool = tools_.find(*name);
  const json::Value* arguments = sent.request.params.find("arguments");
  if (tool == tools_.end() || arguments == nullptr || arguments->if_object() == nullptr) return;
  for (auto& [header, value] : parameter_headers(tool->second, *arguments->if_object()))
    request.headers.set(header, value);
}

void StdioBridge::fail_request(const std::string& id, const std::string& why) {
  write_(write_error(id, rpc_error(code::kServerError, why)));
}

Async<bool> StdioBridge::post(Sent& sent) {
  auto post = request(http::Method::post);
  if (sent.modern) {
    add_modern_headers(sent, post);
  } else if (sent.request.method != "initialize") {
    add_session(post);
  }
  post.timeout = std::chrono::hours(24);
  post.body = json::to_string(sent.message);
  const std::string used = session_;
  auto opened = co_await client_.open(std::move(post));
  if (!opened) {
    // Nobody knows whether the server has begun; only a listen is safely asked for again.
    if (sent.listens) co_return false;
    fail_request(sent.request.id,
                 "cannot reach the server at " + options_.url + ": " + opened.error().message());
    co_return true;
  }
  http::ClientStream& stream = **opened;
  if (stream.status() == 200 && is_event_stream(stream)) {
    sent.opened = true;
    const bool ended = co_await take_stream(sent, stream);
    if (ended) co_return true;
    if (sent.listens) co_return false;
    if (!sent.modern && !sent.last_id.empty()) co_return co_await resume(sent);
    fail_request(sent.request.id,
                 "the connection to the server was lost; whether the request took effect is not "
                 "known");
    co_return true;
  }
  auto body = co_await read_all(stream);
  if (!body) {
    fail_request(sent.request.id, "the server's answer was cut: " + body.error().message());
    co_return true;
  }
  if (stream.status() == 404 && !sent.modern && !used.empty() &&
      !std::exchange(sent.revived, true)) {
    const bool revived = co_await revive(used);
    if (revived) co_return co_await this->post(sent);
  }
  if (sent.request.method == "initialize" && !sent.modern) {
    const auto answer = json::parse(*body);
    if (answer && stream.status() == 200) note_initialized(stream, *answer);
  }
  const int status = stream.status();
  co_return co_await take_body(sent, status, std::move(*body));
}

Async<bool> StdioBridge::take_body(Sent& sent, int status, std::string body) {
  auto message = json::parse(body);
  if (!message || !is_message(*message)) {
    fail_request(sent.request.id, "the server answered with HTTP status " + std::to_string(status));
    co_return true;
  }
  if (error_code(*message) == code::kHeaderMismatch && !std::exchange(sent.learned, true)) {
    const bool learned = co_await learn_tools(*meta_of(sent.request.params));
    if (learned) co_return co_await post(sent);
  }
  if (!is_answer(*message, sent.request.id)) {
    const json::Object* error = object_at(*message, "error");
    const std::string* why = error == nullptr ? nullptr : text_at(*error, "message");
    fail_request(sent.request.id, why == nullptr ? "the server did not answer" : *why);
    co_return true;
  }
  if (sent.request.method == "tools/list") note_tools(*message);
  write_(json::to_string(*message));
  co_return true;
}

Async<bool> StdioBridge::take_stream(Sent& sent, http::ClientStream& stream) {
  http::SseParser parser(kBridgeEventLimit);
  bool answered = false;
  while (!answered) {
    auto piece = co_await stream.read();
    std::vector<http::SseMessage> events;
    const bool more = piece && *piece;
    if (more && !parser.feed(**piece, events)) break;
    if (!parser.last_id().empty()) sent.last_id = parser.last_id();
    if (parser.retry()) sent.retry = *parser.retry();
    for (const auto& event : events) {
      if (event.data.empty()) continue;
      const auto message = json::parse(event.data);
      if (!message) continue;
      if (is_acknowledgement(*message) && std::exchange(sent.begun, true)) continue;
      answered = answered || is_answer(*message, sent.request.id);
      write_(event.data);
    }
    if (!more) break;
  }
  co_return answered;
}

/// The rest of a legacy stream, from the server that has it or the one that follows.
Async<bool> StdioBridge::resume(Sent& sent) {
  const auto give_up = clock_.steady_now() + options_.patience;
  while (clock_.steady_now() < give_up) {
    co_await clock_.sleep_for(sent.retry);
    auto get = request(http::Method::get);
    get.headers.set("Accept", "text/event-stream");
    get.headers.set("Last-Event-ID", sent.last_id);
    add_session(get);
    auto opened = co_await client_.open(std::move(get));
    if (!opened) continue;
    http::ClientStream& stream = **opened;
    if (stream.status() >= 500) continue;
    if (stream.status() != 200) break;
    const bool answered = co_await take_stream(sent, stream);
    if (answered) co_return true;
  }
  fail_request(sent.request.id, "the connection to the server was lost and its answer with it");
  co_return true;
}

/// What is mirrored in headers, from the server's list: a stdio client does not know of headers.
Async<bool> StdioBridge::learn_tools(const json::Object& meta) {
  json::Object params;
  params.append("_meta", meta);
  for (int page = 0; page < kToolPages; ++page) {
    RpcRequest list{"0", "tools/list", params};
    auto parsed = json::parse(write_request("0", "tools/list", params));
    Sent sent(std::move(list), parsed ? std::move(*parsed) : json::Value());
    auto post = request(http::Method::post);
    add_modern_headers(sent, post);
    post.body = json::to_string(sent.message);
    auto response = co_await client_.fetch(std::move(post));
    if (!response || response->status != 200) co_return false;
    const auto answer = json::parse(response->body);
    if (!answer) co_return false;
    note_tools(*answer);
    const json::Object* result = object_at(*answer, "result");
    const std::string* next = result == nullptr ? nullptr : text_at(*result, "nextCursor");
    if (next == nullptr) break;
    params.set("cursor", *next);
  }
  co_return true;
}

void StdioBridge::note_tools(const json::Value& message) {
  const json::Object* result = object_at(message, "result");
  const json::Value* tools = result == nullptr ? nullptr : result->find("tools");
  if (tools == nullptr || tools->if_array() == nullptr) return;
  for (const json::Value& tool : *tools->if_array()) {
    const json::Object* schema = object_at(tool, "inputSchema");
    const std::string* name = tool.if_object() ? text_at(*tool.if_object(), "name") : nullptr;
    if (schema == nullptr || name == nullptr) continue;
    auto parameters = header_parameters_of(*schema);
    tools_.erase(*name);
    if (parameters && !parameters->empty()) tools_.emplace(*name, std::move(*parameters));
  }
}

void StdioBridge::note_initialized(const http::ClientStream& stream, const json::Value& message) {
  const json::Object* result = object_at(message, "result");
  const std::string* version = result == nullptr ? nullptr : text_at(*result, "protocolVersion");
  if (version == nullptr) return;
  version_ = *version;
  session_ = std::string(stream.headers().find("Mcp-Session-Id").value_or(""));
}

}  // namespace flotilla::mcp
