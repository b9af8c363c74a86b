#include "agents/declarative/trace_content.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json.h"

namespace flotilla::agents {

namespace {

/// Not within a character.
std::string shortened(std::string_view text) {
  if (text.size() <= kMaxTracedText) return std::string(text);
  std::size_t end = kMaxTracedText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

json::Value content_part(std::string_view type, std::string_view text) {
  return json::Object{{"type", std::string(type)}, {"content", shortened(text)}};
}

json::Value part_value(const llm::Part& part) {
  if (part.text) return content_part("text", *part.text);
  if (part.reasoning) return content_part("reasoning", part.reasoning->text);
  if (part.toolCall)
    return json::Object{{"type", "tool_call"},
                        {"id", part.toolCall->id},
                        {"name", part.toolCall->name},
                        {"arguments", shortened(part.toolCall->arguments)}};
  if (part.toolResult)
    return json::Object{{"type", "tool_call_response"},
                        {"id", part.toolResult->callId},
                        {"response", shortened(part.toolResult->text)}};
  json::Object media{{"type", "blob"}};  // its bytes are no text
  if (part.media) media.set("mime_type", part.media->mediaType);
  return media;
}

json::Object message_value(const llm::Message& message) {
  json::Array parts;
  for (const auto& part : message.parts) parts.push_back(part_value(part));
  const char* role = boost::describe::enum_to_string(message.role, "user");
  return json::Object{{"role", role}, {"parts", std::move(parts)}};
}

}  // namespace

void trace_question(telemetry::Tracer& tracer, telemetry::Span& span, const llm::Request& request) {
  if (!tracer.captures_content() || !span.recording()) return;
  std::vector<std::string> texts;
  std::size_t size = 2;
  for (auto it = request.messages.rbegin(); it != request.messages.rend(); ++it) {
    auto text = json::to_string(json::Value(message_value(*it)));
    if (size + text.size() + 1 > kMaxTracedContent) break;
    size += text.size() + 1;
    texts.push_back(std::move(text));
  }
  std::string all = "[";
  for (auto it = texts.rbegin(); it != texts.rend(); ++it) {
    if (all.size() > 1) all += ',';
    all += *it;
  }
  span.set("gen_ai.input.messages", all + "]");
  if (request.system.empty()) return;
  const json::Array system{content_part("text", request.system)};
  span.set("gen_ai.system_instructions", json::to_string(json::Value(system)));
}

void trace_answer(telemetry::Tracer& tracer, telemetry::Span& span, const llm::Answer& answer) {
  if (!tracer.captures_content() || !span.recording()) return;
  auto message = message_value(answer.message);
  message.set("finish_reason", boost::describe::enum_to_string(answer.finish, "other"));
  auto text = json::to_string(json::Value(json::Array{json::Value(std::move(message))}));
  if (text.size() <= kMaxTracedContent) span.set("gen_ai.output.messages", std::move(text));
}

void trace_arguments(telemetry::Tracer& tracer, telemetry::Span& span, const std::string& json) {
  if (tracer.captures_content()) span.set("gen_ai.tool.call.arguments", shortened(json));
}

void trace_result(telemetry::Tracer& tracer, telemetry::Span& span, const llm::ToolResult& result) {
  if (tracer.captures_content()) span.set("gen_ai.tool.call.result", shortened(result.text));
}

}  // namespace flotilla::agents
