// Errors with details, bad input, deadlines, cancellation, slow readers, draining.
#include <grpcpp/generic/generic_stub.h>

#include "a2a/grpc/testing_internal.h"
#include "base/hash.h"

namespace flotilla::a2a::rpc {
namespace {

using namespace testing;
using ::grpc::StatusCode;
using std::chrono::seconds;

::grpc::Status send(Host& host, const v1::SendMessageRequest& request) {
  ::grpc::ClientContext context;
  v1::SendMessageResponse answer;
  return host.stub->SendMessage(&context, request, &answer);
}

/// Any bytes to any path.
::grpc::Status call_raw(Host& host, const std::string& path, const std::string& bytes) {
  ::grpc::GenericStub stub(host.channel);
  ::grpc::ClientContext context;
  const ::grpc::Slice slice(bytes);
  const ::grpc::ByteBuffer request(&slice, 1);
  ::grpc::ByteBuffer answer;
  std::atomic<bool> done{false};
  ::grpc::Status status;
  stub.UnaryCall(&context, path, {}, &request, &answer, [&](::grpc::Status result) {
    status = std::move(result);
    done = true;
  });
  EXPECT_TRUE(eventually([&] { return done.load(); }));
  return status;
}

TEST(GrpcFaults, AnErrorHasCodeAndDetails) {
  Host host;
  host.handler.on_task = [] {
    return fail(Error(Code::not_found, reason::kTaskNotFound, "no task t-404")
                    .with_metadata("taskId", "t-404"));
  };
  ::grpc::ClientContext context;
  v1::GetTaskRequest request;
  request.set_id("t-404");
  v1::Task task;
  const auto status = host.stub->GetTask(&context, request, &task);
  EXPECT_EQ(status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no task t-404");
  EXPECT_EQ(details_of(status).code(), 5);
  EXPECT_EQ(details_of(status).details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(info_of(status).reason(), "TASK_NOT_FOUND");
  EXPECT_EQ(info_of(status).domain(), "a2a-protocol.org");
  EXPECT_EQ(info_of(status).metadata().at("taskId"), "t-404");
}

TEST(GrpcFaults, TheProfileDecidesTheCode) {
  for (const Profile profile : {Profile::v1_0_1, Profile::v1_0_0}) {
    ServerConfig config;
    config.profile = profile;
    config.extended_card = false;
    Host host(config);
    ::grpc::ClientContext context;
    v1::AgentCard card;
    const auto status = host.stub->GetExtendedAgentCard(&context, {}, &card);
    EXPECT_EQ(status.error_code(), profile == Profile::v1_0_0 ? StatusCode::UNIMPLEMENTED
                                                              : StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(info_of(status).reason(), "UNSUPPORTED_OPERATION");
  }
}

TEST(GrpcFaults, OurOwnFaultsStayInside) {
  Host host;
  host.handler.on_send = []() -> Result<SendOutcome> {
    return fail(Error(Code::internal, "secret path /var"));
  };
  const auto status = send(host, hello());
  EXPECT_EQ(status.error_code(), StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "internal error");
  EXPECT_TRUE(info_of(status).metadata().contains("requestId"));
}

TEST(GrpcFaults, AFaultyFieldIsNamed) {
  Host host;
  const auto field = [&](auto change) {
    auto request = hello();
    change(request);
    const auto status = send(host, request);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << status.error_message();
    return field_of(status);
  };
  EXPECT_EQ(field([](auto& r) { r.clear_message(); }), "/message");
  EXPECT_EQ(field([](auto& r) { r.mutable_message()->clear_message_id(); }), "/message/messageId");
  EXPECT_EQ(field([](auto& r) { r.mutable_message()->clear_parts(); }), "/message/parts");
  EXPECT_EQ(field([](auto& r) { r.mutable_message()->mutable_parts(0)->clear_text(); }),
            "/message/parts/0");
  EXPECT_EQ(field([](auto& r) { r.mutable_message()->set_role(static_cast<v1::Role>(9)); }),
            "/message/role");
  EXPECT_EQ(field([](auto& r) { r.mutable_configuration()->set_history_length(-1); }),
            "/configuration/historyLength");
  EXPECT_EQ(field([](auto& r) {
              (*r.mutable_metadata()->mutable_fields())["n"].set_number_value(
                  std::numeric_limits<double>::quiet_NaN());
            }),
            "/metadata");
}

TEST(GrpcFaults, OldNamesMustBeTasks) {
  Host host;
  for (const char* name : {"", "t-1", "tasks/", "jobs/t-1"}) {
    ::grpc::ClientContext context;
    v03pb::GetTaskRequest request;
    request.set_name(name);
    v03pb::Task task;
    const auto status = host.old->GetTask(&context, request, &task);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_EQ(field_of(status), "/name");
  }
}

TEST(GrpcFaults, BytesThatAreNoMessage) {
  Host host;
  const auto status = call_raw(host, "/lf.a2a.v1.A2AService/SendMessage", "\x0a\xff\xff");
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  // Field 1 (tenant) with a byte that no UTF-8 text has.
  EXPECT_EQ(call_raw(host, "/lf.a2a.v1.A2AService/GetTask", "\x0a\x01\xff").error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(call_raw(host, "/a2a.v1.A2AService/SendMessage", "\xff").error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(host.handler.calls, 0);
}

TEST(GrpcFaults, UnknownMethodsAreSaid) {
  Host host;
  for (const char* path : {"/lf.a2a.v1.A2AService/Nothing", "/a2a.v1.A2AService/ListTasks",
                           "/grpc.health.v1.Health/Check"}) {
    const auto status = call_raw(host, path, "");
    EXPECT_EQ(status.error_code(), StatusCode::UNIMPLEMENTED) << path;
    EXPECT_EQ(info_of(status).reason(), "METHOD_NOT_FOUND");
  }
}

TEST(GrpcFaults, TheVersionMustFitTheService) {
  Host host;
  const auto ask = [&](const char* version) {
    ::grpc::ClientContext context;
    context.AddMetadata("a2a-version", version);
    v1::SendMessageResponse answer;
    return host.stub->SendMessage(&context, hello(), &answer);
  };
  EXPECT_TRUE(ask("1.0").ok());
  EXPECT_TRUE(ask("1.7").ok());
  EXPECT_TRUE(ask("").ok());
  for (const char* version : {"0.3", "99.0", "x"}) {
    const auto status = ask(version);
    EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION) << version;
    EXPECT_EQ(info_of(status).reason(), "VERSION_NOT_SUPPORTED");
  }
}

TEST(GrpcFaults, MessagesAreBounded) {
  ServerOptions options;
  options.message_limit = 100'000;
  Host host({}, options);
  auto request = hello();
  request.mutable_message()->mutable_parts(0)->set_text(std::string(100'000, 'x'));
  EXPECT_EQ(send(host, request).error_code(), StatusCode::RESOURCE_EXHAUSTED);
  request.mutable_message()->mutable_parts(0)->set_text(std::string(90'000, 'x'));
  EXPECT_TRUE(send(host, request).ok());
}

TEST(GrpcFaults, CallersMustShowTheirToken) {
  const std::string yaml =
      "- name: alice\n  kind: user\n  namespaces: [default]\n  role: operator\n  sha256: " +
      hex(sha256("open-sesame")) + "\n";
  auto tokens = auth::TokenFile::parse(yaml, "test");
  ASSERT_TRUE(tokens) << tokens.error().message();
  Host host({}, {}, auth::Authenticator::with_tokens(std::move(*tokens)));
  EXPECT_EQ(send(host, hello()).error_code(), StatusCode::UNAUTHENTICATED);
  const auto ask = [&](const char* authorization) {
    ::grpc::ClientContext context;
    context.AddMetadata("authorization", authorization);
    v1::SendMessageResponse answer;
    const auto status = host.stub->SendMessage(&context, hello(), &answer);
    const auto& trailers = context.GetServerTrailingMetadata();
    EXPECT_EQ(trailers.find("www-authenticate") != trailers.end(), !status.ok());
    return status;
  };
  EXPECT_EQ(ask("Bearer open-barley").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(ask("Bearer open-sesame").ok());
  EXPECT_EQ(host.handler.context.principal->name, "alice");
}

/// A stream that never ends, and says when it is gone.
class OpenStream final : public ItemStream {
 public:
  OpenStream(Executor executor, std::atomic<int>& gone) : open_(std::move(executor)), gone_(gone) {}
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream() override { ++gone_; }
  Async<Result<std::vector<StreamItem>>> next() override {
    if (!std::exchange(begun_, true)) {
      std::vector<StreamItem> first;
      first.push_back(FakeHandler::item(ItemKind::task, 7, FakeHandler::task_json()));
      co_return first;
    }
    co_await open_.wait();
    co_return std::vector<StreamItem>();
  }

 private:
  bool begun_ = false;
  Notifier open_;
  std::atomic<int>& gone_;
};

struct OpenHost : Host {
  std::atomic<int> gone{0};
  OpenHost() {
    handler.on_stream = [this]() -> Result<std::unique_ptr<ItemStream>> {
      return std::make_unique<OpenStream>(loops.executor(0), gone);
    };
  }
};

TEST(GrpcFaults, ADeadlineEndsTheWaitOnly) {
  OpenHost host;
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  v1::StreamResponse item;
  EXPECT_TRUE(reader->Read(&item));
  EXPECT_FALSE(reader->Read(&item));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(eventually([&] { return host.gone == 1 && host.server.calls() == 0; }));
  EXPECT_FALSE(host.handler.canceled);
  EXPECT_NE(host.handler.context.deadline, SteadyTime::max());
}

TEST(GrpcFaults, ACancelEndsTheWaitOnly) {
  OpenHost host;
  ::grpc::ClientContext context;
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  v1::StreamResponse item;
  EXPECT_TRUE(reader->Read(&item));
  context.TryCancel();
  EXPECT_FALSE(reader->Read(&item));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(eventually([&] { return host.gone == 1 && host.server.calls() == 0; }));
  EXPECT_FALSE(host.handler.canceled);
}

TEST(GrpcFaults, DrainingTellsStreamsTheirCursor) {
  OpenHost host;
  ::grpc::ClientContext context;
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  v1::StreamResponse item;
  EXPECT_TRUE(reader->Read(&item));
  host.drain(seconds(5));
  EXPECT_FALSE(reader->Read(&item));
  const auto status = reader->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(info_of(status).metadata().at("cursor"), "7");
  EXPECT_EQ(context.GetServerTrailingMetadata().find("last-event-id")->second, "7");
  ::grpc::ClientContext late;
  late.set_deadline(std::chrono::system_clock::now() + seconds(5));
  v1::SendMessageResponse answer;
  EXPECT_EQ(host.stub->SendMessage(&late, hello(), &answer).error_code(), StatusCode::UNAVAILABLE);
}

/// Items without end, each larger than what gRPC takes at once.
class Flood final : public ItemStream {
 public:
  Async<Result<std::vector<StreamItem>>> next() override {
    std::vector<StreamItem> out;
    out.push_back(FakeHandler::item(ItemKind::artifact_update, ++cursor_,
                                    R"({"taskId":"t","contextId":"c","artifact":{"artifactId":"a",)"
                                    R"("parts":[{"text":")" +
                                        std::string(400'000, 'x') + R"("}]}})"));
    co_return out;
  }

 private:
  std::uint64_t cursor_ = 0;
};

TEST(GrpcFaults, ASlowReaderIsClosedWithItsCursor) {
  ManualClock clock;
  Host host({}, {}, auth::Authenticator::local(), clock);
  host.handler.on_stream = []() -> Result<std::unique_ptr<ItemStream>> {
    return std::make_unique<Flood>();
  };
  auto& slow = host.metrics.counter("flotilla_grpc_slow_readers_total",
                                    "gRPC streams ended because their client read too slowly");
  ::grpc::ClientContext context;
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  EXPECT_TRUE(eventually([&] {
    if (clock.sleepers() > 0 && slow.value() == 0) clock.advance(seconds(8));
    return slow.value() == 1;
  }));
  v1::StreamResponse item;
  int items = 0;
  while (reader->Read(&item)) ++items;
  const auto status = reader->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(info_of(status).reason(), "SLOW_READER");
  EXPECT_EQ(info_of(status).metadata().at("cursor"), std::to_string(items));
}

TEST(GrpcFaults, WhoNeverReadsIsCut) {
  ManualClock clock;
  Host host({}, {}, auth::Authenticator::local(), clock);
  host.handler.on_stream = []() -> Result<std::unique_ptr<ItemStream>> {
    return std::make_unique<Flood>();
  };
  ::grpc::ClientContext context;
  const auto reader = host.stub->SendStreamingMessage(&context, hello());
  EXPECT_TRUE(eventually([&] { return host.server.calls() == 1; }));
  EXPECT_TRUE(eventually([&] {
    if (clock.sleepers() > 0) clock.advance(seconds(8));
    return host.server.calls() == 0;
  }));
}

TEST(GrpcFaults, CallsInAllAreBounded) {
  ServerOptions options;
  options.max_calls = 0;
  Host host({}, options);
  const auto status = send(host, hello());
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(info_of(status).reason(), "LIMIT_EXCEEDED");
}

}  // namespace
}  // namespace flotilla::a2a::rpc
