#pragma once

#include <string>

#include "llm/types.h"
#include "telemetry/trace.h"

/// What was said, as attributes of spans: only where the operator asked for it
/// (telemetry::Tracer::captures_content), and shortened. By OpenTelemetry's GenAI conventions.
namespace flotilla::agents {

/// Of one attribute; older messages are left out before newer ones.
inline constexpr std::size_t kMaxTracedContent = std::size_t{64} << 10;
/// Of one text in it.
inline constexpr std::size_t kMaxTracedText = std::size_t{16} << 10;

void trace_question(telemetry::Tracer& tracer, telemetry::Span& span, const llm::Request& request);
void trace_answer(telemetry::Tracer& tracer, telemetry::Span& span, const llm::Answer& answer);
void trace_arguments(telemetry::Tracer& tracer, telemetry::Span& span, const std::string& json);
void trace_result(telemetry::Tracer& tracer, telemetry::Span& span, const llm::ToolResult& result);

}  // namespace flotilla::agents
