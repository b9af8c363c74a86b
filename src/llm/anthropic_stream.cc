#include <fmt/format.h>

#include <boost/describe.hpp>
#include <utility>

#include "json/json.h"
#include "json/map.h"
#include "llm/anthropic_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {

// What is read of the wire: names as there, everything optional.
namespace anthropic {

struct TokenDetails {
  std::optional<std::int64_t> thinking_tokens;
};
BOOST_DESCRIBE_STRUCT(TokenDetails, (), (thinking_tokens))

struct UsageBody {
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> cache_creation_input_tokens;
  std::optional<std::int64_t> cache_read_input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<TokenDetails> output_tokens_details;
};
BOOST_DESCRIBE_STRUCT(UsageBody, (),
                      (input_tokens, cache_creation_input_tokens, cache_read_input_tokens,
                       output_tokens, output_tokens_details))

struct DeltaBody {
  std::optional<std::string> type;
  std::optional<std::string> text;
  std::optional<std::string> thinking;
  std::optional<std::string> signature;
  std::optional<std::string> partial_json;
  std::optional<std::string> stop_reason;
};
BOOST_DESCRIBE_STRUCT(DeltaBody, (), (type, text, thinking, signature, partial_json, stop_reason))

struct ErrorBody {
  std::optional<std::string> type;
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (type, message))

}  // namespace anthropic

struct AnthropicBlock {
  std::string type;
  std::optional<std::string> text;
  std::optional<std::string> thinking;
  std::optional<std::string> signature;
  std::optional<std::string> data;
  std::optional<std::string> id;
  std::optional<std::string> name;
  std::optional<json::Value> input;
};
BOOST_DESCRIBE_STRUCT(AnthropicBlock, (), (type, text, thinking, signature, data, id, name, input))

namespace anthropic {

struct MessageBody {
  std::optional<std::string> id;
  std::optional<std::string> model;
  std::vector<AnthropicBlock> content;
  std::optional<std::string> stop_reason;
  std::optional<UsageBody> usage;
};
BOOST_DESCRIBE_STRUCT(MessageBody, (), (id, model, content, stop_reason, usage))

void add(AnthropicUsage& to, const std::optional<UsageBody>& from) {
  if (!from) return;
  const auto take = [](std::optional<std::int64_t>& own, const std::optional<std::int64_t>& given) {
    if (given) own = given;  // counts are cumulative
  };
  take(to.input_tokens, from->input_tokens);
  take(to.cache_creation_input_tokens, from->cache_creation_input_tokens);
  take(to.cache_read_input_tokens, from->cache_read_input_tokens);
  take(to.output_tokens, from->output_tokens);
  if (from->output_tokens_details) {
    take(to.thinking_tokens, from->output_tokens_details->thinking_tokens);
  }
}

// The API's input tokens are those beside the cache, ours are all.
Usage to_usage(const AnthropicUsage& from) {
  Usage usage;
  usage.cachedInputTokens = from.cache_read_input_tokens.value_or(0);
  usage.cacheWriteTokens = from.cache_creation_input_tokens.value_or(0);
  usage.inputTokens =
      from.input_tokens.value_or(0) + usage.cachedInputTokens + usage.cacheWriteTokens;
  usage.outputTokens = from.output_tokens.value_or(0);
  usage.reasoningTokens = from.thinking_tokens.value_or(0);
  return usage;
}

FinishReason to_finish(const std::optional<std::string>& reason, bool has_calls) {
  if (!reason) return has_calls ? FinishReason::tool_calls : FinishReason::other;
  if (*reason == "end_turn" || *reason == "stop_sequence") return FinishReason::stop;
  if (*reason == "tool_use") return FinishReason::tool_calls;
  if (*reason == "max_tokens" || *reason == "model_context_window_exceeded") {
    return FinishReason::length;
  }
  if (*reason == "refusal") return FinishReason::content_filter;
  return FinishReason::other;
}

}  // namespace anthropic

struct AnthropicEvent {
  std::string type;
  std::optional<anthropic::MessageBody> message;
  std::optional<std::int64_t> index;
  std::optional<AnthropicBlock> content_block;
  std::optional<anthropic::DeltaBody> delta;
  std::optional<anthropic::UsageBody> usage;
  std::optional<anthropic::ErrorBody> error;
};
BOOST_DESCRIBE_STRUCT(AnthropicEvent, (),
                      (type, message, index, content_block, delta, usage, error))

Result<> AnthropicStream::start_block(std::int64_t index, const AnthropicBlock& block) {
  auto& known = known_[index];
  known = true;
  if (block.type == "text") return builder_.add_text(index, block.text.value_or(""));
  if (block.type == "thinking") {
    TRY_VOID(builder_.add_reasoning(index, block.thinking.value_or("")));
    if (!block.signature || block.signature->empty()) return ok();
    return builder_.add_signature(index, tag_signature("anthropic", *block.signature));
  }
  if (block.type == "redacted_thinking") {
    return builder_.add_signature(index,
                                  tag_signature("anthropic-redacted", block.data.value_or("")));
  }
  if (block.type == "tool_use") {
    TRY_VOID(builder_.begin_call(index, block.id.value_or(""), block.name.value_or("")));
    if (block.input && !block.input->is_null()) inputs_[index] = json::to_string(*block.input);
    return ok();
  }
  known = false;  // a tool that runs at the provider, or what is newer than this
  return ok();
}

