#include "telemetry/otlp/encode.h"

#include <bit>
#include <cstring>

#include "base/utf8.h"

namespace flotilla::telemetry::otlp {

namespace {

/// Wire types of protobuf.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Writes one message; what is of its default value is left out, as proto3 has it.
class Message {
 public:
  void varint(std::uint32_t field, std::uint64_t value) {
    if (value != 0) raw_varint(field, value);
  }
  /// Also when zero: members of a oneof are written whatever they are.
  void raw_varint(std::uint32_t field, std::uint64_t value) {
    key(field, Wire::varint);
    number(value);
  }
  void fixed64(std::uint32_t field, std::uint64_t value) {
    if (value != 0) raw_fixed64(field, value);
  }
  void raw_fixed64(std::uint32_t field, std::uint64_t value) {
    key(field, Wire::fixed64);
    for (int i = 0; i < 8; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void fixed32(std::uint32_t field, std::uint32_t value) {
    if (value == 0) return;
    key(field, Wire::fixed32);
    for (int i = 0; i < 4; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void bytes(std::uint32_t field, std::string_view value) {
    if (!value.empty()) raw_bytes(field, value);
  }
  void raw_bytes(std::uint32_t field, std::string_view value) {
    key(field, Wire::bytes);
    number(value.size());
    out_.append(value);
  }
  void text(std::uint32_t field, std::string_view value) {
    if (!value.empty()) raw_text(field, value);
  }
  void raw_text(std::uint32_t field, std::string_view value) {
    if (is_utf8(value)) return raw_bytes(field, value);
    raw_bytes(field, mended(value));
  }
  void message(std::uint32_t field, const Message& part) { raw_bytes(field, part.out_); }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  static std::string mended(std::string_view value) {
    std::string text;
    while (!value.empty()) {
      const std::size_t length = utf8_sequence(value);
      text.append(length == 0 ? std::string_view("\xef\xbf\xbd") : value.substr(0, length));
      value.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
  }
  void key(std::uint32_t field, Wire wire) {
    number(field << 3 | static_cast<std::uint32_t>(wire));
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  std::string out_;
};

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& bytes) {
  for (std::uint8_t byte : bytes)
    if (byte != 0) return {std::bit_cast<const char*>(bytes.data()), N};
  return {};
}

std::uint64_t nanos(std::int64_t at) {
  return static_cast<std::uint64_t>(at);
}

/// AnyValue.
struct ValueWriter {
  Message out;
  void operator()(bool value) { out.raw_varint(2, value ? 1 : 0); }
  void operator()(std::int64_t value) { out.raw_varint(3, static_cast<std::uint64_t>(value)); }
  void operator()(double value) { out.raw_fixed64(4, std::bit_cast<std::uint64_t>(value)); }
  void operator()(const std::string& value) { out.raw_text(1, value); }
  void operator()(const std::vector<std::string>& values) {
    Message array;
    for (const auto& value : values) {
      Message item;
      item.raw_text(1, value);
      array.message(1, item);
    }
    out.message(5, array);
  }
};

void add_attributes(Message& out, std::uint32_t field, const Attributes& attributes) {
  for (const auto& [key, value] : attributes) {
    ValueWriter writer;
    std::visit(writer, value);
    Message pair;
    pair.text(1, key);
    pair.message(2, writer.out);
    out.message(field, pair);
  }
}

Message event_message(const SpanEvent& event) {
  Message out;
  out.fixed64(1, nanos(event.at_ns));
  out.text(2, event.name);
  add_attributes(out, 3, event.attributes);
  return out;
}

Message span_message(const SpanRecord& span) {
  Message out;
  out.bytes(1, view(span.context.trace));
  out.bytes(2, view(span.context.span));
  out.bytes(4, view(span.parent));
  out.text(5, span.name);
  out.varint(6, static_cast<std::uint64_t>(span.kind));
  out.fixed64(7, nanos(span.start_ns));
  out.fixed64(8, nanos(span.end_ns));
  add_attributes(out, 9, span.attributes);
  for (const auto& event : span.events) out.message(11, event_message(event));
  for (const auto& other : span.links) {
    Message link;
    link.bytes(1, view(other.trace));
    link.bytes(2, view(other.span));
    link.fixed32(6, other.sampled ? 1 : 0);
    out.message(13, link);
  }
  if (span.status != SpanStatus::unset) {
    Message status;
    status.text(2, span.status_message);
    status.varint(3, static_cast<std::uint64_t>(span.status));
    out.message(15, status);
  }
  out.fixed32(16, span.context.sampled ? 1 : 0);
  return out;
}

/// Reads fields of a message that somebody else wrote; false at its end or at nonsense.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}
  bool next() {
    std::uint64_t tag = 0;
    if (data_.empty() || !varint(tag)) return false;
    field = tag >> 3;
    switch (static_cast<Wire>(tag & 7)) {
      case Wire::varint:
        return varint(number);
      case Wire::bytes: {
        std::uint64_t size = 0;
        if (!varint(size) || size > data_.size()) return false;
        bytes = data_.substr(0, size);
        data_.remove_prefix(size);
        return true;
      }
      case Wire::fixed64:
        return skip(8);
      case Wire::fixed32:
        return skip(4);
    }
    return false;
  }
  std::uint64_t field = 0;
  std::uint64_t number = 0;
  std::string_view bytes;

 private:
  bool skip(std::size_t count) {
    if (data_.size() < count) return false;
    data_.remove_prefix(count);
    return true;
  }
  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !data_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(data_.front());
      data_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  std::string_view data_;
};

}  // namespace

std::string encode_spans(const Source& source, std::span<const SpanRecord> spans) {
  Message scope;
  scope.text(1, source.scope_name);
  scope.text(2, source.scope_version);
  Message scope_spans;
  scope_spans.message(1, scope);
  for (const auto& span : spans) scope_spans.message(2, span_message(span));
  Message resource;
  add_attributes(resource, 1, source.resource);
  Message resource_spans;
  resource_spans.message(1, resource);
  resource_spans.message(2, scope_spans);
  Message request;
  request.message(1, resource_spans);
  return std::move(request).take();
}

PartialSuccess decode_answer(std::string_view body) {
  PartialSuccess found;
  Reader answer(body);
  while (answer.next()) {
    if (answer.field != 1) continue;
    Reader partial(answer.bytes);
    while (partial.next()) {
      if (partial.field == 1) found.rejected = static_cast<std::int64_t>(partial.number);
      if (partial.field == 2) found.message = std::string(partial.bytes);
    }
  }
  return found;
}

}  // namespace flotilla::telemetry::otlp
