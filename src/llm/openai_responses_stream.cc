#include <boost/describe.hpp>

#include "json/json.h"
#include "json/map.h"
#include "llm/openai_responses_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {

struct ResponseText {
  std::string type;
  std::optional<std::string> text;
  std::optional<std::string> refusal;
};
BOOST_DESCRIBE_STRUCT(ResponseText, (), (type, text, refusal))
constexpr bool has_defaults(const ResponseText*) {
  return true;
}

struct ResponseItem {
  std::string type;
  std::optional<std::string> id;
  std::optional<std::string> call_id;
  std::optional<std::string> name;
  std::optional<std::string> arguments;
  std::vector<ResponseText> content;
  std::vector<ResponseText> summary;
  std::optional<std::string> encrypted_content;
};
BOOST_DESCRIBE_STRUCT(ResponseItem, (),
                      (type, id, call_id, name, arguments, content, summary, encrypted_content))
constexpr bool has_defaults(const ResponseItem*) {
  return true;
}

struct ResponseInputDetails {
  std::optional<std::int64_t> cached_tokens;
};
BOOST_DESCRIBE_STRUCT(ResponseInputDetails, (), (cached_tokens))

struct ResponseOutputDetails {
  std::optional<std::int64_t> reasoning_tokens;
};
BOOST_DESCRIBE_STRUCT(ResponseOutputDetails, (), (reasoning_tokens))

struct ResponseUsage {
  std::optional<std::int64_t> input_tokens;
  std::optional<std::int64_t> output_tokens;
  std::optional<ResponseInputDetails> input_tokens_details;
  std::optional<ResponseOutputDetails> output_tokens_details;
};
BOOST_DESCRIBE_STRUCT(ResponseUsage, (),
                      (input_tokens, output_tokens, input_tokens_details, output_tokens_details))

struct ResponseIncomplete {
  std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ResponseIncomplete, (), (reason))

struct ResponseBody {
  std::optional<std::string> id;
  std::optional<std::string> model;
  std::optional<std::string> status;
  std::optional<json::Value> error;
  std::optional<ResponseIncomplete> incomplete_details;
  std::vector<ResponseItem> output;
  std::optional<ResponseUsage> usage;
};
BOOST_DESCRIBE_STRUCT(ResponseBody, (),
                      (id, model, status, error, incomplete_details, output, usage))

struct ResponseEvent {
  std::string type;
  std::optional<std::int64_t> output_index;
  std::optional<std::int64_t> summary_index;
  std::optional<ResponseItem> item;
  std::optional<std::string> delta;
  std::optional<ResponseBody> response;
};
BOOST_DESCRIBE_STRUCT(ResponseEvent, (), (type, output_index, summary_index, item, delta, response))
constexpr bool has_defaults(const ResponseEvent*) {
  return true;
}

namespace {

Usage usage_of(const ResponseUsage& given) {
  Usage usage;
  usage.inputTokens = given.input_tokens.value_or(0);
  usage.outputTokens = given.output_tokens.value_or(0);
  if (given.input_tokens_details)
    usage.cachedInputTokens = given.input_tokens_details->cached_tokens.value_or(0);
  if (given.output_tokens_details)
    usage.reasoningTokens = given.output_tokens_details->reasoning_tokens.value_or(0);
  return usage;
}

}  // namespace

Result<> ResponsesStream::feed(const http::SseMessage& event) {
  if (event.data.empty() || event.data == "[DONE]") return ok();
  TRY(value, parse_answer(settings_, event.data));
  auto read = json::read<ResponseEvent>(value);
  if (!read) return fail(broken_answer(settings_, read.error().message()));
  // `error` stands in the event itself, or below `error`.
  if (read->type == "error") return fail(to_error(settings_, read_fault(0, event.data)));
  return take(*read);
}

Result<> ResponsesStream::take(const ResponseEvent& event) {
  const auto index = event.output_index.value_or(0);
  const auto delta = event.delta.value_or("");
  if (event.type == "response.output_item.added" && event.item)
    return begin_item(index, *event.item);
  if (event.type == "response.output_item.done" && event.item) return end_item(index, *event.item);
  if (event.type == "response.output_text.delta") {
    blocks_[index].has_content = true;
    return builder_.add_text(index, delta);
  }
  if (event.type == "response.refusal.delta") {
    refused_ = true;
    blocks_[index].has_content = true;
    return builder_.add_text(index, delta);
  }
  if (event.type == "response.reasoning_summary_text.delta" ||
      event.type == "response.reasoning_text.delta")
    return add_reasoning(index, event.summary_index.value_or(0), delta);
  if (event.type == "response.function_call_arguments.delta") {
    blocks_[index].has_content = true;
    return builder_.add_arguments(index, delta);
  }
  if (!event.response) return ok();
  if (event.response->id) id_ = *event.response->id;
  if (event.response->model) model_ = *event.response->model;
  if (event.type == "response.completed" || event.type == "response.incomplete" ||
      event.type == "response.failed")
    return end_response(*event.response);
  return ok();
}

