#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "a2a/handler.h"
#include "async/event.h"

namespace flotilla::a2a {

/// A scripted stream: gives its batches, then ends, fails, or stays open.
class FakeStream final : public ItemStream {
 public:
  using Batch = std::vector<StreamItem>;
  explicit FakeStream(std::deque<Batch> batches, std::optional<Error> end = {},
                      Notifier* open = nullptr)
      : batches_(std::move(batches)), end_(std::move(end)), open_(open) {}

  Async<Result<Batch>> next() override {
    if (!batches_.empty()) {
      Batch batch = std::move(batches_.front());
      batches_.pop_front();
      co_return batch;
    }
    if (end_) co_return fail(*end_);
    if (open_ != nullptr) co_await open_->wait();
    co_return Batch();
  }

 private:
  std::deque<Batch> batches_;
  std::optional<Error> end_;
  Notifier* open_;  // waits for it before the end: a stream that stays open
};

/// Answers what a test scripted and remembers what it was asked. One loop.
class FakeHandler final : public Handler {
 public:
  // Scripts. An unset one answers a completed task, or a stream of it.
  std::function<Result<SendOutcome>()> on_send;
  std::function<Result<std::unique_ptr<ItemStream>>()> on_stream;
  std::function<Result<std::string>()> on_task;  // get and cancel
  std::function<Result<ListTasksResponse>()> on_list;
  std::function<Result<AgentCard>()> on_card;

  // What came last.
  int calls = 0;
  Context context;
  AgentRef agent;
  std::optional<SendMessageRequest> sent;
  std::optional<GetTaskRequest> got;
  std::optional<ListTasksRequest> listed;
  std::optional<CancelTaskRequest> canceled;
  std::optional<SubscribeToTaskRequest> subscribed;
  std::optional<std::string> after;
  std::optional<TaskPushNotificationConfig> pushed;  // is what get and list answer
  std::optional<TaskPushNotificationConfigRequest> push_named;
  std::optional<ListTaskPushNotificationConfigsRequest> push_listed;

  static std::string task_json() {
    return R"({"id":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_COMPLETED",)"
           R"("timestamp":"2026-11-02T08:00:00.000Z"},"artifacts":[{"artifactId":"a-1",)"
           R"("parts":[{"text":"pong"}]}]})";
  }

  static StreamItem item(ItemKind kind, std::uint64_t cursor, std::string json) {
    StreamItem out;
    out.kind = kind;
    out.cursor = cursor;
    out.json = std::make_shared<const std::string>(std::move(json));
    out.legacy = make_legacy();
    return out;
  }

  static std::unique_ptr<ItemStream> stream(std::deque<FakeStream::Batch> batches,
                                            std::optional<Error> end = {},
                                            Notifier* open = nullptr) {
    return std::make_unique<FakeStream>(std::move(batches), std::move(end), open);
  }

  Async<Result<SendOutcome>> send_message(Context ctx, AgentRef ref,
                                          SendMessageRequest request) override {
    remember(std::move(ctx), std::move(ref));
    sent = std::move(request);
    if (on_send) co_return on_send();
    SendOutcome outcome;
    outcome.json = task_json();
    co_return outcome;
  }

  Async<Result<std::unique_ptr<ItemStream>>> send_streaming_message(
      Context ctx, AgentRef ref, SendMessageRequest request) override {
    remember(std::move(ctx), std::move(ref));
    sent = std::move(request);
    co_return open();
  }

  Async<Result<std::string>> get_task(Context ctx, AgentRef ref, GetTaskRequest request) override {
    remember(std::move(ctx), std::move(ref));
    got = std::move(request);
    if (on_task) co_return on_task();
    co_return task_json();
  }

  Async<Result<ListTasksResponse>> list_tasks(Context ctx, AgentRef ref,
                                              ListTasksRequest request) override {
    remember(std::move(ctx), std::move(ref));
    listed = std::move(request);
    if (on_list) co_return on_list();
    ListTasksResponse page;
    page.pageSize = listed->pageSize.value_or(50);
    co_return page;
  }

  Async<Result<std::string>> cancel_task(Context ctx, AgentRef ref,
                                         CancelTaskRequest request) override {
    remember(std::move(ctx), std::move(ref));
    canceled = std::move(request);
    if (on_task) co_return on_task();
    co_return task_json();
  }

  Async<Result<std::unique_ptr<ItemStream>>> subscribe_to_task(
      Context ctx, AgentRef ref, SubscribeToTaskRequest request,
      std::optional<std::string> cursor) override {
    remember(std::move(ctx), std::move(ref));
    subscribed = std::move(request);
    after = std::move(cursor);
    co_return open();
  }

  Async<Result<TaskPushNotificationConfig>> create_push_config(
      Context ctx, AgentRef ref, TaskPushNotificationConfig config) override {
    remember(std::move(ctx), std::move(ref));
    if (!config.id) config.id = "p-1";
    pushed = std::move(config);
    co_return *pushed;
  }

  Async<Result<TaskPushNotificationConfig>> get_push_config(
      Context ctx, AgentRef ref, TaskPushNotificationConfigRequest request) override {
    remember(std::move(ctx), std::move(ref));
    push_named = std::move(request);
    if (pushed) co_return *pushed;
    co_return fail(Error(Code::not_found, reason::kTaskNotFound, "there is no such config"));
  }

  Async<Result<ListTaskPushNotificationConfigsResponse>> list_push_configs(
      Context ctx, AgentRef ref, ListTaskPushNotificationConfigsRequest request) override {
    remember(std::move(ctx), std::move(ref));
    push_listed = std::move(request);
    ListTaskPushNotificationConfigsResponse page;
    if (pushed) page.configs.push_back(*pushed);
    co_return page;
  }

  Async<Result<>> delete_push_config(Context ctx, AgentRef ref,
                                     TaskPushNotificationConfigRequest request) override {
    remember(std::move(ctx), std::move(ref));
    push_named = std::move(request);
    co_return ok();
  }

  AgentExtensions known_extensions;
  [[nodiscard]] AgentExtensions extensions(const AgentRef&) const override {
    return known_extensions;
  }
  Async<Result<AgentCard>> extended_card(Context ctx, AgentRef ref) override {
    auto card = co_await agent_card(std::move(ctx), std::move(ref));
    if (card) card->description += " for those who may";
    co_return card;
  }
  Async<Result<AgentCard>> agent_card(Context ctx, AgentRef ref) override {
    remember(std::move(ctx), std::move(ref));
    if (on_card) co_return on_card();
    AgentCard card;
    card.name = "Echo";
    card.description = "Repeats text";
    card.version = "2.1.0";
    card.capabilities.streaming = true;
    card.defaultInputModes = {"text/plain"};
    card.defaultOutputModes = {"text/plain"};
    AgentSkill skill;
    skill.id = "echo";
    skill.name = "Echo";
    skill.description = "Echo back";
    skill.tags = {"demo"};
    card.skills.push_back(std::move(skill));
    co_return card;
  }

 private:
  void remember(Context ctx, AgentRef ref) {
    ++calls;
    context = std::move(ctx);
    agent = std::move(ref);
  }

  Result<std::unique_ptr<ItemStream>> open() {
    if (on_stream) return on_stream();
    FakeStream::Batch batch;
    batch.push_back(item(ItemKind::task, 1, task_json()));
    std::deque<FakeStream::Batch> batches;
    batches.push_back(std::move(batch));
    return stream(std::move(batches));
  }
};

}  // namespace flotilla::a2a
