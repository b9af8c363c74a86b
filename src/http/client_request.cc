#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "http/client_exchange_internal.h"

namespace flotilla::http {
namespace {

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// RFC 9110 section 5.5: no control characters but the tab.
bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 9> kOurs = {
      "Host",    "Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive",
      "Upgrade", "TE",         "Trailer",        "Proxy-Connection"};
  return std::ranges::any_of(kOurs, [&](auto ours) { return iequals(name, ours); });
}

bool has_body(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

}  // namespace

Result<std::string> format_request_head(const ClientRequest& request, const Url& url) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", to_string(request.method),
                                url.target, url.authority());
  for (const auto& [name, value] : request.headers.fields()) {
    if (!is_token(name)) return fail(invalid("headers", "'" + name + "' is not a field name"));
    if (!is_field_value(value)) {
      return fail(invalid("headers/" + name, "the value holds a control character"));
    }
    if (!is_ours(name)) out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.headers.find("User-Agent"))
    out.append("User-Agent: flotilla/" FLOTILLA_VERSION "\r\n");
  if (!request.headers.find("Accept")) out.append("Accept: */*\r\n");
  if (!request.headers.find("Accept-Encoding")) out.append("Accept-Encoding: identity\r\n");
  if (has_body(request.method) || !request.body.empty()) {
    out.append(fmt::format("Content-Length: {}\r\n", request.body.size()));
  }
  out.append("\r\n");
  return out;
}

}  // namespace flotilla::http
