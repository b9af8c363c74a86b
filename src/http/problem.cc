#include <string>

#include "http/message.h"
#include "json/json.h"

namespace flotilla::http {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
  json::write_string(name, out);
  out.push_back(':');
  json::write_string(value, out);
}

void append_violations(std::string& out, const Error& error) {
  if (error.violations().empty()) return;
  out += ",\"errors\":[";
  bool first = true;
  for (const FieldViolation& violation : error.violations()) {
    if (!first) out.push_back(',');
    first = false;
    out.push_back('{');
    append_member(out, "pointer", violation.field);
    out.push_back(',');
    append_member(out, "detail", violation.description);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_metadata(std::string& out, const Error& error) {
  if (error.metadata().empty()) return;
  out += ",\"metadata\":{";
  bool first = true;
  for (const auto& [name, value] : error.metadata()) {
    if (!first) out.push_back(',');
    first = false;
    append_member(out, name, value);
  }
  out.push_back('}');
}

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return 400;
    case Code::unauthenticated:
      return 401;
    case Code::permission_denied:
      return 403;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::conflict:
    case Code::failed_precondition:
      return 409;
    case Code::resource_exhausted:
      return 429;
    case Code::cancelled:
      return 499;
    case Code::data_loss:
    case Code::internal:
      return 500;
    case Code::unimplemented:
      return 501;
    case Code::unavailable:
      return 503;
    case Code::deadline_exceeded:
      return 504;
  }
  return 500;
}

Response Response::problem(const Error& error) {
  return problem(status_of(error.code()), error);
}

Response Response::problem(int status, const Error& error) {
  std::string body = R"({"type":"https://flotilla.dev/errors/)";
  body += error.reason();  // UPPER_SNAKE from our own list: nothing to escape
  body += "\",";
  append_member(body, "title", to_string(error.code()));
  body += ",\"status\":" + std::to_string(status) + ",";
  append_member(body, "detail", error.message());
  body.push_back(',');
  append_member(body, "reason", error.reason());
  append_violations(body, error);
  append_metadata(body, error);
  body.push_back('}');
  Response response = text(status, std::move(body), "application/problem+json");
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace flotilla::http
