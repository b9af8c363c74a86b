// What a foreign agent sends: its card, answers, events and errors. Whatever it is, an answer that
// was read can be written and read again, and an error is short and valid UTF-8. The first byte
// chooses what the rest is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "a2a/client_internal.h"
#include "a2a/limits.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "http/url.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

void check(const Error& error) {
  FLOTILLA_ASSERT(error.message().size() <= kMaxPeerText + 200, "errors are bounded");
  FLOTILLA_ASSERT(is_utf8(error.message()), "errors are text");
  FLOTILLA_ASSERT(error.violations().size() <= kMaxPeerDetails, "details are bounded");
  FLOTILLA_ASSERT(error.metadata().size() <= kMaxPeerDetails + 1, "details are bounded");
  for (const auto& [name, value] : error.metadata())
    FLOTILLA_ASSERT(is_utf8(name) && is_utf8(value), "metadata is text");
}

template <class T>
void check(const Result<T>& read) {
  if (!read) return check(read.error());
  const auto text = json::to_text(*read);
  const auto again = json::from_text<T>(text);
  FLOTILLA_ASSERT(again && json::to_text(*again) == text, "what was read can be written");
}

void read_card(const std::string& input) {
  ClientOptions options;
  AgentCard card;
  const auto endpoint = choose_endpoint(input, "https://a.example/x", options, &card);
  if (!endpoint) return check(endpoint.error());
  const auto url = http::parse_url(endpoint->url);
  FLOTILLA_ASSERT(url, "a chosen URL can be called");
  FLOTILLA_ASSERT(
      endpoint->with_token == (url->tls && url->host == "a.example" && url->port == 443),
      "the token is for one peer only");
}

void read_answer(const ClientWire& wire, const std::string& input) {
  http::Response response;
  response.body = input;
  const auto value = wire.result(response);
  if (!value) return check(value.error());
  check(wire.read_send(*value));
  check(wire.read_task(*value));
  check(wire.read_list(*value));
}

void read_event(const ClientWire& wire, const std::string& input) {
  http::SseParser parser;
  std::vector<http::SseMessage> messages;
  std::ignore = parser.feed(input, messages);  // what came before a fault counts
  for (const auto& message : messages) check(wire.read_item(message));
}

void read(std::uint8_t choice, const std::string& input) {
  static const auto options = std::make_shared<const ClientOptions>();
  Endpoint endpoint;
  endpoint.binding = choice % 2 == 0 ? Binding::jsonrpc : Binding::rest;
  endpoint.version = choice / 2 % 2 == 0 ? Version::v1_0 : Version::v0_3;
  const ClientWire wire(std::move(endpoint), options);
  switch (choice / 4 % 4) {
    case 0:
      return read_answer(wire, input);
    case 1:
      return read_event(wire, input);
    case 2:
      return check(read_error_text(input, 400 + choice));
    default:
      return read_card(input);
  }
}

}  // namespace
}  // namespace flotilla::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer gives unsigned bytes
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  flotilla::a2a::read(data[0], input);
  return 0;
}
