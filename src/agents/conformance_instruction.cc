#include "agents/conformance_instruction.h"

#include <utility>

namespace flotilla::agents::conformance {

namespace {

constexpr std::string_view kMediaType = "application/x-protobuf";
constexpr std::string_view kFileName = "instruction.bin";

Error broken(const std::string& why) {
  return Error(Code::invalid_argument, "the instruction " + why);
}

/// One field of a protobuf message: varints and length-delimited values only.
struct Field {
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  /// nullopt at the end.
  Result<std::optional<Field>> next() {
    if (rest_.empty()) return std::optional<Field>();
    TRY(tag, varint());
    Field field;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    if (field.number == 0) return fail(broken("has a field without number"));
    if ((tag & 7U) == 0) {
      TRY(value, varint());
      field.value = value;
    } else if ((tag & 7U) == 2) {
      TRY(length, varint());
      if (length > rest_.size()) return fail(broken("is cut"));
      field.bytes = rest_.substr(0, static_cast<std::size_t>(length));
      rest_.remove_prefix(field.bytes.size());
    } else {
      return fail(broken("has a field of a type that it does not use"));
    }
    return std::optional<Field>(field);
  }

 private:
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    return fail(broken("is cut"));
  }

  std::string_view rest_;
};

Result<CallAgent> read_call(std::string_view bytes) {
  CallAgent call;
  Reader reader(bytes);
  for (;;) {
    TRY(field, reader.next());
    if (!field) return call;
    if (field->number == 1) call.transport = field->bytes;
    if (field->number == 2) call.url = field->bytes;
    if (field->number == 3) call.nested = field->bytes;
    if (field->number == 4) call.streaming = field->value != 0;
    if (field->number == 5) call.behaviour = CallBehaviour::send;
    if (field->number == 7) call.behaviour = CallBehaviour::resubscribe;
    if (field->number != 6) continue;
    call.behaviour = CallBehaviour::push;
    Reader push(field->bytes);
    TRY(url, push.next());
    if (url && url->number == 1) call.webhook = url->bytes;
  }
}

Result<ReturnResponse> read_answer(std::string_view bytes) {
  ReturnResponse answer;
  Reader reader(bytes);
  for (;;) {
    TRY(field, reader.next());
    if (!field) return answer;
    if (field->number == 1) answer.text = field->bytes;
    if (field->number == 2) answer.hold = field->value != 0;
  }
}

Result<Instruction> read(std::string_view bytes, std::size_t depth, std::size_t& steps);

Result<std::vector<Instruction>> read_steps(std::string_view bytes, std::size_t depth,
                                            std::size_t& steps) {
  std::vector<Instruction> out;
  Reader reader(bytes);
  for (;;) {
    TRY(field, reader.next());
    if (!field) return out;
    if (field->number != 1) continue;
    TRY(step, read(field->bytes, depth + 1, steps));
    out.push_back(std::move(step));
  }
}

Result<Instruction> read(std::string_view bytes, std::size_t depth, std::size_t& steps) {
  if (depth > kMaxInstructionDepth || ++steps > kMaxInstructionSteps)
    return fail(broken("is too long"));
  Instruction out;
  Reader reader(bytes);
  for (;;) {
    TRY(field, reader.next());
    if (!field) break;
    if (field->number == 1) {
      TRY(call, read_call(field->bytes));
      out.call = std::move(call);
    } else if (field->number == 2) {
      TRY(answer, read_answer(field->bytes));
      out.answer = std::move(answer);
    } else if (field->number == 3) {
      TRY(nested, read_steps(field->bytes, depth, steps));
      out.steps = std::move(nested);
    }
  }
  if (!out.call && !out.answer && out.steps.empty()) return fail(broken("says nothing to do"));
  return out;
}

}  // namespace

Result<Instruction> parse_instruction(std::string_view bytes) {
  std::size_t steps = 0;
  return read(bytes, 0, steps);
}

std::optional<std::string> find_instruction(const a2a::Message& message) {
  for (const auto& part : message.parts) {
    if (!part.raw) continue;
    if (part.mediaType == kMediaType || part.filename == kFileName) return part.raw->bytes;
  }
  return std::nullopt;
}

a2a::Part instruction_part(std::string bytes) {
  a2a::Part part;
  part.raw = json::Base64{std::move(bytes)};
  part.filename = kFileName;
  part.mediaType = kMediaType;
  return part;
}

}  // namespace flotilla::agents::conformance