Result<> AnthropicStream::take_delta(std::int64_t index, const AnthropicEvent& event) {
  const auto known = known_.find(index);
  if (known == known_.end()) {
    return fail(invalid_answer(fmt::format("a piece of block {}, which has not begun", index)));
  }
  if (!known->second || !event.delta) return ok();
  const auto& delta = *event.delta;
  const auto type = delta.type.value_or("");
  if (type == "text_delta") return builder_.add_text(index, delta.text.value_or(""));
  if (type == "thinking_delta") return builder_.add_reasoning(index, delta.thinking.value_or(""));
  if (type == "input_json_delta") {
    if (!delta.partial_json || delta.partial_json->empty()) return ok();
    inputs_.erase(index);
    return builder_.add_arguments(index, *delta.partial_json);
  }
  if (type == "signature_delta" && delta.signature) {
    // The seal may come in pieces: only the first one carries the tag.
    const bool first = sealed_.insert(index).second;
    return builder_.add_signature(
        index, first ? tag_signature("anthropic", *delta.signature) : *delta.signature);
  }
  return ok();
}

Result<> AnthropicStream::end_block(std::int64_t index) {
  const auto input = inputs_.find(index);
  if (input == inputs_.end()) return ok();
  const auto text = std::move(input->second);
  inputs_.erase(input);
  return builder_.add_arguments(index, text);
}

Result<> AnthropicStream::take(const AnthropicEvent& event) {
  if (event.type == "message_start") {
    started_ = true;
    if (!event.message) return ok();
    model_ = event.message->model.value_or("");
    id_ = event.message->id.value_or("");
    anthropic::add(usage_, event.message->usage);
    return ok();
  }
  if (event.type == "message_delta") {
    if (event.delta && event.delta->stop_reason) stop_reason_ = event.delta->stop_reason;
    anthropic::add(usage_, event.usage);
    return ok();
  }
  if (event.type == "message_stop") {
    done_ = true;
    return ok();
  }
  if (!event.type.starts_with("content_block_")) return ok();  // ping, and what is newer than this
  if (!event.index) return fail(invalid_answer("an event of a block does not say of which"));
  if (event.type == "content_block_start" && event.content_block) {
    return start_block(*event.index, *event.content_block);
  }
  if (event.type == "content_block_delta") return take_delta(*event.index, event);
  if (event.type == "content_block_stop") return end_block(*event.index);
  return ok();
}

Result<> AnthropicStream::feed(const http::SseMessage& message) {
  if (done_ || message.data.empty()) return ok();
  TRY(value, parse_answer(settings_, message.data));
  auto event = json::read<AnthropicEvent>(std::move(value));
  if (!event) return fail(titled(settings_, event.error()));
  if (event->type == "error") {
    ProviderFault fault;
    if (event->error) {
      fault.type = event->error->type.value_or("");
      fault.message = event->error->message.value_or("");
    }
    return fail(to_error(settings_, fault));
  }
  if (auto taken = take(*event); !taken) return fail(titled(settings_, taken.error()));
  return ok();
}

Result<Answer> AnthropicStream::finish() {
  if (!started_ || !done_) return fail(broken_answer(settings_, "the stream ends before its end"));
  while (!inputs_.empty()) {
    if (auto ended = end_block(inputs_.begin()->first); !ended) {
      return fail(titled(settings_, ended.error()));
    }
  }
  Answer answer;
  answer.finish = anthropic::to_finish(stop_reason_, builder_.has_calls());
  answer.message = builder_.take_message();
  answer.usage = anthropic::to_usage(usage_);
  answer.model = model_.empty() ? settings_.model : model_;
  answer.responseId = id_;
  return answer;
}

Result<Answer> anthropic_answer(const ModelSettings& settings, const json::Value& body) {
  auto message = json::read<anthropic::MessageBody>(body);
  if (!message) return fail(titled(settings, message.error()));
  AnthropicStream stream(settings);
  for (std::size_t i = 0; i < message->content.size(); ++i) {
    if (auto block = stream.start_block(static_cast<std::int64_t>(i), message->content[i]);
        !block) {
      return fail(titled(settings, block.error()));
    }
  }
  stream.started_ = stream.done_ = true;
  stream.stop_reason_ = message->stop_reason;
  stream.model_ = message->model.value_or("");
  stream.id_ = message->id.value_or("");
  anthropic::add(stream.usage_, message->usage);
  return stream.finish();
}

}  // namespace flotilla::llm
