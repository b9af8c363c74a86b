// What a foreign MCP server and its authorization server send: messages, errors, tool schemas,
// challenges, metadata. The first byte chooses what the rest is. Errors are short and text.
#include <cstddef>
#include <cstdint>
#include <string>

#include "async/loops.h"
#include "base/assert.h"
#include "base/utf8.h"
#include "mcp/client_http_internal.h"
#include "mcp/header_value.h"
#include "mcp/oauth_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kErrorMax = 1000;

void check_text(const std::string& text) {
  FLOTILLA_ASSERT(text.size() <= kErrorMax, "errors are bounded");
  FLOTILLA_ASSERT(is_utf8(text), "errors are text");
}

/// Whatever was read can be written and is then read as the same kind.
class Sink final : public TransportSink {
 public:
  Async<> receive(RpcMessage message, std::optional<RequestId>) override {
    if (auto* request = std::get_if<RpcRequest>(&message)) {
      check<RpcRequest>(write_request(request->id, request->method, request->params));
    } else if (auto* told = std::get_if<RpcNotification>(&message)) {
      check<RpcNotification>(write_notification(told->method, told->params));
    }
    co_return;
  }
  [[nodiscard]] bool awaits(RequestId) const override { return true; }
  bool receive_garbage(const std::string& what) override {
    check_text(shown(what));
    return true;
  }
  void missed_changes() override {}
  void closed(const Error&) override {}

 private:
  template <class T>
  static void check(const std::string& text) {
    const auto again = read_message(*json::parse(text));
    FLOTILLA_ASSERT(std::holds_alternative<T>(again), "what was read can be written");
  }
};

void read_messages(const std::string& input) {
  Sink sink;
  ClientLimits limits;
  const auto work = [](TransportSink& to, const ClientLimits& within, std::string text) -> Async<> {
    std::ignore = co_await deliver(to, within, std::move(text), std::nullopt);
  };
  run_blocking(work(sink, limits, input));
}

void read_tool(const std::string& input) {
  const auto schema = json::parse(input);
  if (!schema || schema->if_object() == nullptr) return;
  const auto parameters = header_parameters_of(*schema->if_object());
  if (!parameters) return;
  for (const auto& [name, value] : parameter_headers(*parameters, *schema->if_object())) {
    for (const char c : name + value)
      FLOTILLA_ASSERT(c >= ' ' && c <= '~', "headers are visible ASCII");
  }
}

void read_authorization(const std::string& input) {
  http::Headers headers;
  headers.add("WWW-Authenticate", input);
  std::ignore = challenge_parameters(headers);
  std::ignore = decode_form(input);
  std::ignore = read_resource_metadata(input);
  std::ignore = read_server_metadata(input);
  if (const auto url = http::parse_url(input)) {
    std::ignore = server_metadata_urls(*url);
    FLOTILLA_ASSERT(covers(*url, *url), "a resource covers itself");
  }
}

}  // namespace
}  // namespace flotilla::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla::mcp;
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read_messages(input);
      break;
    case 1:
      read_tool(input);
      break;
    case 2:
      read_authorization(input);
      break;
    default:
      check_text(http_failure("https://a.example/mcp", 500, input).message());
      std::ignore = rpc_error_in(input, "1");
  }
  return 0;
}
