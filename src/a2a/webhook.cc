#include "a2a/webhook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "a2a/v03.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {

namespace {

json::ReadOptions lenient() {
  json::ReadOptions options;
  options.proto_names = true;
  return options;
}

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return http::iequals(type, "application/json") || http::iequals(type, "application/a2a+json");
}

/// `Authorization: SCHEME CREDENTIALS`; the scheme in any case.
bool shows(std::string_view header, const std::string& scheme, const Secret& credentials) {
  const auto space = header.find(' ');
  if (space == std::string_view::npos || !http::iequals(header.substr(0, space), scheme))
    return false;
  header.remove_prefix(space);
  while (header.starts_with(' ')) header.remove_prefix(1);
  return credentials.equals(header);
}

/// Of 1.0, and of 0.3 over HTTP+JSON.
bool is_wrapped(const json::Object& body) {
  constexpr std::array<std::string_view, 7> kMembers{
      "task",          "message",        "msg", "statusUpdate", "artifactUpdate",
      "status_update", "artifact_update"};
  return std::ranges::any_of(kMembers, [&](auto name) { return body.find(name) != nullptr; });
}

Result<StreamResponse> read_bare_task(json::Value body) {
  TRY(old, json::read<v03::Task>(std::move(body), lenient()));
  TRY(task, v03::from_v03(std::move(old), ""));
  StreamResponse item;
  item.task = std::move(task);
  return item;
}

/// 0.3 has a bare object with `kind`; 1.0 a StreamResponse.
Result<WebhookEvent> read_event(json::Value body, bool stated_old) {
  const json::Object* object = body.if_object();
  if (object == nullptr) return fail(invalid("", "expected object"));
  WebhookEvent event;
  if (object->find("kind") != nullptr || !is_wrapped(*object)) {
    const bool kind = object->find("kind") != nullptr;
    event.version = Version::v0_3;
    TRY(item, kind ? v03::read_response(std::move(body), v03::Form::rpc, "")
                   : read_bare_task(std::move(body)));
    event.item = std::move(item);
  } else if (stated_old) {
    event.version = Version::v0_3;
    TRY(item, v03::read_response(std::move(body), v03::Form::rest, ""));
    event.item = std::move(item);
  } else {
    TRY(item, json::read<StreamResponse>(std::move(body), lenient()));
    event.item = std::move(item);
  }
  return event;
}

std::string task_of(const StreamResponse& item) {
  if (item.task) return item.task->id;
  if (item.statusUpdate) return item.statusUpdate->taskId;
  if (item.artifactUpdate) return item.artifactUpdate->taskId;
  if (item.message) return item.message->taskId.value_or("");
  return {};
}

bool is_piece(const StreamResponse& item) {
  return item.artifactUpdate && item.artifactUpdate->append.value_or(false);
}

std::string key_of(const http::Request& request, const WebhookEvent& event) {
  if (const auto stated = request.headers.find("Idempotency-Key"); stated && !stated->empty())
    return "key " + hex(sha256(*stated));
  if (is_piece(event.item)) return {};
  return "body " + hex(sha256(request.body));
}

}  // namespace

Result<> WebhookVerifier::authenticate(const http::Request& request) const {
  if (options_.token.empty() && options_.credentials.empty()) return ok();
  bool shown = false;
  bool wrong = false;
  if (const auto token = request.headers.find("X-A2A-Notification-Token");
      token && !options_.token.empty()) {
    shown = true;
    wrong = !options_.token.equals(*token);
  }
  if (const auto header = request.headers.find("Authorization");
      header && !options_.credentials.empty()) {
    shown = true;
    const bool fits = shows(*header, options_.scheme, options_.credentials);
    wrong = wrong || !fits;
  }
  if (shown && !wrong) return ok();
  return fail(Error(Code::unauthenticated,
                    "the notification does not show the token or credentials of its config"));
}

Result<WebhookEvent> WebhookVerifier::accept(const http::Request& request) {
  TRY_VOID(authenticate(request));
  if (request.method != http::Method::post)
    return fail(Error(Code::invalid_argument, "a notification is a POST"));
  if (!is_json(request.headers.find("Content-Type").value_or("")))
    return fail(Error(Code::invalid_argument,
                      "Content-Type must be application/a2a+json or application/json"));
  if (request.body.size() > options_.body_limit)
    return fail(Error(Code::invalid_argument, "the notification is larger than " +
                                                  std::to_string(options_.body_limit) + " bytes"));
  TRY(body, json::parse(request.body));
  const auto stated = request.headers.find("A2A-Version").value_or("");
  TRY(event, read_event(std::move(body), stated.starts_with("0.3")));
  const auto& item = event.item;
  const int members = int{item.task.has_value()} + int{item.message.has_value()} +
                      int{item.statusUpdate.has_value()} + int{item.artifactUpdate.has_value()};
  if (members != 1)
    return fail(invalid("", "must have one of task, message, statusUpdate and artifactUpdate"));
  if (!options_.task_id.empty() && task_of(item) != options_.task_id)
    return fail(Error(Code::invalid_argument, "the event is of another task"));
  event.key = key_of(request, event);
  event.repeated = is_repeat(event.key);
  return event;
}

bool WebhookVerifier::is_repeat(const std::string& key) {
  if (key.empty() || options_.remembered == 0) return false;
  const std::lock_guard lock(mutex_);
  if (!keys_.insert(key).second) return true;
  order_.push_back(key);
  if (order_.size() > options_.remembered) {
    keys_.erase(order_.front());
    order_.pop_front();
  }
  return false;
}

void WebhookVerifier::forget(const WebhookEvent& event) {
  const std::lock_guard lock(mutex_);
  if (keys_.erase(event.key) != 0) std::erase(order_, event.key);
}

http::Response WebhookVerifier::answer(const Result<WebhookEvent>& event) {
  if (!event) return http::Response::problem(event.error());
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace flotilla::a2a
