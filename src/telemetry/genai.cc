#include "telemetry/genai.h"

namespace flotilla::telemetry {

namespace {

/// `VERB NAME`, begun; nothing of it is made where nobody listens.
Span begin(Tracer& tracer, std::string_view verb, std::string_view name, SpanKind kind,
           const SpanContext& parent, const std::array<std::uint8_t, 16>* trace = nullptr) {
  if (!tracer.enabled()) return tracer.start({}, kind, parent, trace);
  std::string text(verb);
  if (!name.empty()) text.append(" ").append(name);
  auto span = tracer.start(std::move(text), kind, parent, trace);
  span.set("gen_ai.operation.name", std::string(verb));
  return span;
}

void set_text(Span& span, std::string_view key, std::string_view value) {
  if (!value.empty()) span.set(key, std::string(value));
}

void set_count(Span& span, std::string_view key, std::int64_t value) {
  if (value > 0) span.set(key, value);
}

/// gen_ai.provider.name where the convention has another spelling than we.
std::string_view provider_name(std::string_view provider) {
  struct Name {
    std::string_view ours;
    std::string_view theirs;
  };
  constexpr Name kNames[] = {
      {"azure-openai", "azure.ai.openai"}, {"gemini", "gcp.gemini"},
      {"gemini-vertex", "gcp.vertex_ai"},  {"anthropic-vertex", "gcp.vertex_ai"},
      {"bedrock", "aws.bedrock"},          {"openai-compatible", "openai"},
  };
  for (const auto& name : kNames)
    if (name.ours == provider) return name.theirs;
  return provider;
}

}  // namespace

Span start_agent_span(Tracer& tracer, SpanKind kind, const SpanContext& parent,
                      const std::array<std::uint8_t, 16>* trace, const AgentSpan& about) {
  auto span = begin(tracer, "invoke_agent", about.agent, kind, parent, trace);
  if (!span.recording()) return span;
  set_text(span, "gen_ai.agent.name", about.agent);
  set_text(span, "gen_ai.agent.id", std::string(about.name_space) + "/" + std::string(about.agent));
  set_text(span, "gen_ai.conversation.id", about.conversation);
  set_text(span, "a2a.task.id", about.task);
  set_text(span, "flotilla.namespace", about.name_space);
  return span;
}

Span start_model_span(Tracer& tracer, const SpanContext& parent, std::string_view provider,
                      std::string_view model) {
  auto span = begin(tracer, "chat", model, SpanKind::client, parent);
  if (!span.recording()) return span;
  set_text(span, "gen_ai.provider.name", provider_name(provider));
  set_text(span, "gen_ai.request.model", model);
  return span;
}

void finish_model_span(Span& span, const ModelSpanEnd& end) {
  if (!span.recording()) return;
  set_text(span, "gen_ai.response.model", end.response_model);
  set_text(span, "gen_ai.response.id", end.response_id);
  if (!end.finish_reason.empty())
    span.set("gen_ai.response.finish_reasons",
             std::vector<std::string>{std::string(end.finish_reason)});
  span.set("gen_ai.usage.input_tokens", end.input_tokens);
  span.set("gen_ai.usage.output_tokens", end.output_tokens);
  set_count(span, "gen_ai.usage.cache_read.input_tokens", end.cached_input_tokens);
  set_count(span, "gen_ai.usage.cache_creation.input_tokens", end.cache_write_tokens);
  set_count(span, "gen_ai.usage.reasoning.output_tokens", end.reasoning_tokens);
  span.end();
}

Span start_tool_span(Tracer& tracer, const SpanContext& parent, std::string_view tool,
                     std::string_view call_id, std::string_view server) {
  auto span = begin(tracer, "execute_tool", tool, SpanKind::internal, parent);
  if (!span.recording()) return span;
  set_text(span, "gen_ai.tool.name", tool);
  set_text(span, "gen_ai.tool.call.id", call_id);
  span.set("gen_ai.tool.type", std::string(server.empty() ? "function" : "extension"));
  set_text(span, "flotilla.tool_server", server);
  return span;
}

Span start_embeddings_span(Tracer& tracer, const SpanContext& parent, std::string_view model) {
  auto span = begin(tracer, "embeddings", model, SpanKind::client, parent);
  if (span.recording()) set_text(span, "gen_ai.request.model", model);
  return span;
}

}  // namespace flotilla::telemetry
