#include <boost/describe.hpp>

#include "json/json.h"
#include "json/map.h"
#include "llm/openai_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {

struct ChatFunction {
  std::optional<std::string> name;
  std::optional<json::Value> arguments;  // text; an object from servers that get it wrong
};
BOOST_DESCRIBE_STRUCT(ChatFunction, (), (name, arguments))

struct ChatToolCall {
  std::optional<std::int64_t> index;
  std::optional<std::string> id;
  std::optional<ChatFunction> function;
};
BOOST_DESCRIBE_STRUCT(ChatToolCall, (), (index, id, function))

struct ChatDelta {
  std::optional<std::string> content;
  std::optional<std::string> refusal;
  std::optional<std::string> reasoning_content;  // DeepSeek, vLLM and others
  std::optional<std::string> reasoning;          // OpenRouter and others
  std::vector<ChatToolCall> tool_calls;
};
BOOST_DESCRIBE_STRUCT(ChatDelta, (), (content, refusal, reasoning_content, reasoning, tool_calls))

struct ChatChoice {
  std::optional<std::int64_t> index;
  std::optional<ChatDelta> delta;
  std::optional<ChatDelta> message;
  std::optional<std::string> finish_reason;
};
BOOST_DESCRIBE_STRUCT(ChatChoice, (), (index, delta, message, finish_reason))

struct ChatPromptDetails {
  std::optional<std::int64_t> cached_tokens;
};
BOOST_DESCRIBE_STRUCT(ChatPromptDetails, (), (cached_tokens))

struct ChatOutputDetails {
  std::optional<std::int64_t> reasoning_tokens;
};
BOOST_DESCRIBE_STRUCT(ChatOutputDetails, (), (reasoning_tokens))

struct ChatUsage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;
  std::optional<ChatPromptDetails> prompt_tokens_details;
  std::optional<ChatOutputDetails> completion_tokens_details;
  std::optional<std::int64_t> prompt_cache_hit_tokens;  // DeepSeek
};
BOOST_DESCRIBE_STRUCT(ChatUsage, (),
                      (prompt_tokens, completion_tokens, prompt_tokens_details,
                       completion_tokens_details, prompt_cache_hit_tokens))

struct ChatChunk {
  std::optional<std::string> id;
  std::optional<std::string> model;
  std::vector<ChatChoice> choices;
  std::optional<ChatUsage> usage;
  std::optional<json::Value> error;
};
BOOST_DESCRIBE_STRUCT(ChatChunk, (), (id, model, choices, usage, error))

namespace {

// Blocks of an answer; calls come after its text.
constexpr std::int64_t kReasoningBlock = 0;
constexpr std::int64_t kTextBlock = 1;
constexpr std::int64_t kCallBlocks = 2;

Usage usage_of(const ChatUsage& given) {
  Usage usage;
  usage.inputTokens = given.prompt_tokens.value_or(0);
  usage.outputTokens = given.completion_tokens.value_or(0);
  usage.cachedInputTokens = given.prompt_cache_hit_tokens.value_or(0);
  if (given.prompt_tokens_details && given.prompt_tokens_details->cached_tokens)
    usage.cachedInputTokens = *given.prompt_tokens_details->cached_tokens;
  if (given.completion_tokens_details)
    usage.reasoningTokens = given.completion_tokens_details->reasoning_tokens.value_or(0);
  return usage;
}

FinishReason finish_of(const std::string& reason, bool has_calls) {
  if (reason == "length") return FinishReason::length;
  if (reason == "content_filter") return FinishReason::content_filter;
  if (reason == "tool_calls" || reason == "function_call" || has_calls)
    return FinishReason::tool_calls;
  return reason == "stop" || reason.empty() ? FinishReason::stop : FinishReason::other;
}

}  // namespace

Result<> ChatStream::feed(const http::SseMessage& event) {
  if (event.data == "[DONE]") {
    done_ = true;
    return ok();
  }
  if (event.data.empty()) return ok();
  TRY(value, parse_answer(settings_, event.data));
  return take(std::move(value));
}

