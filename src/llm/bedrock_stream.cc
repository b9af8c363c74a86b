#include <fmt/format.h>

#include <boost/describe.hpp>
#include <utility>

#include "json/json.h"
#include "json/map.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {

// What is read of the wire: names as there, everything optional.
struct BedrockCall {
  std::optional<std::string> toolUseId;
  std::optional<std::string> name;
  std::optional<json::Value> input;  // whole: an object; of a stream: a piece of its text
};
BOOST_DESCRIBE_STRUCT(BedrockCall, (), (toolUseId, name, input))

struct BedrockReasoningText {
  std::optional<std::string> text;
  std::optional<std::string> signature;
};
BOOST_DESCRIBE_STRUCT(BedrockReasoningText, (), (text, signature))

struct BedrockReasoning {
  std::optional<BedrockReasoningText> reasoningText;  // whole
  std::optional<std::string> text;                    // of a stream
  std::optional<std::string> signature;
  std::optional<std::string> redactedContent;
};
BOOST_DESCRIBE_STRUCT(BedrockReasoning, (), (reasoningText, text, signature, redactedContent))

/// A block, the start of one, or a piece of one.
struct BedrockBlock {
  std::optional<std::string> text;
  std::optional<BedrockCall> toolUse;
  std::optional<BedrockReasoning> reasoningContent;
};
BOOST_DESCRIBE_STRUCT(BedrockBlock, (), (text, toolUse, reasoningContent))

struct BedrockUsage {
  std::optional<std::int64_t> inputTokens;
  std::optional<std::int64_t> outputTokens;
  std::optional<std::int64_t> cacheReadInputTokens;
  std::optional<std::int64_t> cacheWriteInputTokens;
};
BOOST_DESCRIBE_STRUCT(BedrockUsage, (),
                      (inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens))

struct BedrockMessage {
  std::vector<BedrockBlock> content;
};
BOOST_DESCRIBE_STRUCT(BedrockMessage, (), (content))

struct BedrockOutput {
  std::optional<BedrockMessage> message;
};
BOOST_DESCRIBE_STRUCT(BedrockOutput, (), (message))

/// An event of a stream, or (output) a whole answer.
struct BedrockEvent {
  std::optional<std::int64_t> contentBlockIndex;
  std::optional<BedrockBlock> start;
  std::optional<BedrockBlock> delta;
  std::optional<std::string> stopReason;
  std::optional<BedrockUsage> usage;
  std::optional<BedrockOutput> output;
};
BOOST_DESCRIBE_STRUCT(BedrockEvent, (),
                      (contentBlockIndex, start, delta, stopReason, usage, output))

namespace {

struct ExceptionBody {
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(ExceptionBody, (), (message))

FinishReason to_finish(std::string_view reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return FinishReason::stop;
  if (reason == "tool_use") return FinishReason::tool_calls;
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
    return FinishReason::length;
  }
  if (reason == "guardrail_intervened" || reason == "content_filtered") {
    return FinishReason::content_filter;
  }
  return FinishReason::other;
}

Error exception_of(const ModelSettings& settings, const EventStreamMessage& message) {
  ProviderFault fault;
  fault.type = message.header(":exception-type");
  if (message.header(":message-type") == "error") {
    fault.type = message.header(":error-code");
    fault.message = message.header(":error-message");
  } else if (auto body = json::from_text<ExceptionBody>(well_formed(message.payload)); body) {
    fault.message = body->message.value_or("");
  }
  return to_error(settings, fault);
}

}  // namespace

Result<> BedrockStream::seal(std::int64_t index, std::string_view scheme,
                             const std::string& piece) {
  if (piece.empty()) return ok();
  const bool first = sealed_.insert(index).second;
  return builder_.add_signature(index, first ? tag_signature(scheme, piece) : piece);
}

