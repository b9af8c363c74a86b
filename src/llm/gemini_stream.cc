#include <fmt/format.h>

#include <array>
#include <boost/describe.hpp>
#include <utility>

#include "base/hash.h"
#include "json/json.h"
#include "json/map.h"
#include "llm/gemini_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {

// What is read of the wire: names as there, everything optional.
struct GeminiCall {
  std::optional<std::string> id;
  std::optional<std::string> name;
  std::optional<json::Object> args;
};
BOOST_DESCRIBE_STRUCT(GeminiCall, (), (id, name, args))

struct GeminiPart {
  std::optional<std::string> text;
  std::optional<bool> thought;
  std::optional<std::string> thoughtSignature;
  std::optional<GeminiCall> functionCall;
};
BOOST_DESCRIBE_STRUCT(GeminiPart, (), (text, thought, thoughtSignature, functionCall))

struct GeminiContent {
  std::vector<GeminiPart> parts;
};
BOOST_DESCRIBE_STRUCT(GeminiContent, (), (parts))

struct GeminiCandidate {
  std::optional<GeminiContent> content;
  std::optional<std::string> finishReason;
  std::optional<std::string> finishMessage;
  std::optional<std::int64_t> index;
};
BOOST_DESCRIBE_STRUCT(GeminiCandidate, (), (content, finishReason, finishMessage, index))

struct GeminiFeedback {
  std::optional<std::string> blockReason;
};
BOOST_DESCRIBE_STRUCT(GeminiFeedback, (), (blockReason))

struct GeminiUsage {
  std::optional<std::int64_t> promptTokenCount;
  std::optional<std::int64_t> toolUsePromptTokenCount;
  std::optional<std::int64_t> cachedContentTokenCount;
  std::optional<std::int64_t> candidatesTokenCount;
  std::optional<std::int64_t> thoughtsTokenCount;
};
BOOST_DESCRIBE_STRUCT(GeminiUsage, (),
                      (promptTokenCount, toolUsePromptTokenCount, cachedContentTokenCount,
                       candidatesTokenCount, thoughtsTokenCount))

