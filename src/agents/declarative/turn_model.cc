#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agents/declarative/events.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/trace_content.h"
#include "agents/declarative/turn_internal.h"
#include "gateway/caller_keys.h"
#include "json/schema.h"
#include "telemetry/genai.h"

// Asks the model and journals what it says.

namespace flotilla::agents {

namespace {

core::TokenCounts counts_of(const llm::Usage& usage) {
  core::TokenCounts out;
  out.input = usage.inputTokens;
  out.output = usage.outputTokens;
  out.cached_input = usage.cachedInputTokens;
  out.cache_write = usage.cacheWriteTokens;
  out.reasoning = usage.reasoningTokens;
  return out;
}

std::int64_t millis_since(SteadyTime begin, SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count();
}

/// Ids that are unique within the answer, and text that can be stored.
void tidy(llm::Answer& answer) {
  std::set<std::string> ids;
  for (auto& part : answer.message.parts) {
    if (part.text) part.text = well_formed(std::move(*part.text));
    if (part.reasoning) part.reasoning->text = well_formed(std::move(part.reasoning->text));
    if (!part.toolCall) continue;
    auto& call = *part.toolCall;
    call.name = well_formed(std::move(call.name));
    call.arguments = well_formed(std::move(call.arguments));
    if (call.id.empty()) call.id = "call";
    const auto id = call.id;
    for (int n = 2; !ids.insert(call.id).second; ++n) call.id = fmt::format("{}-{}", id, n);
  }
}

void tell_answer(telemetry::Span& span, const Result<llm::Answer>& answer) {
  if (!answer) {
    span.fail(answer.error());
    return span.end();
  }
  telemetry::ModelSpanEnd end;
  end.response_model = answer->model;
  end.response_id = answer->responseId;
  end.finish_reason = boost::describe::enum_to_string(answer->finish, "other");
  end.input_tokens = answer->usage.inputTokens;
  end.output_tokens = answer->usage.outputTokens;
  end.cached_input_tokens = answer->usage.cachedInputTokens;
  end.cache_write_tokens = answer->usage.cacheWriteTokens;
  end.reasoning_tokens = answer->usage.reasoningTokens;
  telemetry::finish_model_span(span, end);
}

}  // namespace

Async<Result<std::optional<core::Reservation>>> Turn::reserve() {
  std::optional<core::Reservation> none;
  if (!account_) co_return none;
  core::ModelAsk ask;
  ask.input_tokens = conversation_.tokens() + core::estimate_tokens(definition_.system.size());
  ask.max_output_tokens = model_.max_output_tokens;
  ask.price = model_.price;
  CO_TRY(held, co_await account_->reserve(std::move(ask), deadline_));
  none.emplace(std::move(held));
  co_return none;
}

llm::CallOptions Turn::call_options() const {
  llm::CallOptions options;
  options.deadline = deadline_;
  if (services_.caller_keys != nullptr)
    options.api_key = services_.caller_keys->find(run_.row().owner, run_.input().messageId);
  return options;
}

Async<Result<llm::Answer>> Turn::generate() {
  auto options = call_options();
  auto span = telemetry::start_model_span(run_.tracer(), run_.span().context(),
                                          model_.model->provider(), model_.model->name());
  if (auto place = telemetry::traceparent(span.context()); !place.empty())
    options.headers.emplace_back("traceparent", std::move(place));
  // A schema's answer is shown when it is whole and fits.
  llm::DeltaSink* sink = definition_.spec.stream && !definition_.spec.output ? &writer_ : nullptr;
  CO_TRY_VOID(co_await writer_.restart());
  conversation_.lend(request_.messages);
  const bool put = put_remembered();
  trace_question(run_.tracer(), span, request_);
  auto answer = co_await model_.model->generate(request_, sink, options);
  if (put) take_remembered();
  conversation_.lend(request_.messages);
  if (answer) trace_answer(run_.tracer(), span, *answer);
  tell_answer(span, answer);
  co_return answer;
}

/// Before the newest message of a caller.
bool Turn::put_remembered() {
  if (remembered_.empty()) return false;
  for (auto it = request_.messages.rbegin(); it != request_.messages.rend(); ++it) {
    if (it->role != llm::MessageRole::user) continue;
    llm::Part part;
    part.text = remembered_;
    it->parts.insert(it->parts.begin(), std::move(part));
    return true;
  }
  return false;
}

void Turn::take_remembered() {
  for (auto it = request_.messages.rbegin(); it != request_.messages.rend(); ++it) {
    if (it->role != llm::MessageRole::user) continue;
    it->parts.erase(it->parts.begin());
    return;
  }
}

/// A question of ours that is no part of the conversation; counted like the others.
Async<Result<llm::Answer>> Turn::ask_aside(ModelUse use, llm::Request request) {
  std::optional<core::Reservation> held;
  if (account_) {
    core::ModelAsk ask;
    for (const auto& message : request.messages)
      ask.input_tokens += core::estimate_tokens(size_of(message));
    ask.max_output_tokens = use.max_output_tokens;
    ask.price = use.price;
    CO_TRY(reserved, co_await account_->reserve(std::move(ask), deadline_));
    held.emplace(std::move(reserved));
  }
  if (held) request.maxOutputTokens = held->max_output_tokens();
  const auto options = call_options();
  const auto begin = services_.clock.steady_now();
  auto answer = co_await use.model->generate(request, nullptr, options);
  core::ModelCharge charge;
  charge.model = use.config;
  if (answer) charge.tokens = counts_of(answer->usage);
  charge.price = use.price;
  charge.failed = !answer;
  charge.latency = services_.clock.steady_now() - begin;
  if (held) held->settle(run_, charge);
  co_return answer;
}

Async<Result<bool>> Turn::ask_model() {
  // Every result is stored before the next step, and the task before the first.
  CO_TRY_VOID(co_await run_.flush());
  CO_TRY_VOID(co_await compact());
  take_inputs();
  conversation_.read();
  auto held = co_await reserve();
  if (!held) co_return co_await end_with(held.error());
  request_.maxOutputTokens.reset();
  if (*held) request_.maxOutputTokens = (*held)->max_output_tokens();
  const auto begin = services_.clock.steady_now();
  auto answer = co_await generate();
  if (answer) {
    tidy(*answer);
    if (auto well = check_answer(*answer); !well) answer = fail(well.error());
  }
  core::ModelCharge charge;
  charge.model = model_.config;
  if (answer) charge.tokens = counts_of(answer->usage);
  charge.price = model_.price;
  charge.failed = !answer;
  charge.latency = services_.clock.steady_now() - begin;
  core::Usd cost;
  if (*held) cost = (*held)->settle(run_, charge);
  Step step;
  step.type = StepType::model;
  step.number = conversation_.last_number() + 1;
  step.model = model_.config;
  step.read = conversation_.inputs_read();
  step.latencyMs = millis_since(begin, services_.clock.steady_now());
  if (cost.nanos > 0) step.costNanos = cost.nanos;
  if (!answer && answer.error().reason() == reason::kModelContextExceeded) {
    CO_TRY(shorter, co_await squeeze());
    if (shorter) co_return true;  // asked again
  }
  if (!answer) {
    step.error = to_step_error(answer.error());
    CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
    co_return co_await end_with(answer.error());
  }
  step.answer = std::move(*answer);
  co_return co_await take_answer(std::move(step));
}

Async<Result<bool>> Turn::end_with(Error error) {
  CO_TRY_VOID(co_await fail_run(std::move(error)));
  co_return false;
}

Async<Result<bool>> Turn::take_answer(Step step) {
  const auto& message = step.answer->message;
  const bool calls = std::ranges::any_of(
      message.parts, [](const llm::Part& part) { return part.toolCall.has_value(); });
  if (!calls) {
    if (auto faults = output_faults(*step.answer)) {
      if (++bad_outputs_ >= kOutputAttempts)
        co_return co_await end_with(
            Error(Code::failed_precondition,
                  fmt::format("the model's answer does not fit the schema (output.schema), {} "
                              "times in a row: {}",
                              bad_outputs_, *faults)));
      step.reply = fmt::format(
          "This answer does not fit the JSON Schema that it must fit: {}\nAnswer again with "
          "nothing but the corrected JSON.",
          *faults);
    }
  }
  CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
  if (calls) {
    CO_TRY_VOID(co_await writer_.end_step());
    auto told = calls_message(run_, message);
    CO_TRY_VOID(co_await run_.status(a2a::TaskState::working, std::move(told)));
  }
  fresh_ = step.number;
  conversation_.apply(std::move(step));
  co_return true;
}

Result<> Turn::check_answer(const llm::Answer& answer) const {
  std::size_t bytes = 0;
  std::size_t calls = 0;
  for (const auto& part : answer.message.parts) {
    if (part.text) bytes += part.text->size();
    if (part.reasoning) bytes += part.reasoning->text.size();
    if (part.toolCall) bytes += part.toolCall->arguments.size();
    if (part.toolCall) ++calls;
  }
  if (bytes > kMaxAnswerBytes)
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("the model's answer is longer than {} bytes", kMaxAnswerBytes)));
  if (calls > kMaxCallsOfAnswer)
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("the model asked for {} calls at once; at most {} are made",
                                  calls, kMaxCallsOfAnswer)));
  if (answer.finish == llm::FinishReason::content_filter && bytes == 0 && calls == 0)
    return fail(Error(Code::failed_precondition,
                      "the provider's content filter let the model say nothing"));
  return ok();
}

std::optional<std::string> Turn::output_faults(const llm::Answer& answer) const {
  if (!definition_.spec.output) return std::nullopt;
  auto value = json::parse(llm::text_of(answer.message));
  if (!value) return "it is not JSON: " + value.error().message();
  auto schema = json::Schema::compile(json::Value(definition_.spec.output->schema));
  if (!schema) return "the schema cannot be used: " + schema.error().message();
  if ((*schema)->valid(*value)) return std::nullopt;
  return json::to_string((*schema)->validate(*value));
}

}  // namespace flotilla::agents
