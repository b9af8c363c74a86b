#include "a2a/stream_encoder.h"

#include <utility>

#include "a2a/extensions.h"
#include "a2a/legacy.h"

namespace flotilla::a2a {
namespace {

constexpr std::array<std::string_view, 4> kMembers{R"({"task":)", R"({"message":)",
                                                   R"({"statusUpdate":)", R"({"artifactUpdate":)"};

}  // namespace

StreamEncoder::StreamEncoder(Wire wire) : wire_(std::move(wire)) {
  const bool rpc = wire_.binding == Binding::jsonrpc;
  // Items of 0.3 JSON-RPC tell their kind themselves.
  const bool wrapped = wire_.version == Version::v1_0 || !rpc;
  const std::string open = rpc ? R"({"jsonrpc":"2.0","id":)" + wire_.id + R"(,"result":)" : "";
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    prefixes_.at(i) = open;
    if (wrapped) prefixes_.at(i) += kMembers.at(i);
  }
  cursors_ = is_active(wire_.extensions, kCursorExtension);
  if (rpc) suffix_ += '}';
  if (wrapped) suffix_ += '}';
}

Result<http::SseEvent> StreamEncoder::event(const StreamItem& item) const {
  http::SseEvent out;
  if (item.cursor != 0) out.id = std::to_string(item.cursor);
  out.prefix = prefixes_.at(static_cast<std::size_t>(item.kind));
  out.suffix = suffix_;
  if (cursors_ && item.cursor != 0) {
    TRY(text, own_text(item));
    out.shared = std::make_shared<const std::string>(std::move(text));
    return out;
  }
  out.shared = wire_.version == Version::v1_0 ? item.json : legacy_text(item, form_of(wire_));
  if (!out.shared) return fail(Error(Code::internal, "stream item has no text for this version"));
  return out;
}

Result<std::string> StreamEncoder::own_text(const StreamItem& item) const {
  auto text = with_cursor(*item.json, cursor_place(item.cursor, item.generation));
  if (wire_.version == Version::v1_0) return text;
  return to_v03_text(item.kind, text, form_of(wire_));
}

Result<std::vector<http::SseEvent>> StreamEncoder::events(
    const std::vector<StreamItem>& items) const {
  std::vector<http::SseEvent> out;
  out.reserve(items.size());
  for (const StreamItem& item : items) {
    TRY(encoded, event(item));
    out.push_back(std::move(encoded));
  }
  return out;
}

http::SseEvent StreamEncoder::error(const Error& error, std::string_view request_id) const {
  http::SseEvent out;
  out.event = "error";
  out.prefix = error_body(wire_, error, request_id);
  return out;
}

}  // namespace flotilla::a2a