Result<> ChatStream::take(json::Value value) {
  auto chunk = json::read<ChatChunk>(std::move(value));
  if (!chunk) return fail(broken_answer(settings_, chunk.error().message()));
  if (chunk->error && !chunk->error->is_null()) {
    json::Object body{{"error", std::move(*chunk->error)}};
    return fail(to_error(settings_, read_fault(0, json::to_string(body))));
  }
  if (chunk->id && !chunk->id->empty()) id_ = *chunk->id;
  if (chunk->model && !chunk->model->empty()) model_ = *chunk->model;
  if (chunk->usage) usage_ = usage_of(*chunk->usage);
  for (const auto& choice : chunk->choices) {
    if (choice.index.value_or(0) != 0) continue;
    if (choice.delta) TRY_VOID(take_delta(*choice.delta));
    if (choice.message) TRY_VOID(take_delta(*choice.message));
    if (choice.finish_reason) finish_ = *choice.finish_reason;
  }
  return ok();
}

Result<> ChatStream::take_delta(const ChatDelta& delta) {
  if (delta.reasoning_content && !delta.reasoning_content->empty()) {
    TRY_VOID(builder_.add_reasoning(kReasoningBlock, *delta.reasoning_content));
    // Once: who gave its thoughts under this name wants them back.
    if (!has_reasoning_) TRY_VOID(builder_.add_signature(kReasoningBlock, "reasoning_content:"));
    has_reasoning_ = true;
  } else if (delta.reasoning && !delta.reasoning->empty()) {
    TRY_VOID(builder_.add_reasoning(kReasoningBlock, *delta.reasoning));
  }
  if (delta.content && !delta.content->empty())
    TRY_VOID(builder_.add_text(kTextBlock, *delta.content));
  if (delta.refusal && !delta.refusal->empty()) {
    refused_ = true;
    TRY_VOID(builder_.add_text(kTextBlock, *delta.refusal));
  }
  for (std::size_t i = 0; i < delta.tool_calls.size(); ++i)
    TRY_VOID(take_call(delta.tool_calls[i], static_cast<std::int64_t>(i)));
  return ok();
}

/// By its index; where the server gives none, by its id, and else it is the last one.
std::int64_t ChatStream::block_of(const ChatToolCall& call, std::int64_t position) {
  if (call.index) return kCallBlocks + *call.index;
  if (calls_.empty()) return kCallBlocks + position;
  if (!call.id || call.id->empty()) return calls_.rbegin()->first;
  for (const auto& [block, id] : calls_)
    if (id == *call.id) return block;
  return calls_.rbegin()->first + 1;
}

Result<> ChatStream::take_call(const ChatToolCall& call, std::int64_t position) {
  const auto block = block_of(call, position);
  if (block < kCallBlocks || block >= kCallBlocks + static_cast<std::int64_t>(kMaxToolCalls))
    return fail(broken_answer(settings_, "a tool call has an index that none can have"));
  const auto function = call.function.value_or(ChatFunction());
  if (!calls_.contains(block)) {
    if (!function.name || function.name->empty())
      return fail(broken_answer(settings_, "a tool call begins without a name"));
    TRY_VOID(builder_.begin_call(block, ids_.take(call.id.value_or("")), *function.name));
    calls_.emplace(block, call.id.value_or(""));
  }
  if (!function.arguments || function.arguments->is_null()) return ok();
  if (const auto* text = function.arguments->if_string())
    return builder_.add_arguments(block, *text);
  return builder_.add_arguments(block, json::to_string(*function.arguments));
}

Result<Answer> ChatStream::finish() {
  if (!done_ && !finish_)
    return fail(broken_answer(settings_, "its stream ended in the middle of the answer"));
  Answer answer;
  answer.finish = finish_of(finish_.value_or(""), builder_.has_calls());
  if (refused_) answer.finish = FinishReason::content_filter;
  answer.message = builder_.take_message();
  answer.usage = usage_;
  answer.model = model_.empty() ? settings_.model : model_;
  answer.responseId = id_;
  return answer;
}

Result<Answer> chat_answer(const ModelSettings& settings, const json::Value& body, CallIds ids) {
  ChatStream stream(settings, std::move(ids));
  TRY_VOID(stream.take(body));
  return stream.finish();
}

}  // namespace flotilla::llm
