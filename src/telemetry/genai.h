#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "telemetry/trace.h"

/// Spans of agents by OpenTelemetry's semantic conventions for generative AI: names and attributes
/// in one place. https://opentelemetry.io/docs/specs/semconv/gen-ai/
namespace flotilla::telemetry {

struct AgentSpan {
  std::string_view name_space;
  std::string_view agent;
  std::string_view task;
  std::string_view conversation;
};
/// `invoke_agent NAME`: one turn of a task. `trace` names the trace where there is no parent.
Span start_agent_span(Tracer& tracer, SpanKind kind, const SpanContext& parent,
                      const std::array<std::uint8_t, 16>* trace, const AgentSpan& about);

/// `chat MODEL`: one call of a model.
Span start_model_span(Tracer& tracer, const SpanContext& parent, std::string_view provider,
                      std::string_view model);
struct ModelSpanEnd {
  std::string_view response_model;
  std::string_view response_id;
  std::string_view finish_reason;  // stop, tool_calls, length, …
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_input_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t reasoning_tokens = 0;
};
/// Ends it.
void finish_model_span(Span& span, const ModelSpanEnd& end);

/// `execute_tool NAME`: one call of a tool; `server` is its ToolServer, may be empty.
Span start_tool_span(Tracer& tracer, const SpanContext& parent, std::string_view tool,
                     std::string_view call_id, std::string_view server);

/// `embeddings MODEL`.
Span start_embeddings_span(Tracer& tracer, const SpanContext& parent, std::string_view model);

}  // namespace flotilla::telemetry