struct GeminiFault {
  std::optional<std::int64_t> code;
  std::optional<std::string> status;
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(GeminiFault, (), (code, status, message))

struct GeminiChunk {
  std::vector<GeminiCandidate> candidates;
  std::optional<GeminiFeedback> promptFeedback;
  std::optional<GeminiUsage> usageMetadata;
  std::optional<std::string> modelVersion;
  std::optional<std::string> responseId;
  std::optional<GeminiFault> error;
};
BOOST_DESCRIBE_STRUCT(GeminiChunk, (),
                      (candidates, promptFeedback, usageMetadata, modelVersion, responseId, error))

namespace {

// Counts of a chunk are those of all chunks up to it.
Usage to_usage(const GeminiUsage& from) {
  Usage usage;
  usage.inputTokens = from.promptTokenCount.value_or(0) + from.toolUsePromptTokenCount.value_or(0);
  usage.cachedInputTokens = from.cachedContentTokenCount.value_or(0);
  usage.reasoningTokens = from.thoughtsTokenCount.value_or(0);
  usage.outputTokens = from.candidatesTokenCount.value_or(0) + usage.reasoningTokens;
  return usage;
}

bool is_broken(std::string_view finish) {
  return finish == "MALFORMED_FUNCTION_CALL" || finish == "MALFORMED_RESPONSE" ||
         finish == "UNEXPECTED_TOOL_CALL" || finish == "TOO_MANY_TOOL_CALLS" ||
         finish == "MISSING_THOUGHT_SIGNATURE";
}

FinishReason to_finish(std::string_view finish, bool has_calls) {
  static constexpr std::array<std::string_view, 11> kFiltered{"SAFETY",
                                                              "RECITATION",
                                                              "BLOCKLIST",
                                                              "PROHIBITED_CONTENT",
                                                              "SPII",
                                                              "IMAGE_SAFETY",
                                                              "IMAGE_PROHIBITED_CONTENT",
                                                              "IMAGE_RECITATION",
                                                              "MODEL_ARMOR",
                                                              "LANGUAGE",
                                                              "ESCALATION"};
  if (finish == "STOP") return has_calls ? FinishReason::tool_calls : FinishReason::stop;
  if (finish == "MAX_TOKENS") return FinishReason::length;
  for (const auto filtered : kFiltered) {
    if (finish == filtered) return FinishReason::content_filter;
  }
  return FinishReason::other;
}

}  // namespace

std::int64_t GeminiStream::block(Open kind) {
  if (open_ != kind) {
    open_ = kind;
    ++last_;
  }
  return last_;
}

Result<> GeminiStream::take_call(const GeminiPart& part) {
  const auto& call = *part.functionCall;
  std::string id = call.id.value_or("");
  if (id.empty()) {
    std::array<char, 12> bytes{};
    random_.fill(bytes.data(), bytes.size());
    id = std::string(kOwnCallId) + hex(std::string_view(bytes.data(), bytes.size()));
  }
  open_ = Open::nothing;
  ++last_;
  TRY_VOID(builder_.begin_call(last_, std::move(id), call.name.value_or("")));
  if (part.thoughtSignature) {
    TRY_VOID(builder_.add_signature(
        last_, tag_signature(wire_name(settings_.provider), *part.thoughtSignature)));
  }
  return builder_.add_arguments(last_, json::to_string(call.args.value_or(json::Object())));
}

Result<> GeminiStream::take_part(const GeminiPart& part) {
  if (part.functionCall) return take_call(part);
  const bool thought = part.thought.value_or(false);
  const auto scheme = wire_name(settings_.provider);
  if (part.text && !part.text->empty()) {
    if (thought) {
      TRY_VOID(builder_.add_reasoning(block(Open::thought), *part.text));
    } else {
      TRY_VOID(builder_.add_text(block(Open::text), *part.text));
    }
  }
  if (!part.thoughtSignature) return ok();
  // A thought's seal ends it; one of text stands behind it as a thought without words.
  const std::int64_t at = thought && open_ == Open::thought ? last_ : ++last_;
  open_ = Open::nothing;
  return builder_.add_signature(
      at, tag_signature(thought ? std::string(scheme) : fmt::format("{}-text", scheme),
                        *part.thoughtSignature));
}

Result<> GeminiStream::take(const GeminiChunk& chunk) {
  if (chunk.usageMetadata) usage_ = to_usage(*chunk.usageMetadata);
  if (chunk.modelVersion) model_ = *chunk.modelVersion;
  if (chunk.responseId) id_ = *chunk.responseId;
  if (chunk.promptFeedback && chunk.promptFeedback->blockReason) blocked_ = true;
  for (const auto& candidate : chunk.candidates) {
    if (candidate.index.value_or(0) != 0) continue;  // more than one was asked for by `extra`
    if (candidate.finishReason) finish_ = *candidate.finishReason;
    if (candidate.finishMessage) finish_message_ = *candidate.finishMessage;
    if (!candidate.content) continue;
    for (const auto& part : candidate.content->parts) {
      TRY_VOID(take_part(part));
    }
  }
  return ok();
}

Result<> GeminiStream::feed(json::Value value) {
  auto chunk = json::read<GeminiChunk>(std::move(value));
  if (!chunk) return fail(titled(settings_, chunk.error()));
  if (chunk->error) {
    ProviderFault fault;
    fault.status = static_cast<int>(chunk->error->code.value_or(0));
    fault.type = chunk->error->status.value_or("");
    fault.message = chunk->error->message.value_or("");
    return fail(to_error(settings_, fault));
  }
  if (auto taken = take(*chunk); !taken) return fail(titled(settings_, taken.error()));
  return ok();
}

Result<> GeminiStream::feed(const http::SseMessage& event) {
  if (event.data.empty()) return ok();
  TRY(value, parse_answer(settings_, event.data));
  return feed(std::move(value));
}

Result<Answer> GeminiStream::finish() {
  if (finish_.empty() && !blocked_) {
    return fail(broken_answer(settings_, "the stream ends before its end"));
  }
  if (is_broken(finish_)) {
    return fail(broken_answer(settings_, fmt::format("{} {}", finish_, finish_message_)));
  }
  Answer answer;
  answer.finish =
      finish_.empty() ? FinishReason::content_filter : to_finish(finish_, builder_.has_calls());
  answer.message = builder_.take_message();
  answer.usage = usage_;
  answer.model = model_.empty() ? settings_.model : model_;
  answer.responseId = id_;
  return answer;
}

Result<Answer> gemini_answer(const ModelSettings& settings, const json::Value& body,
                             Random& random) {
  GeminiStream stream(settings, random);
  TRY_VOID(stream.feed(json::Value(body)));
  return stream.finish();
}

}  // namespace flotilla::llm