Result<> ResponsesStream::add_reasoning(std::int64_t index, std::int64_t summary,
                                        const std::string& text) {
  auto& block = blocks_[index];
  const bool next = block.has_content && summary != block.summary;
  block.has_content = true;
  block.summary = summary;
  if (next) TRY_VOID(builder_.add_reasoning(index, "\n\n"));
  return builder_.add_reasoning(index, text);
}

Result<> ResponsesStream::begin_item(std::int64_t index, const ResponseItem& item) {
  blocks_.try_emplace(index);
  if (item.type != "function_call") return ok();
  if (!item.name || item.name->empty())
    return fail(broken_answer(settings_, "a tool call has no name"));
  return builder_.begin_call(index, ids_.take(item.call_id.value_or("")), *item.name);
}

/// What no delta brought is taken from the whole.
Result<> ResponsesStream::end_item(std::int64_t index, const ResponseItem& item) {
  if (!blocks_.contains(index)) TRY_VOID(begin_item(index, item));
  const bool has_content = blocks_[index].has_content;
  if (item.type == "function_call" && !has_content)
    return builder_.add_arguments(index, item.arguments.value_or(""));
  if (item.type == "message" && !has_content) {
    for (const auto& part : item.content) {
      if (part.refusal) refused_ = true;
      TRY_VOID(builder_.add_text(index, part.refusal.value_or(part.text.value_or(""))));
    }
  }
  if (item.type != "reasoning") return ok();
  if (!has_content)
    for (std::size_t i = 0; i < item.summary.size(); ++i)
      TRY_VOID(
          add_reasoning(index, static_cast<std::int64_t>(i), item.summary[i].text.value_or("")));
  if (!item.encrypted_content || !item.id) return ok();
  return builder_.add_signature(
      index, tag_signature("openai-responses", *item.id + ":" + *item.encrypted_content));
}

Result<> ResponsesStream::end_response(const ResponseBody& body) {
  done_ = true;
  if (body.usage) usage_ = usage_of(*body.usage);
  if (body.error && !body.error->is_null()) {
    const json::Object fault{{"error", *body.error}};
    return fail(to_error(settings_, read_fault(0, json::to_string(json::Value(fault)))));
  }
  if (body.status == "failed" || body.status == "cancelled")
    return fail(broken_answer(settings_, "it gave up without saying why"));
  if (!body.incomplete_details) return ok();
  const auto reason = body.incomplete_details->reason.value_or("");
  finish_ = reason == "max_output_tokens" ? FinishReason::length
            : reason == "content_filter"  ? FinishReason::content_filter
                                          : FinishReason::other;
  return ok();
}

Result<> ResponsesStream::take_whole(const json::Value& value) {
  auto body = json::read<ResponseBody>(value);
  if (!body) return fail(broken_answer(settings_, body.error().message()));
  if (body->id) id_ = *body->id;
  if (body->model) model_ = *body->model;
  for (std::size_t i = 0; i < body->output.size(); ++i)
    TRY_VOID(end_item(static_cast<std::int64_t>(i), body->output[i]));
  return end_response(*body);
}

Result<Answer> ResponsesStream::finish() {
  if (!done_) return fail(broken_answer(settings_, "its stream ended in the middle of the answer"));
  Answer answer;
  answer.finish = finish_;
  if (finish_ == FinishReason::stop && builder_.has_calls())
    answer.finish = FinishReason::tool_calls;
  if (refused_) answer.finish = FinishReason::content_filter;
  answer.message = builder_.take_message();
  answer.usage = usage_;
  answer.model = model_.empty() ? settings_.model : model_;
  answer.responseId = id_;
  return answer;
}

Result<Answer> responses_answer(const ModelSettings& settings, const json::Value& body,
                                CallIds ids) {
  ResponsesStream stream(settings, std::move(ids));
  TRY_VOID(stream.take_whole(body));
  return stream.finish();
}

}  // namespace flotilla::llm
