#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "http/response_head_internal.h"
#include "http/status.h"

namespace flotilla::http {
namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 202:
      return "HTTP/1.1 202 Accepted\r\n";
    case 204:
      return "HTTP/1.1 204 No Content\r\n";
    case 206:
      return "HTTP/1.1 206 Partial Content\r\n";
    case 301:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case 302:
      return "HTTP/1.1 302 Found\r\n";
    case 303:
      return "HTTP/1.1 303 See Other\r\n";
    case 304:
      return "HTTP/1.1 304 Not Modified\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 308:
      return "HTTP/1.1 308 Permanent Redirect\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 406:
      return "HTTP/1.1 406 Not Acceptable\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 410:
      return "HTTP/1.1 410 Gone\r\n";
    case 412:
      return "HTTP/1.1 412 Precondition Failed\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 414:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 417:
      return "HTTP/1.1 417 Expectation Failed\r\n";
    case 421:
      return "HTTP/1.1 421 Misdirected Request\r\n";
    case 422:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 499:
      return "HTTP/1.1 499 Client Closed Request\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 501:
      return "HTTP/1.1 501 Not Implemented\r\n";
    case 502:
      return "HTTP/1.1 502 Bad Gateway\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    case 504:
      return "HTTP/1.1 504 Gateway Timeout\r\n";
    case 505:
      return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default:
      return {};
  }
}

/// Fields that say where the message ends belong to the connection.
bool is_framing_field(std::string_view name) {
  switch (name.size()) {
    case 6:
      return iequals(name, "server");
    case 10:
      return iequals(name, "connection") || iequals(name, "keep-alive");
    case 14:
      return iequals(name, "content-length");
    case 17:
      return iequals(name, "transfer-encoding");
    default:
      return name.empty();
  }
}

bool breaks_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

void append_number(std::size_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(std::begin(digits), end);
}

void append_framing(const Framing& framing, std::string& out) {
  switch (framing.body) {
    case Framing::Body::sized:
      out += "Content-Length: ";
      append_number(framing.length, out);
      out += "\r\n";
      break;
    case Framing::Body::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case Framing::Body::until_close:
    case Framing::Body::none:
      break;
  }
  if (framing.close) {
    out += "Connection: close\r\n";
  } else if (!framing.http_1_1) {
    out += "Connection: keep-alive\r\n";
  }
}

}  // namespace

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_head(const Response& response, const Framing& framing, std::string& out) {
  if (const auto line = status_line(response.status); !line.empty()) {
    out += line;
  } else {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} Status\r\n", response.status);
  }
  out += framing.common;
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_framing_field(name) || breaks_line(name) || breaks_line(value)) continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!framing.request_id.empty()) {
    out.append("X-Request-Id: ").append(framing.request_id).append("\r\n");
  }
  out += framing.extra;
  append_framing(framing, out);
  out += "\r\n";
}

std::string common_lines(Time now) {
  return fmt::format("Server: flotilla\r\nDate: {}\r\n", to_http_date(now));
}

}  // namespace flotilla::http
