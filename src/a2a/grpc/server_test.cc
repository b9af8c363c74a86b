// Every RPC of both services, through real stubs.
#include "a2a/grpc/testing_internal.h"

namespace flotilla::a2a::rpc {
namespace {

using namespace testing;
using ::grpc::StatusCode;

TEST(GrpcServer, SendsAndAnswersATask) {
  Host host;
  ::grpc::ClientContext context;
  v1::SendMessageResponse answer;
  const auto status = host.stub->SendMessage(&context, hello(), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer.task().id(), "t-1");
  EXPECT_EQ(answer.task().status().state(), v1::TASK_STATE_COMPLETED);
  EXPECT_EQ(answer.task().status().timestamp().seconds(), 1793606400);
  EXPECT_EQ(answer.task().artifacts(0).parts(0).text(), "pong");
  EXPECT_EQ(host.handler.agent.name, "front-desk");
  EXPECT_EQ(host.handler.sent->message.parts.front().text, "hi");
  EXPECT_FALSE(host.handler.sent->configuration);
  ASSERT_TRUE(host.handler.context.principal);
  EXPECT_EQ(host.handler.context.request_id.size(), 13U);
}

TEST(GrpcServer, AnswersABareMessage) {
  Host host;
  host.handler.on_send = [] {
    SendOutcome out;
    out.kind = ItemKind::message;
    out.json = R"({"messageId":"r-1","role":"ROLE_AGENT","parts":[{"data":{"n":1}}]})";
    return out;
  };
  ::grpc::ClientContext context;
  v1::SendMessageResponse answer;
  ASSERT_TRUE(host.stub->SendMessage(&context, hello(), &answer).ok());
  EXPECT_EQ(answer.message().message_id(), "r-1");
  EXPECT_EQ(answer.message().parts(0).data().struct_value().fields().at("n").number_value(), 1);
}

TEST(GrpcServer, StreamsUntilTheProperEnd) {
  Host host;
  host.handler.on_stream = []() -> Result<std::unique_ptr<ItemStream>> {
    std::deque<FakeStream::Batch> batches(2);
    batches[0].push_back(FakeHandler::item(ItemKind::task, 1, FakeHandler::task_json()));
    batches[1].push_back(FakeHandler::item(
        ItemKind::artifact_update, 2,
        R"({"taskId":"t-1","contextId":"c-1","artifact":{"artifactId":"a","parts":[{"text":"x"}]},"append":true,"metadata":{"k":1}})"));
    batches[1].push_back(FakeHandler::item(
        ItemKind::status_update, 3,
        R"({"taskId":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_COMPLETED"}})"));
    return FakeHandler::stream(std::move(batches));
  };
  ::grpc::ClientContext context;
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  v1::StreamResponse item;
  ASSERT_TRUE(reader->Read(&item));
  EXPECT_EQ(item.task().id(), "t-1");
  ASSERT_TRUE(reader->Read(&item));
  EXPECT_TRUE(item.artifact_update().append());
  EXPECT_FALSE(item.artifact_update().last_chunk());
  EXPECT_EQ(item.artifact_update().metadata().fields_size(), 1);  // and no cursor
  ASSERT_TRUE(reader->Read(&item));
  EXPECT_EQ(item.status_update().status().state(), v1::TASK_STATE_COMPLETED);
  EXPECT_FALSE(reader->Read(&item));
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(context.GetServerInitialMetadata().find("a2a-extensions") ==
              context.GetServerInitialMetadata().end());
}

TEST(GrpcServer, GetsListsAndCancels) {
  Host host;
  {
    ::grpc::ClientContext context;
    v1::GetTaskRequest request;
    request.set_id("t-1");
    request.set_history_length(0);
    v1::Task task;
    ASSERT_TRUE(host.stub->GetTask(&context, request, &task).ok());
    EXPECT_EQ(task.context_id(), "c-1");
    EXPECT_EQ(host.handler.got->historyLength, 0);
  }
  {
    ::grpc::ClientContext context;
    v1::ListTasksRequest request;
    request.set_status(v1::TASK_STATE_WORKING);
    request.set_page_size(7);
    request.mutable_status_timestamp_after()->set_seconds(1'700'000'000);
    request.set_include_artifacts(true);
    v1::ListTasksResponse page;
    ASSERT_TRUE(host.stub->ListTasks(&context, request, &page).ok());
    EXPECT_EQ(page.page_size(), 7);
    EXPECT_EQ(host.handler.listed->status, TaskState::working);
    EXPECT_EQ(format_time(*host.handler.listed->statusTimestampAfter), "2023-11-14T22:13:20.000Z");
    EXPECT_EQ(host.handler.listed->includeArtifacts, true);
  }
  {
    ::grpc::ClientContext context;
    v1::CancelTaskRequest request;
    request.set_id("t-9");
    (*request.mutable_metadata()->mutable_fields())["why"].set_string_value("late");
    v1::Task task;
    ASSERT_TRUE(host.stub->CancelTask(&context, request, &task).ok());
    EXPECT_EQ(host.handler.canceled->id, "t-9");
    EXPECT_EQ(*host.handler.canceled->metadata.find("why"), json::Value("late"));
  }
}

TEST(GrpcServer, SubscribesAfterACursorAndSaysCursors) {
  Host host;
  ::grpc::ClientContext context;
  context.AddMetadata("a2a-extensions",
                      "https://other.example/x, " + std::string(kCursorExtension));
  context.AddMetadata("last-event-id", "17");
  v1::SubscribeToTaskRequest request;
  request.set_id("t-1");
  const auto reader = host.stub->SubscribeToTask(&context, request);
  v1::StreamResponse item;
  ASSERT_TRUE(reader->Read(&item));
  const auto& fields = item.task().metadata().fields();
  ASSERT_TRUE(fields.contains(std::string(kCursorExtension)));
  EXPECT_EQ(
      fields.at(std::string(kCursorExtension)).struct_value().fields().at("cursor").string_value(),
      "1");
  EXPECT_FALSE(reader->Read(&item));
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(host.handler.after, "17");
  const auto activated = context.GetServerInitialMetadata().find("a2a-extensions")->second;
  EXPECT_EQ(std::string(activated.data(), activated.size()), kCursorExtension);
}

TEST(GrpcServer, TheTenantNamesTheAgent) {
  Host host;
  auto request = hello();
  request.set_tenant("team-a/helper");
  ::grpc::ClientContext context;
  v1::SendMessageResponse answer;
  ASSERT_TRUE(host.stub->SendMessage(&context, request, &answer).ok());
  EXPECT_EQ(host.handler.agent.name_space, "team-a");
  EXPECT_EQ(host.handler.agent.name, "helper");
  EXPECT_EQ(host.handler.sent->tenant, std::nullopt);
  for (const char* tenant : {"team-a", "/helper", "team-a/"}) {
    request.set_tenant(tenant);
    ::grpc::ClientContext again;
    const auto status = host.stub->SendMessage(&again, request, &answer);
    EXPECT_EQ(status.error_code(), StatusCode::NOT_FOUND) << tenant;
  }
}

TEST(GrpcServer, ServesTheOldVersion) {
  Host host;
  {
    ::grpc::ClientContext context;
    auto request = old_hello();
    request.mutable_configuration()->set_blocking(true);
    v03pb::SendMessageResponse answer;
    const auto status = host.old->SendMessage(&context, request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer.task().artifacts(0).parts(0).text(), "pong");
    EXPECT_EQ(host.handler.sent->configuration->returnImmediately, false);
  }
  {
    ::grpc::ClientContext context;
    v03pb::GetTaskRequest request;
    request.set_name("tasks/t-1");
    v03pb::Task task;
    ASSERT_TRUE(host.old->GetTask(&context, request, &task).ok());
    EXPECT_EQ(task.id(), "t-1");
    EXPECT_EQ(host.handler.got->historyLength, std::nullopt);
  }
  {
    ::grpc::ClientContext context;
    v03pb::CancelTaskRequest request;
    request.set_name("tasks/t-1");
    v03pb::Task task;
    ASSERT_TRUE(host.old->CancelTask(&context, request, &task).ok());
    EXPECT_EQ(host.handler.canceled->id, "t-1");
  }
  {
    ::grpc::ClientContext context;
    v03pb::TaskSubscriptionRequest request;
    request.set_name("tasks/t-1");
    const auto reader = host.old->TaskSubscription(&context, request);
    v03pb::StreamResponse item;
    ASSERT_TRUE(reader->Read(&item));
    EXPECT_EQ(item.task().status().state(), v03pb::TASK_STATE_COMPLETED);
    EXPECT_FALSE(reader->Read(&item));
    EXPECT_TRUE(reader->Finish().ok());
  }
}

TEST(GrpcServer, OldStreamsSayWhichEventIsFinal) {
  Host host;
  host.handler.on_stream = []() -> Result<std::unique_ptr<ItemStream>> {
    std::deque<FakeStream::Batch> batches(1);
    for (const char* state : {"TASK_STATE_WORKING", "TASK_STATE_CANCELED"}) {
      batches[0].push_back(FakeHandler::item(
          ItemKind::status_update, 1,
          R"({"taskId":"t","contextId":"c","status":{"state":")" + std::string(state) + R"("}})"));
    }
    return FakeHandler::stream(std::move(batches));
  };
  ::grpc::ClientContext context;
  const auto reader = host.old->SendStreamingMessage(&context, old_hello());
  v03pb::StreamResponse item;
  ASSERT_TRUE(reader->Read(&item));
  EXPECT_FALSE(item.status_update().final());
  ASSERT_TRUE(reader->Read(&item));
  EXPECT_TRUE(item.status_update().final());
  EXPECT_EQ(item.status_update().status().state(), v03pb::TASK_STATE_CANCELLED);
}

TEST(GrpcServer, KeepsPushConfigs) {
  ServerConfig config;
  config.push_notifications = true;
  Host host(config);
  {
    ::grpc::ClientContext context;
    v1::TaskPushNotificationConfig request;
    request.set_task_id("t-1");
    request.set_url("https://hook.example/x");
    request.mutable_authentication()->set_scheme("Bearer");
    request.mutable_authentication()->set_credentials("s3");
    v1::TaskPushNotificationConfig made;
    const auto status = host.stub->CreateTaskPushNotificationConfig(&context, request, &made);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(made.url(), "https://hook.example/x");
    EXPECT_FALSE(made.id().empty());
  }
  {
    ::grpc::ClientContext context;
    v1::ListTaskPushNotificationConfigsRequest request;
    request.set_task_id("t-1");
    v1::ListTaskPushNotificationConfigsResponse page;
    EXPECT_TRUE(host.stub->ListTaskPushNotificationConfigs(&context, request, &page).ok());
  }
  {
    ::grpc::ClientContext context;
    v03pb::CreateTaskPushNotificationConfigRequest request;
    request.set_parent("tasks/t-1");
    request.set_config_id("k-1");
    auto& push = *request.mutable_config()->mutable_push_notification_config();
    push.set_url("https://hook.example/old");
    push.mutable_authentication()->add_schemes("Bearer");
    v03pb::TaskPushNotificationConfig made;
    const auto status = host.old->CreateTaskPushNotificationConfig(&context, request, &made);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(made.name(), "tasks/t-1/pushNotificationConfigs/k-1");
    EXPECT_EQ(made.push_notification_config().url(), "https://hook.example/old");
  }
  {
    ::grpc::ClientContext context;
    v03pb::DeleteTaskPushNotificationConfigRequest request;
    request.set_name("tasks/t-1/pushNotificationConfigs/k-1");
    google::protobuf::Empty nothing;
    EXPECT_TRUE(host.old->DeleteTaskPushNotificationConfig(&context, request, &nothing).ok());
  }
  {
    ::grpc::ClientContext context;
    v1::DeleteTaskPushNotificationConfigRequest request;
    request.set_task_id("t-1");
    google::protobuf::Empty nothing;
    const auto status = host.stub->DeleteTaskPushNotificationConfig(&context, request, &nothing);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(field_of(status), "/id");
  }
}

TEST(GrpcServer, WithoutPushNotificationsItSaysSo) {
  Host host;
  ::grpc::ClientContext context;
  v1::GetTaskPushNotificationConfigRequest request;
  v1::TaskPushNotificationConfig found;
  const auto status = host.stub->GetTaskPushNotificationConfig(&context, request, &found);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(info_of(status).reason(), "PUSH_NOTIFICATION_NOT_SUPPORTED");
}

TEST(GrpcServer, ShowsTheExtendedCardInBothVersions) {
  const auto ports = std::make_shared<Ports>();
  ports->http = 8080;
  ports->grpc = 50051;
  ServerConfig config;
  config.ports = ports;
  config.authentication = true;
  Host host(config);
  {
    ::grpc::ClientContext context;
    v1::GetExtendedAgentCardRequest request;
    request.set_tenant("team-a/echo");
    v1::AgentCard card;
    const auto status = host.stub->GetExtendedAgentCard(&context, request, &card);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(card.name(), "Echo");
    EXPECT_EQ(card.supported_interfaces(0).url(), "http://127.0.0.1:8080/a2a/team-a/echo");
    const auto& last = card.supported_interfaces(card.supported_interfaces_size() - 1);
    EXPECT_EQ(last.url(), "127.0.0.1:50051");
    EXPECT_EQ(last.protocol_binding(), "GRPC");
    EXPECT_EQ(last.tenant(), "team-a/echo");
    EXPECT_EQ(card.security_schemes_size(), 1);
    EXPECT_EQ(card.skills(0).id(), "echo");
  }
  {
    ::grpc::ClientContext context;
    v03pb::AgentCard card;
    const auto status = host.old->GetAgentCard(&context, {}, &card);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(card.protocol_version(), "0.3.0");
    EXPECT_EQ(card.preferred_transport(), "JSONRPC");
    EXPECT_EQ(card.url(), "http://127.0.0.1:8080");
    const auto& last = card.additional_interfaces(card.additional_interfaces_size() - 1);
    EXPECT_EQ(last.transport(), "GRPC");
    EXPECT_EQ(last.url(), "127.0.0.1:50051");
    EXPECT_EQ(card.security_size(), 1);
  }
}

TEST(GrpcServer, APortInUseIsAnError) {
  Host host;
  ServerOptions options;
  options.port = host.port;
  Server second(host.loops, system_clock(), host.handler, host.authenticator, host.config, options,
                host.metrics);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), Code::unavailable);
}

}  // namespace
}  // namespace flotilla::a2a::rpc