Result<> BedrockStream::take_block(std::int64_t index, const BedrockBlock& block) {
  if (block.text) return builder_.add_text(index, *block.text);
  if (block.toolUse) {
    const auto& call = *block.toolUse;
    TRY_VOID(builder_.begin_call(index, call.toolUseId.value_or(""), call.name.value_or("")));
    return call.input ? builder_.add_arguments(index, json::to_string(*call.input)) : ok();
  }
  if (!block.reasoningContent) return ok();  // a kind that is newer than this
  const auto& reasoning = *block.reasoningContent;
  if (reasoning.redactedContent) {
    return seal(index, "bedrock-redacted", *reasoning.redactedContent);
  }
  if (!reasoning.reasoningText) return ok();
  TRY_VOID(builder_.add_reasoning(index, reasoning.reasoningText->text.value_or("")));
  return seal(index, "bedrock", reasoning.reasoningText->signature.value_or(""));
}

Result<> BedrockStream::take_delta(std::int64_t index, const BedrockEvent& event) {
  if (!event.delta) return ok();
  const auto& delta = *event.delta;
  if (delta.text) return builder_.add_text(index, *delta.text);
  if (delta.toolUse) {
    const auto& input = delta.toolUse->input;
    const auto* text = input ? input->if_string() : nullptr;
    return text != nullptr ? builder_.add_arguments(index, *text) : ok();
  }
  if (!delta.reasoningContent) return ok();
  const auto& reasoning = *delta.reasoningContent;
  if (reasoning.text) TRY_VOID(builder_.add_reasoning(index, *reasoning.text));
  if (reasoning.signature) return seal(index, "bedrock", *reasoning.signature);
  if (reasoning.redactedContent) return seal(index, "bedrock-redacted", *reasoning.redactedContent);
  return ok();
}

// The API's input tokens are those beside the cache, ours are all.
void BedrockStream::count(const BedrockUsage& usage) {
  counted_ = true;
  usage_.cachedInputTokens = usage.cacheReadInputTokens.value_or(0);
  usage_.cacheWriteTokens = usage.cacheWriteInputTokens.value_or(0);
  usage_.inputTokens =
      usage.inputTokens.value_or(0) + usage_.cachedInputTokens + usage_.cacheWriteTokens;
  usage_.outputTokens = usage.outputTokens.value_or(0);
}

Result<> BedrockStream::take(std::string_view type, const BedrockEvent& event) {
  if (type == "messageStop") {
    stop_reason_ = event.stopReason.value_or("");
    return ok();
  }
  if (type == "metadata") {
    if (event.usage) count(*event.usage);
    return ok();
  }
  if (type != "contentBlockStart" && type != "contentBlockDelta") return ok();
  if (!event.contentBlockIndex) {
    return fail(invalid_answer("an event of a block does not say of which"));
  }
  if (type == "contentBlockDelta") return take_delta(*event.contentBlockIndex, event);
  return event.start ? take_block(*event.contentBlockIndex, *event.start) : ok();
}

Result<> BedrockStream::feed(const EventStreamMessage& message) {
  if (message.header(":message-type") != "event") return fail(exception_of(settings_, message));
  TRY(value, parse_answer(settings_, message.payload));
  auto event = json::read<BedrockEvent>(std::move(value));
  if (!event) return fail(titled(settings_, event.error()));
  if (auto taken = take(message.header(":event-type"), *event); !taken) {
    return fail(titled(settings_, taken.error()));
  }
  return ok();
}

Result<Answer> BedrockStream::finish() {
  if (!stop_reason_) return fail(broken_answer(settings_, "the stream ends before its end"));
  if (stop_reason_->starts_with("malformed_")) {
    return fail(broken_answer(settings_, *stop_reason_));
  }
  Answer answer;
  answer.finish = to_finish(*stop_reason_);
  answer.message = builder_.take_message();
  answer.usage = usage_;
  answer.model = settings_.model;
  return answer;
}

Result<Answer> bedrock_answer(const ModelSettings& settings, const json::Value& body) {
  auto whole = json::read<BedrockEvent>(body);
  if (!whole) return fail(titled(settings, whole.error()));
  if (!whole->output || !whole->output->message) {
    return fail(broken_answer(settings, "it has no output.message"));
  }
  BedrockStream stream(settings);
  const auto& content = whole->output->message->content;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (auto block = stream.take_block(static_cast<std::int64_t>(i), content[i]); !block) {
      return fail(titled(settings, block.error()));
    }
  }
  stream.stop_reason_ = whole->stopReason.value_or("");
  if (whole->usage) stream.count(*whole->usage);
  return stream.finish();
}

}  // namespace flotilla::llm
