#include <gtest/gtest.h>

#include <random>

#include "a2a/client_internal.h"
#include "a2a/client_testing_internal.h"

// When the client tries again, and how soon.
namespace flotilla::a2a {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SeededRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override {
    auto* out = static_cast<unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(engine_());
  }

 private:
  std::mt19937 engine_{1};
};

GetTaskRequest get() {
  GetTaskRequest request;
  request.id = "t-1";
  return request;
}

TEST(ClientRetry, pauses_grow_and_are_spread_over_their_upper_half) {
  SeededRandom random;
  const int longest[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
  for (int attempt = 0; attempt < 7; ++attempt) {
    const Duration most = milliseconds(longest[attempt]);
    Duration least_seen = most;
    Duration most_seen = Duration::zero();
    for (int i = 0; i < 1000; ++i) {
      const auto pause = backoff(attempt, random);
      EXPECT_GE(pause, most / 2);
      EXPECT_LE(pause, most);
      least_seen = std::min(least_seen, pause);
      most_seen = std::max(most_seen, pause);
    }
    EXPECT_LT(least_seen, most * 55 / 100);
    EXPECT_GT(most_seen, most * 95 / 100);
  }
}

A2A_CLIENT_TEST(ClientRetry, pause_that_the_server_asks_for_is_kept) {
  for (const int status : {429, 503}) {
    world.server.requests.clear();
    world.clock.pauses.clear();
    world.on_call = [&](const RawRequest&) {
      if (world.calls().size() == 1) return busy(status, "9");
      if (world.calls().size() == 2) return busy(status, "0");
      return rpc_result(task_item("COMPLETED"));
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    const auto sent = co_await (*client)->send(hello());
    CO_ASSERT_OK(sent);
    EXPECT_EQ(world.clock.pauses, (std::vector<Duration>{seconds(9), milliseconds(500)}));
    const auto calls = world.calls();
    CO_ASSERT_EQ(calls.size(), 3U);
    EXPECT_EQ(calls[0].body, calls[2].body);
  }
}

A2A_CLIENT_TEST(ClientRetry, pause_beyond_our_patience_is_the_error_at_once) {
  world.options.retry_for = seconds(30);
  world.on_call = [](const RawRequest&) { return busy(503, "31"); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto task = co_await (*client)->get_task(get());
  CO_ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Code::unavailable);
  EXPECT_TRUE(world.clock.pauses.empty());
  EXPECT_EQ(world.calls().size(), 1U);
}

A2A_CLIENT_TEST(ClientRetry, limit_without_a_time_is_the_error) {
  world.on_call = [](const RawRequest&) { return plain(429, "text/plain", "quota"); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto task = co_await (*client)->get_task(get());
  CO_ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Code::resource_exhausted);
  EXPECT_EQ(world.calls().size(), 1U);
}

A2A_CLIENT_TEST(ClientRetry, stream_that_is_refused_for_a_while_is_opened_then) {
  world.on_call = [&](const RawRequest& request) {
    if (world.calls().size() == 1) return busy(429, "3");
    if (request.is("SendStreamingMessage")) return cut_stream(event("1", task_item("WORKING")));
    if (world.calls().size() == 3) return busy(503, "4");
    EXPECT_EQ(request.header("Last-Event-ID"), "1");
    return stream(event("2", status_item("COMPLETED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "task:working status:completed");
  EXPECT_EQ(world.clock.pauses, (std::vector<Duration>{seconds(3), milliseconds(250), seconds(4)}));
}

A2A_CLIENT_TEST(ClientRetry, extensions_and_version_go_with_every_call) {
  world.options.extensions = {"https://x.example/a", "https://x.example/b"};
  for (const std::string version : {"1.0", "0.3"}) {
    world.server.requests.clear();
    world.version = version;
    world.on_call = [](const RawRequest&) { return rpc_error(-32001); };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    std::ignore = co_await (*client)->send(hello());
    std::ignore = co_await stream_all(**client, hello());
    std::ignore = co_await (*client)->get_task(get());
    std::ignore = co_await subscribe_all(**client, "1");
    const auto calls = world.calls();
    CO_ASSERT_EQ(calls.size(), 4U);
    const auto name = version == "1.0" ? "A2A-Extensions" : "X-A2A-Extensions";
    for (const auto& call : calls) {
      EXPECT_EQ(call.header(name), "https://x.example/a, https://x.example/b") << call.head;
      EXPECT_EQ(call.header("A2A-Version"), version);
    }
  }
}

}  // namespace
}  // namespace flotilla::a2a
