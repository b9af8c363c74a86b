#include <algorithm>

#include "base/utf8.h"
#include "mcp/client_transport_internal.h"

namespace flotilla::mcp {

namespace {
constexpr std::size_t kQuotedMax = 200;
constexpr std::size_t kBatchMax = 256;
}  // namespace

std::string_view fault::find(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.metadata()) {
    if (key == name) return value;
  }
  return {};
}

Error broken_protocol(std::string what) {
  return Error(Code::internal, reason::kInvalidAgentResponse, std::move(what));
}

std::string shown(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && out.size() < kQuotedMax) {
    const std::size_t length = utf8_sequence(text.substr(at));
    const bool control = length == 1 && static_cast<unsigned char>(text[at]) < ' ';
    out += length == 0 ? "\uFFFD" : control ? " " : text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  if (at < text.size()) out += "…";
  return out;
}

Async<bool> deliver(TransportSink& sink, const ClientLimits& limits, std::string text,
                    std::optional<RequestId> about) {
  json::ParseLimits parse_limits;
  parse_limits.size = limits.message_bytes;
  auto parsed = json::parse(text, parse_limits);
  if (!parsed) co_return sink.receive_garbage("invalid JSON: " + parsed.error().message());
  auto* batch = parsed->if_array();
  if (batch == nullptr) {
    auto message = read_message(std::move(*parsed));
    co_await sink.receive(std::move(message), about);
    co_return true;
  }
  if (batch->size() > kBatchMax) co_return sink.receive_garbage("a batch of too many messages");
  for (auto& item : *batch) {
    auto message = read_message(std::move(item));
    co_await sink.receive(std::move(message), about);
  }
  co_return true;
}

}  // namespace flotilla::mcp
