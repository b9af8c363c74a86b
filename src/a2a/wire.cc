#include "a2a/wire.h"

#include <initializer_list>

#include "a2a/extensions.h"
#include "a2a/legacy.h"
#include "base/log.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

constexpr Log kLog("a2a");

std::string concat(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  std::string out;
  out.reserve(size);
  for (const std::string_view piece : pieces) out += piece;
  return out;
}

std::string_view media_type(const Wire& wire) {
  const bool own =
      wire.binding == Binding::rest && wire.version == Version::v1_0 && !wire.plain_json;
  return own ? "application/a2a+json" : "application/json";
}

http::Response respond(const Wire& wire, int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(media_type(wire)));
  add_extensions_header(wire, response.headers);
  response.body = std::move(body);
  return response;
}

/// `open` + `json` + `close`, in the JSON-RPC envelope where there is one.
http::Response respond(const Wire& wire, std::string_view open, std::string json,
                       std::string_view close) {
  if (wire.binding == Binding::jsonrpc) {
    return respond(
        wire, 200,
        concat({R"({"jsonrpc":"2.0","id":)", wire.id, R"(,"result":)", open, json, close, "}"}));
  }
  if (open.empty()) return respond(wire, 200, std::move(json));
  return respond(wire, 200, concat({open, json, close}));
}

/// Who may try again, and who must show who they are.
void add_hints(const Error& error, http::Response& response) {
  if (error.code() == Code::unauthenticated) response.headers.add("WWW-Authenticate", "Bearer");
  if (error.code() == Code::unavailable || error.code() == Code::resource_exhausted)
    response.headers.add("Retry-After", "1");
}

/// JSON-RPC errors travel with 200, but for those of the transport (a2a.md 2.2).
int status_for(const Wire& wire, const Error& error) {
  const int status = wire_error(error, wire.profile).http_status;
  if (wire.binding == Binding::rest) return status;
  return status == 401 || status == 403 ? status : 200;
}

}  // namespace

void add_extensions_header(const Wire& wire, http::Headers& headers) {
  if (wire.extensions.empty()) return;
  std::string list;
  for (const auto& uri : wire.extensions) list += (list.empty() ? "" : ", ") + uri;
  headers.add(std::string(extensions_header(wire.version)), std::move(list));
}

http::Response answer_send(const Exchange& exchange, SendOutcome outcome) {
  const Wire& wire = exchange.wire;
  const bool task = outcome.kind == ItemKind::task;
  std::string json = std::move(outcome.json);
  if (wire.version == Version::v0_3) {
    auto translated = to_v03_text(outcome.kind, json, form_of(wire));
    if (!translated) return answer_error(exchange, translated.error());
    json = std::move(*translated);
    if (wire.binding == Binding::jsonrpc) return respond(wire, "", std::move(json), "");
  }
  return respond(wire, task ? R"({"task":)" : R"({"message":)", std::move(json), "}");
}

http::Response answer_task(const Exchange& exchange, std::string task) {
  const Wire& wire = exchange.wire;
  if (wire.version == Version::v0_3) {
    auto translated = to_v03_text(ItemKind::task, task, form_of(wire));
    if (!translated) return answer_error(exchange, translated.error());
    task = std::move(*translated);
  }
  return respond(wire, "", std::move(task), "");
}

http::Response answer_json(const Exchange& exchange, std::string json) {
  return respond(exchange.wire, "", std::move(json), "");
}

http::Response answer_list(const Exchange& exchange, const ListTasksResponse& page) {
  return respond(exchange.wire, "", json::to_text(page), "");
}

http::Response answer_push_config(const Exchange& exchange, TaskPushNotificationConfig config) {
  const Wire& wire = exchange.wire;
  if (wire.version == Version::v1_0) return respond(wire, "", json::to_text(config), "");
  const auto form = form_of(wire);
  return respond(wire, "", json::to_text(v03::to_v03(std::move(config), form)), "");
}

http::Response answer_push_configs(const Exchange& exchange,
                                   ListTaskPushNotificationConfigsResponse page) {
  const Wire& wire = exchange.wire;
  if (wire.version == Version::v1_0) return respond(wire, "", json::to_text(page), "");
  const auto form = form_of(wire);
  v03::PushList list;
  for (auto& config : page.configs) list.configs.push_back(v03::to_v03(std::move(config), form));
  if (form == v03::Form::rpc) return respond(wire, "", json::to_text(list.configs), "");
  if (!page.nextPageToken.empty()) list.nextPageToken = std::move(page.nextPageToken);
  return respond(wire, "", json::to_text(list), "");
}

http::Response answer_deleted(const Exchange& exchange) {
  const Wire& wire = exchange.wire;
  const bool null = wire.version == Version::v0_3 && wire.binding == Binding::jsonrpc;
  return respond(wire, "", null ? "null" : "{}", "");
}

std::string error_body(const Wire& wire, const Error& error, std::string_view request_id) {
  const ErrorContext context{wire.profile, request_id};
  std::string out;
  out.reserve(384 + error.message().size());
  if (wire.binding == Binding::jsonrpc) {
    out += R"({"jsonrpc":"2.0","id":)";
    out += wire.id;
    out += R"(,"error":)";
    write_rpc_error(error, context, out);
    out += '}';
  } else if (wire.version == Version::v1_0) {
    write_rest_error(error, context, out);
  } else {
    write_v03_rest_error(error, context, out);
  }
  return out;
}

http::Response answer_error(const Exchange& exchange, const Error& error) {
  const std::string& request_id = exchange.http.context.request_id;
  if (is_opaque(error)) {
    kLog.error("request failed inside", {{"request", request_id},
                                         {"agent", exchange.agent.name},
                                         {"reason", error.reason()},
                                         {"error", error}});
  }
  auto response = respond(exchange.wire, status_for(exchange.wire, error),
                          error_body(exchange.wire, error, request_id));
  add_hints(error, response);
  return response;
}

Async<http::Response> ready(http::Response response) {
  co_return response;
}

Async<http::Response> refuse(const Exchange& exchange, const Error& error) {
  return ready(answer_error(exchange, error));
}

}  // namespace flotilla::a2a
