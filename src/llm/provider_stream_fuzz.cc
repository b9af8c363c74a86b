#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/id.h"
#include "base/utf8.h"
#include "llm/anthropic_wire_internal.h"
#include "llm/aws_event_stream_internal.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/gemini_wire_internal.h"
#include "llm/ollama_internal.h"
#include "llm/openai_internal.h"
#include "llm/openai_responses_internal.h"
#include "llm/provider_http_internal.h"

// The first byte chooses the wire, the second how the rest is cut. Whatever comes: no crash, no
// unbounded answer, and what is told piece by piece is what the answer has in the end.
namespace flotilla::llm {
namespace {

class SameRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override {
    std::fill_n(static_cast<unsigned char*>(bytes), count, static_cast<unsigned char>(next_++));
  }

 private:
  int next_ = 0;
};

struct Heard {
  std::string text;
  std::size_t calls = 0;
  void take(const std::vector<Delta>& deltas) {
    for (const auto& delta : deltas) {
      if (delta.kind == Delta::Kind::text) text += delta.text;
      if (delta.kind == Delta::Kind::tool_call) ++calls;
    }
  }
};

void check(const Result<Answer>& answer, const Heard& heard) {
  if (!answer) return;
  std::size_t calls = 0;
  std::size_t text = 0;
  for (const auto& part : answer->message.parts) {
    const int kinds = (part.text ? 1 : 0) + (part.reasoning ? 1 : 0) + (part.toolCall ? 1 : 0) +
                      (part.media ? 1 : 0) + (part.toolResult ? 1 : 0);
    FLOTILLA_ASSERT(kinds == 1, "a part is one thing");
    if (part.text) text += part.text->size();
    if (part.text) FLOTILLA_ASSERT(is_utf8(*part.text), "text is text");
    if (!part.toolCall) continue;
    ++calls;
    FLOTILLA_ASSERT(!part.toolCall->id.empty() && !part.toolCall->name.empty(),
                    "a call can be answered");
  }
  FLOTILLA_ASSERT(calls == heard.calls, "each call is told of");
  FLOTILLA_ASSERT(text == heard.text.size(), "all text is told");
}

void run_events(AnswerStream& stream, const std::vector<http::SseMessage>& events) {
  Heard heard;
  for (const auto& event : events) {
    if (!stream.feed(event)) return;
    heard.take(stream.take_deltas());
    if (stream.done()) break;
  }
  auto answer = stream.finish();
  heard.take(stream.take_deltas());
  check(answer, heard);
}

void run_frames(const ModelSettings& settings, std::string_view bytes, std::size_t step) {
  EventStreamParser parser;
  std::vector<EventStreamMessage> messages;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!parser.feed(bytes.substr(at, step), messages)) break;
  }
  // Checksums keep random bytes from getting further: lines stand for messages as well.
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto line = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    const auto space = line.find(' ');
    EventStreamMessage message;
    message.headers = {{":message-type", "event"},
                       {":event-type", std::string(line.substr(0, space))}};
    if (space != std::string_view::npos) message.payload = line.substr(space + 1);
    messages.push_back(std::move(message));
  }
  BedrockStream stream(settings);
  Heard heard;
  for (const auto& message : messages) {
    if (!stream.feed(message)) return;
    heard.take(stream.take_deltas());
    if (stream.done()) break;
  }
  const auto answer = stream.finish();
  check(answer, heard);
}

std::vector<http::SseMessage> events_of(std::string_view bytes, std::size_t step) {
  http::SseParser parser(std::size_t{1} << 20);
  std::vector<http::SseMessage> events;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!parser.feed(bytes.substr(at, step), events)) break;
  }
  return events;
}

std::vector<http::SseMessage> lines_of(std::string_view bytes) {
  std::vector<http::SseMessage> lines;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    http::SseMessage line;
    line.data = bytes.substr(0, end);
    if (!line.data.empty()) lines.push_back(std::move(line));
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
  }
  return lines;
}

void run(std::uint8_t wire, std::size_t step, std::string_view bytes) {
  ModelSettings settings;
  settings.model = "m";
  SameRandom random;
  if (wire == 0) {
    AnthropicStream stream(settings);
    run_events(stream, events_of(bytes, step));
  } else if (wire == 1) {
    settings.provider = Provider::gemini;
    GeminiStream stream(settings, random);
    run_events(stream, events_of(bytes, step));
  } else if (wire == 2) {
    ChatStream stream(settings, CallIds(Request(), random));
    run_events(stream, events_of(bytes, step));
  } else if (wire == 3) {
    ResponsesStream stream(settings, CallIds(Request(), random));
    run_events(stream, events_of(bytes, step));
  } else if (wire == 4) {
    OllamaStream stream(settings, CallIds(Request(), random));
    run_events(stream, lines_of(bytes));
  } else {
    run_frames(settings, bytes, step);
  }
}

}  // namespace
}  // namespace flotilla::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  flotilla::llm::run(data[0] % 6, std::size_t{1} + data[1] % 64, bytes);
  return 0;
}
