#include <fmt/format.h>

#include "agents/builtin_internal.h"
#include "agents/demo.h"
#include "agents/messenger.h"
#include "core/topic_name.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::size_t kPage = 200;
constexpr std::size_t kMost = 10'000;
constexpr std::string_view kResult = "coordinated-result";

/// The event that woke the agent; null for a message in words.
const json::Object* event_of(const a2a::Message& message) {
  for (const auto& part : message.parts)
    if (part.data) return part.data->if_object();
  return nullptr;
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

/// The text of all artifacts; an error when the other failed.
Result<std::string> said(const a2a::Task& task) {
  std::string text;
  for (const auto& artifact : task.artifacts) text += a2a::text_of(artifact.parts);
  if (task.status.state == a2a::TaskState::completed) return text;
  if (task.status.message) text = a2a::text_of(task.status.message->parts);
  return fail(Error(Code::failed_precondition, text));
}

Async<Result<>> answer(core::Run& run, std::string text) {
  auto artifact = text_artifact("answer", "answer", std::move(text));
  CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
  co_return co_await run.status(a2a::TaskState::completed);
}

/// What was published under the pattern in the context of this task: a replay of the journal.
Async<Result<std::vector<json::Object>>> published(Messenger& messenger, std::string pattern,
                                                   std::string context) {
  std::vector<json::Object> found;
  std::uint64_t after = 0;
  for (bool more = true; more && found.size() < kMost;) {
    std::vector<std::string> patterns{pattern};
    CO_TRY(page, co_await messenger.events(std::move(patterns), after, kPage));
    for (const auto& event : page.events) {
      CO_TRY(payload, json::from_text<core::TopicPayload>(event->payload));
      const auto* data = payload.data.if_object();
      if (data != nullptr && payload.contextId == context) found.push_back(*data);
    }
    after = page.next;
    more = page.more;
  }
  co_return found;
}

/// The sum in a text: from its first digit or parenthesis as far as an expression may go.
std::string expression_in(std::string_view text) {
  const auto first = text.find_first_of("0123456789(");
  if (first == std::string_view::npos) return "1 + 1";
  auto end = text.find_first_not_of("0123456789.+-*/^()% ", first);
  if (end == std::string_view::npos) end = text.size();
  while (end > first && text[end - 1] != ')' && text[end - 1] != '%' &&
         (text[end - 1] < '0' || text[end - 1] > '9'))
    --end;
  return std::string(text.substr(first, end - first));
}

/// Takes `Coordinate task: …`, tells everybody, has calculator and analysis work on it, and memory
/// keep the calculator's result.
class Coordinator final : public core::Runner {
 public:
  explicit Coordinator(core::Messaging& messaging) : messaging_(messaging) {}

  Async<Result<>> run(core::Run& run) override {
    const std::string input = text_input(run.input());
    const std::string task(without_verb(input, {"coordinate task", "coordinate"}));
    Messenger messenger(messaging_, run);
    json::Object assigned;
    assigned.set("task", task);
    assigned.set("to", json::Array{"calculator", "analysis"});
    CO_TRY_VOID(co_await messenger.publish("task.assigned", std::move(assigned)));
    CO_TRY(sum, co_await ask(messenger, "calculator", "calculate " + expression_in(task)));
    CO_TRY(statistics, co_await ask(messenger, "analysis", "analyse: " + task));
    const std::string store = fmt::format("store {} as {}", sum, kResult);
    CO_TRY(stored, co_await ask(messenger, "memory", store));
    co_return co_await answer(
        run, fmt::format("calculator: {}\nmemory: {}\nanalysis: {}\n", sum, stored, statistics));
  }

 private:
  static Async<Result<std::string>> ask(Messenger& messenger, std::string agent, std::string text) {
    CO_TRY(task, co_await messenger.ask(std::move(agent), std::move(text)));
    co_return said(task);
  }

  core::Messaging& messaging_;
};

/// Publishes one event for each that wakes it; asked in words, it tells those of the conversation.
class Relay final : public core::Runner {
 public:
  struct Words {
    std::string name;   // of the agent
    std::string event;  // that it publishes
    std::string noun;
  };
  Relay(core::Messaging& messaging, Words words)
      : messaging_(messaging), words_(std::move(words)) {}

  Async<Result<>> run(core::Run& run) override {
    Messenger messenger(messaging_, run);
    if (const auto* event = event_of(run.input())) {
      json::Object data;
      data.set("event", text_at(*event, "name"));
      if (const auto* value = event->find("data")) data.set("data", *value);
      CO_TRY_VOID(co_await messenger.publish(words_.event, std::move(data)));
      co_return co_await run.status(a2a::TaskState::completed);
    }
    CO_TRY(found, co_await published(messenger, core::agent_topic(words_.name, words_.event),
                                     run.row().context_id));
    std::string text = fmt::format("{} {}\n", found.size(), words_.noun);
    for (const auto& one : found) text += fmt::format("- {}\n", text_at(one, "event"));
    co_return co_await answer(run, std::move(text));
  }

 private:
  core::Messaging& messaging_;
  Words words_;
};

}  // namespace

std::shared_ptr<core::Runner> make_coordinator(core::Messaging& messaging) {
  return std::make_shared<Coordinator>(messaging);
}

std::shared_ptr<core::Runner> make_data_collector(core::Messaging& messaging) {
  return std::make_shared<Relay>(
      messaging, Relay::Words{"data-collector", "data.collected", "data points collected"});
}

std::shared_ptr<core::Runner> make_notification(core::Messaging& messaging) {
  return std::make_shared<Relay>(
      messaging, Relay::Words{"notification", "notification.sent", "notifications sent"});
}

}  // namespace flotilla::agents
