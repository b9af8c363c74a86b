#include "agents/conformance_traversal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/id.h"

namespace flotilla::agents::conformance {

namespace {

using Texts = std::vector<std::string>;
constexpr std::string_view kFinished = "task-finished";  // how the kit marks a held task's answer
constexpr int kHoldBeats = 5;
constexpr std::chrono::seconds kHoldBeat{2};

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

Result<std::optional<a2a::Binding>> binding_of(std::string_view transport) {
  const std::string name = upper(transport);
  if (name.empty()) return std::optional<a2a::Binding>();
  if (name == "JSONRPC") return std::optional(a2a::Binding::jsonrpc);
  if (name == "HTTP+JSON" || name == "HTTP_JSON" || name == "REST")
    return std::optional(a2a::Binding::rest);
  return fail(Error(Code::unimplemented, "no client speaks the transport " + name));
}

void add_texts(const std::optional<a2a::Message>& message, Texts& out) {
  if (!message) return;
  for (const auto& part : message->parts) {
    if (!part.text || part.text->empty()) continue;
    std::string text = *part.text;
    if (const auto mark = text.find(kFinished); mark != std::string::npos)
      text.erase(mark, kFinished.size());
    out.push_back(std::move(text));
  }
}

void add_texts(const a2a::StreamResponse& item, Texts& out) {
  add_texts(item.message, out);
  if (item.task) add_texts(item.task->status.message, out);
  if (item.statusUpdate) add_texts(item.statusUpdate->status.message, out);
}

bool says_finished(const a2a::StreamResponse& item) {
  const a2a::Message* message = nullptr;
  if (item.task && item.task->status.message) message = &*item.task->status.message;
  if (item.statusUpdate && item.statusUpdate->status.message)
    message = &*item.statusUpdate->status.message;
  return message != nullptr && a2a::text_of(message->parts).find(kFinished) != std::string::npos;
}

a2a::SendMessageRequest request_of(const CallAgent& call) {
  a2a::SendMessageRequest request;
  request.message.messageId = make_uuid_v7(system_clock().now(), system_random()).to_string();
  request.message.role = a2a::MessageRole::user;
  request.message.parts.push_back(instruction_part(call.nested));
  if (call.behaviour != CallBehaviour::push) return request;
  const bool absolute = call.webhook.starts_with("http://") || call.webhook.starts_with("https://");
  a2a::TaskPushNotificationConfig config;
  config.url = (absolute ? "" : "http://") + call.webhook + "/notifications";
  config.token = "itk-token";
  request.configuration.emplace().taskPushNotificationConfig = std::move(config);
  return request;
}

Async<Result<Texts>> read_events(a2a::ClientEvents& events, bool until_finished) {
  Texts texts;
  for (;;) {
    CO_TRY(item, co_await events.next());
    if (!item) break;
    add_texts(*item, texts);
    if (until_finished && says_finished(*item)) break;
  }
  co_return texts;
}

/// Leaves the stream after its first item, then subscribes to the rest.
Async<Result<Texts>> send_and_resubscribe(a2a::Client& client, a2a::SendMessageRequest request) {
  std::string task;
  {
    CO_TRY(events, co_await client.stream(std::move(request)));
    CO_TRY(first, co_await events->next());
    if (first && first->task) task = first->task->id;
    if (first && first->statusUpdate) task = first->statusUpdate->taskId;
  }
  if (task.empty()) co_return fail(Error(Code::internal, "the agent answered without a task"));
  a2a::SubscribeToTaskRequest subscription;
  subscription.id = task;
  CO_TRY(events, co_await client.subscribe(std::move(subscription), std::nullopt));
  co_return co_await read_events(*events, true);
}

Async<Result<Texts>> call_agent(const ConnectPeer& connect, const CallAgent& call) {
  a2a::ClientOptions options;
  CO_TRY(binding, binding_of(call.transport));
  options.binding = binding;
  options.author = http::UrlAuthor::caller;
  options.retry_for = std::chrono::seconds(5);
  CO_TRY(peer, co_await connect(call.url, std::move(options)));
  auto request = request_of(call);
  if (call.behaviour == CallBehaviour::resubscribe)
    co_return co_await send_and_resubscribe(*peer.client, std::move(request));
  if (call.streaming) {
    CO_TRY(events, co_await peer.client->stream(std::move(request)));
    co_return co_await read_events(*events, false);
  }
  CO_TRY(answer, co_await peer.client->send(std::move(request)));
  Texts texts;
  add_texts(answer.message, texts);
  if (answer.task) add_texts(answer.task->status.message, texts);
  co_return texts;
}

bool holds(const Instruction& instruction) {
  if (instruction.answer && instruction.answer->hold) return true;
  return std::ranges::any_of(instruction.steps, holds);
}

/// Tells the answer while the task goes on, so that others can subscribe to it meanwhile.
Async<Result<>> hold(core::Run& run, const std::string& text) {
  auto told = run.message(text);
  CO_TRY_VOID(co_await run.status(a2a::TaskState::working, std::move(told)));
  for (int beat = 0; beat < kHoldBeats; ++beat) {
    CO_TRY_VOID(co_await run.status(a2a::TaskState::working));
    CO_TRY_VOID(co_await run.sleep(kHoldBeat));
  }
  co_return ok();
}

}  // namespace

Async<Result<Texts>> traverse(const ConnectPeer& connect, const Instruction& instruction) {
  if (instruction.call) co_return co_await call_agent(connect, *instruction.call);
  Texts texts;
  if (instruction.answer) texts.push_back(instruction.answer->text);
  for (const auto& step : instruction.steps) {
    CO_TRY(more, co_await traverse(connect, step));
    std::ranges::move(more, std::back_inserter(texts));
  }
  co_return texts;
}

Async<Result<>> run_instruction(core::Run& run, const ConnectPeer& connect, std::string bytes) {
  CO_TRY(instruction, parse_instruction(bytes));
  CO_TRY(texts, co_await traverse(connect, instruction));
  std::string answer;
  for (const auto& text : texts) answer += (answer.empty() ? "" : "\n") + text;
  if (holds(instruction)) {
    answer.append("\n").append(kFinished);
    CO_TRY_VOID(co_await hold(run, answer));
  }
  auto message = run.message(std::move(answer));
  co_return co_await run.status(a2a::TaskState::completed, std::move(message));
}

}  // namespace flotilla::agents::conformance
