#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agents/declarative/events.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/turn_internal.h"
#include "json/schema.h"

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

Async<Result<llm::Answer>> Turn::generate() {
  llm::CallOptions options;
  options.deadline = deadline_;
  // A schema's answer is shown when it is whole and fits.
  llm::DeltaSink* sink = definition_.spec.stream && !definition_.spec.output ? &writer_ : nullptr;
  conversation_.lend(request_.messages);
  auto answer = co_await model_.model->generate(request_, sink, options);
  conversation_.lend(request_.messages);
  co_return answer;
}

Async<Result<bool>> Turn::ask_model() {
  // Every result is stored before the next step, and the task before the first.
  CO_TRY_VOID(co_await run_.flush());
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
  } else if (step.reply) {
    CO_TRY_VOID(co_await writer_.restart());
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
