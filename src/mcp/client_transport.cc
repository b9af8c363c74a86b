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
  std::string out(text.substr(0, kQuotedMax));
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
  if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0U) out.pop_back();
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (out.size() < text.size()) out += "…";
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
