// Limits on connections and requests, deadlines of idle ones, and options that cannot be served.
#include <string>
#include <vector>

#include "http/server.h"
#include "http/server_testing_internal.h"

namespace flotilla::http {
namespace {

using testing::echo;
using testing::eventually;
using testing::get;
using testing::RawClient;
using testing::TestServer;

TEST(ServerLimits, connections_beyond_the_limits_are_told_so) {
  ServerOptions options;
  options.max_connections = 2;
  TestServer in_all(echo, options);
  RawClient first(in_all.port());
  RawClient second(in_all.port());
  EXPECT_EQ(first.exchange(get("/")).status, 200);
  EXPECT_EQ(second.exchange(get("/")).status, 200);
  RawClient third(in_all.port());
  const std::string refusal = third.read_all();
  EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(refusal.contains("Retry-After: 1\r\n"));
  first.close();
  third.close();
  ASSERT_TRUE(eventually([&] { return in_all.server().connections() == 1; }));
  EXPECT_EQ(RawClient(in_all.port()).exchange(get("/")).status, 200);
  EXPECT_TRUE(in_all.metrics().contains("flotilla_http_connections_refused_total 1"));

  options.max_connections = 100;
  options.max_connections_per_peer = 1;
  TestServer by_peer(echo, options, 2);
  RawClient only(by_peer.port());
  EXPECT_EQ(only.exchange(get("/")).status, 200);
  EXPECT_TRUE(RawClient(by_peer.port()).read_all().starts_with("HTTP/1.1 429 "));
}

TEST(ServerLimits, requests_beyond_the_rate_of_a_peer_are_429) {
  ServerOptions options;
  options.max_requests_per_peer = 3;
  TestServer server(echo, options);
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.exchange(get("/")).status, 200);
  const auto refused = client.exchange(get("/"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.field("Retry-After"), "1");
  server.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(client.exchange(get("/")).status, 200);
}

TEST(ServerLimits, idle_connections_give_memory_back_and_end_in_time) {
  TestServer server(echo);
  RawClient client(server.port());
  EXPECT_EQ(client.exchange(get("/")).status, 200);
  for (int second = 0; second < 5; ++second) {
    server.clock().advance(std::chrono::seconds(1));
    ASSERT_TRUE(eventually([&] { return server.clock().sleepers() == 1; }));
  }
  EXPECT_EQ(client.exchange(get("/")).status, 200);  // still there, on a new buffer
  EXPECT_TRUE(server.advance_until([&] { return client.receive(0) && client.ended(); }));
  EXPECT_TRUE(client.received().empty());
}

TEST(ServerLimits, several_loops_share_one_port) {
  TestServer server(echo, {}, 3);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(RawClient(server.port()).exchange(get("/")).status, 200);
  }
}

TEST(ServerLimits, a_port_in_use_is_refused_by_name) {
  TestServer server(echo);
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}}) {
    Loops loops(count);
    telemetry::Registry metrics;
    ServerOptions options;
    options.port = server.port();
    Server second(loops, system_clock(), options, echo, metrics);
    const auto started = second.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_TRUE(started.error().message().contains(std::to_string(server.port())));
  }
}

TEST(ServerLimits, bad_options_are_named) {
  struct OptionCase {
    const char* part;
    ServerOptions options;
  };
  std::vector<OptionCase> cases(3);
  cases[0].part = "nowhere";
  cases[0].options.address = "nowhere";
  cases[1].part = "10.0.0.0/99";
  cases[1].options.trusted_proxies = {"10.0.0.0/99"};
  cases[2].part = "/missing.pem";
  cases[2].options.tls = TlsOptions{
      .certificate_file = "/missing.pem", .key_file = "/missing.key", .client_ca_file = ""};
  for (const auto& [part, options] : cases) {
    Loops loops(1);
    telemetry::Registry metrics;
    Server server(loops, system_clock(), options, echo, metrics);
    const auto started = server.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_TRUE(started.error().message().contains(part)) << started.error().message();
  }
}

}  // namespace
}  // namespace flotilla::http
