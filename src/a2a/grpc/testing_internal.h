#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "a2a/fake_handler.h"
#include "a2a/grpc/incoming.h"
#include "a2a/grpc/proto/a2a_v03.grpc.pb.h"
#include "a2a/grpc/proto/a2a_v1.grpc.pb.h"
#include "a2a/grpc/proto/rpc_status.pb.h"
#include "a2a/grpc/server.h"
#include "async/loops.h"
#include "async/spawn.h"

// The server on a port of its own, a scripted handler behind it, real clients before it.
namespace flotilla::a2a::rpc::testing {

namespace v1 = ::lf::a2a::v1;
namespace v03pb = ::a2a::v1;

/// Waits for what another thread brings about; false after 10 s.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

struct Host {
  explicit Host(ServerConfig given = {}, ServerOptions options = {},
                auth::Authenticator who = auth::Authenticator::local(),
                Clock& clock = system_clock())
      : config(std::move(given)),
        authenticator(std::move(who)),
        server(loops, clock, handler, authenticator, config, std::move(options), metrics) {
    loops.start();
    const auto started = server.start();
    EXPECT_TRUE(started) << (started ? "" : started.error().message());
    port = started.value_or(0);
    channel = ::grpc::CreateChannel(target(), ::grpc::InsecureChannelCredentials());
    stub = v1::A2AService::NewStub(channel);
    old = v03pb::A2AService::NewStub(channel);
  }
  ~Host() {
    drain(std::chrono::seconds(0));
    loops.stop();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] std::string target() const { return "127.0.0.1:" + std::to_string(port); }

  void drain(Duration grace) {
    std::atomic<bool> done{false};
    spawn_detached(loops.executor(0), drain_root(grace, done));
    EXPECT_TRUE(eventually([&] { return done.load(); }));
  }

  telemetry::Registry metrics;
  FakeHandler handler;
  ServerConfig config;
  auth::Authenticator authenticator;
  Loops loops{1};
  Server server;
  std::uint16_t port = 0;
  std::shared_ptr<::grpc::Channel> channel;
  std::unique_ptr<v1::A2AService::Stub> stub;
  std::unique_ptr<v03pb::A2AService::Stub> old;

 private:
  Async<> drain_root(Duration grace, std::atomic<bool>& done) {
    server.begin_drain(grace);
    co_await server.drained();
    done = true;
  }
};

inline v1::SendMessageRequest hello() {
  v1::SendMessageRequest out;
  out.mutable_message()->set_message_id("m-1");
  out.mutable_message()->set_role(v1::ROLE_USER);
  out.mutable_message()->add_parts()->set_text("hi");
  return out;
}

inline v03pb::SendMessageRequest old_hello() {
  v03pb::SendMessageRequest out;
  out.mutable_request()->set_message_id("m-1");
  out.mutable_request()->set_role(v03pb::ROLE_USER);
  out.mutable_request()->add_content()->set_text("hi");
  return out;
}

/// What the trailer grpc-status-details-bin says.
inline google::rpc::Status details_of(const ::grpc::Status& status) {
  google::rpc::Status out;
  EXPECT_TRUE(out.ParseFromString(status.error_details()));
  return out;
}

inline google::rpc::ErrorInfo info_of(const ::grpc::Status& status) {
  google::rpc::ErrorInfo out;
  const auto details = details_of(status);
  if (details.details_size() == 0 || !details.details(0).UnpackTo(&out))
    ADD_FAILURE() << "no ErrorInfo: " << status.error_message();
  return out;
}

/// The first field that a BadRequest names; empty without one.
inline std::string field_of(const ::grpc::Status& status) {
  google::rpc::BadRequest out;
  const auto details = details_of(status);
  if (details.details_size() < 2 || !details.details(1).UnpackTo(&out)) return {};
  return out.field_violations_size() == 0 ? "" : out.field_violations(0).field();
}

}  // namespace flotilla::a2a::rpc::testing
