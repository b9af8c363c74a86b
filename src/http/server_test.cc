#include "http/server.h"

#include <atomic>
#include <regex>

#include "async/event.h"
#include "base/log.h"
#include "http/limits.h"
#include "http/server_testing_internal.h"

namespace flotilla::http {
namespace {

using testing::echo;
using testing::eventually;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::TestServer;

TEST(Server, answers_with_length_date_and_its_name) {
  TestServer server(echo);
  RawClient client(server.port());
  const auto response = client.exchange(post("/x", "hello"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "POST /x hello");
  EXPECT_EQ(response.field("Server"), "flotilla");
  EXPECT_EQ(response.field("Date"), "Fri, 15 Jan 2027 08:00:00 GMT");
  EXPECT_EQ(response.field("Content-Length"), "13");
  EXPECT_EQ(response.field("Connection"), std::nullopt);
}

TEST(Server, the_date_moves_with_the_clock) {
  TestServer server(echo);
  RawClient client(server.port());
  EXPECT_TRUE(server.advance_until([&] {
    const auto date = client.exchange(get("/")).field("Date");
    return date && *date > "Fri, 15 Jan 2027 08:00:05 GMT";
  }));
}

TEST(Server, pipelined_requests_are_answered_in_order) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += i % 3 == 0 ? post("/" + std::to_string(i), "body") : get("/" + std::to_string(i));
  }
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    const auto response = client.read_response();
    ASSERT_EQ(response.status, 200);
    ASSERT_TRUE(response.body.contains(" /" + std::to_string(i) + " ")) << response.body;
  }
}

/// Answers when the test says so.
struct Gate {
  std::atomic<int> waiting = 0;
  std::atomic<int> cancelled = 0;
  OneShot<bool> open;
  Async<Response> pass(Request& request) {
    if (request.path != "/slow") co_return co_await echo(request);
    ++waiting;
    try {
      std::ignore = co_await open.wait();
    } catch (...) {
      ++cancelled;
      throw;
    }
    co_return co_await echo(request);
  }
  Handler handler() {
    return [this](Request& request) { return pass(request); };
  }
};

TEST(Server, answers_ahead_of_a_slow_one_do_not_wait_for_it) {
  Gate gate;
  auto opener = gate.open.setter();
  TestServer server(gate.handler());
  RawClient client(server.port());
  client.send(get("/one") + get("/slow") + get("/three"));
  EXPECT_EQ(client.read_response().body, "GET /one ");
  EXPECT_FALSE(client.received().contains("HTTP"));
  opener.set(true);
  EXPECT_EQ(client.read_response().body, "GET /slow ");
  EXPECT_EQ(client.read_response().body, "GET /three ");
}

TEST(Server, a_client_that_goes_away_cancels_its_handler) {
  Gate gate;
  TestServer server(gate.handler());
  auto client = std::make_unique<RawClient>(server.port());
  client->send(get("/slow"));
  ASSERT_TRUE(eventually([&] { return gate.waiting == 1; }));
  client.reset();
  EXPECT_TRUE(server.advance_until([&] { return gate.cancelled == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server().connections() == 0; }));
}

TEST(Server, requests_sent_ahead_do_not_hide_that_the_client_went_away) {
  Gate gate;
  TestServer server(gate.handler());
  auto client = std::make_unique<RawClient>(server.port());
  client->send(get("/slow"));
  ASSERT_TRUE(eventually([&] { return gate.waiting == 1; }));
  client->send(get("/next"));
  client.reset();
  EXPECT_TRUE(server.advance_until([&] { return gate.cancelled == 1; }));
}

TEST(Server, head_has_the_headers_of_get_and_no_body) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/y"));
  const auto head = client.read_response(true);
  EXPECT_EQ(head.field("Content-Length"), "8");
  EXPECT_EQ(client.read_response().body, "GET /y ");
}

TEST(Server, connections_stay_open_as_the_version_says) {
  TestServer server(echo);
  RawClient close_asked(server.port());
  close_asked.send(get("/", "Connection: close\r\n"));
  EXPECT_TRUE(close_asked.read_all().contains("Connection: close\r\n"));
  RawClient old(server.port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.read_all().contains("Connection: close\r\n"));
  RawClient old_kept(server.port());
  for (int i = 0; i < 2; ++i) {
    const auto response = old_kept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(response.field("Connection"), "keep-alive");
  }
}

TEST(Server, the_body_is_asked_for_when_the_client_waits_to_be) {
  TestServer server(echo);
  RawClient client(server.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("ok");
  ASSERT_TRUE(client.read_until("POST / ok"));
  // Not when the body comes unasked, nor when it will be refused.
  RawClient eager(server.port());
  eager.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(eager.read_response().body, "POST / ok");
  RawClient large(server.port());
  large.send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
      "99999999\r\n\r\n");
  EXPECT_TRUE(large.read_all().starts_with("HTTP/1.1 413 "));
}

TEST(Server, large_bodies_go_both_ways) {
  TestServer server(echo);
  RawClient client(server.port());
  const std::string body(5 << 20, 'b');
  std::thread sender([&] { client.send(post("/big", body) + get("/next")); });
  const auto response = client.read_response();
  sender.join();
  EXPECT_EQ(response.body.size(), body.size() + std::string_view("POST /big ").size());
  EXPECT_EQ(client.read_response().body, "GET /next ");
}

Async<Response> failing(Request& request) {
  if (request.path == "/text") throw std::runtime_error("secret detail");
  if (request.path == "/odd") throw 5;
  co_return Response::text(200, "fine");
}

TEST(Server, an_exception_of_a_handler_is_a_500_that_tells_nothing) {
  const CapturedLog log;
  TestServer server(failing);
  RawClient client(server.port());
  for (const char* path : {"/text", "/odd"}) {
    const auto response = client.exchange(get(path, "X-Request-Id: r-1\r\n"));
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.field("Content-Type"), "application/problem+json");
    EXPECT_TRUE(response.body.contains("\"INTERNAL\""));
    EXPECT_TRUE(response.body.contains("r-1"));
    EXPECT_FALSE(response.body.contains("secret"));
  }
  EXPECT_TRUE(log.contains("secret detail"));
  EXPECT_EQ(client.exchange(get("/")).status, 200);
}

Async<Response> unruly(Request& /*request*/) {
  Response response = Response::text(299, "x");
  response.headers.add("X-Split", "a\r\nX-Injected: 1");
  response.headers.add("Content-Length", "100");
  response.headers.add("Connection", "upgrade");
  response.headers.add("ETag", "\"1\"");
  co_return response;
}

TEST(Server, a_handler_cannot_break_the_framing) {
  TestServer server(unruly);
  RawClient client(server.port());
  const auto response = client.exchange(get("/"));
  EXPECT_EQ(response.status, 299);
  EXPECT_EQ(response.field("X-Injected"), std::nullopt);
  EXPECT_EQ(response.field("Content-Length"), "1");
  EXPECT_EQ(response.field("ETag"), "\"1\"");
}

Async<Response> who(Request& request) {
  co_return Response::text(200, request.peer + "|" + (request.tls ? "tls" : "plain") + "|" +
                                    request.context.request_id + "|" + request.context.traceparent);
}

TEST(Server, request_and_trace_ids_are_taken_when_sane) {
  TestServer server(who);
  RawClient client(server.port());
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  auto response =
      client.exchange(get("/", "X-Request-Id: a.b-c_1\r\ntraceparent: " + trace + "\r\n"));
  EXPECT_EQ(response.body, "127.0.0.1|plain|a.b-c_1|" + trace);
  EXPECT_EQ(response.field("X-Request-Id"), "a.b-c_1");
  response = client.exchange(get("/", "X-Request-Id: a b\r\ntraceparent: 00-" +
                                          std::string(32, '0') + "-b7ad6b7169203331-01\r\n"));
  EXPECT_TRUE(std::regex_match(response.body, std::regex("127.0.0.1\\|plain\\|[0-9a-z]{13}\\|")))
      << response.body;
}

TEST(Server, only_a_trusted_proxy_says_who_calls) {
  const std::string forwarded =
      "X-Forwarded-For: 203.0.113.9, 198.51.100.7, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n";
  TestServer plain(who);
  EXPECT_TRUE(
      RawClient(plain.port()).exchange(get("/", forwarded)).body.starts_with("127.0.0.1|plain|"));
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.0/8"};
  TestServer trusting(who, options);
  EXPECT_TRUE(RawClient(trusting.port())
                  .exchange(get("/", forwarded))
                  .body.starts_with("198.51.100.7|tls|"));
}

TEST(Server, hosts_that_are_not_ours_are_misdirected) {
  ServerOptions options;
  options.allow_hosts = {"flotilla.example"};
  TestServer server(echo, options);
  struct HostCase {
    const char* host;
    int status;
  };
  const HostCase cases[] = {{"localhost", 200},
                            {"LOCALHOST:99", 200},
                            {"127.0.0.1", 200},
                            {"[::1]:8080", 200},
                            {"flotilla.example", 200},
                            {"evil.example", 421},
                            {"flotilla.example.evil", 421},
                            {"192.0.2.1", 421},
                            {"a b", 400},
                            {":80", 400},
                            {"localhost:x", 400},
                            {"[::1", 400},
                            {"user@localhost", 400}};
  for (const auto& [host, status] : cases) {
    RawClient client(server.port());
    const auto response =
        client.exchange("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    EXPECT_EQ(response.status, status) << host;
  }
}

TEST(Server, pages_of_foreign_origins_are_refused_and_allowed_ones_may_read) {
  ServerOptions options;
  options.allow_origins = {"https://app.example"};
  TestServer server(echo, options);
  RawClient client(server.port());
  EXPECT_EQ(client.exchange(get("/", "Origin: https://evil.example\r\n")).status, 403);
  EXPECT_EQ(client.exchange(get("/", "Origin: null\r\n")).status, 403);
  const auto own = client.exchange(get("/", "Origin: http://localhost\r\n"));
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(own.field("Access-Control-Allow-Origin"), std::nullopt);
  const auto allowed = client.exchange(get("/", "Origin: https://app.example\r\n"));
  EXPECT_EQ(allowed.field("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(allowed.field("Vary"), "Origin");
  EXPECT_TRUE(allowed.field("Access-Control-Expose-Headers")->contains("ETag"));
}

TEST(Server, preflights_are_answered_without_the_handler) {
  ServerOptions options;
  options.allow_origins = {"https://app.example"};
  std::atomic<int> calls = 0;
  const Handler handler = [&calls](Request& request) {
    ++calls;
    return echo(request);
  };
  TestServer server(handler, options);
  RawClient client(server.port());
  const auto response = client.exchange(
      "OPTIONS /x HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n"
      "Access-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: mcp-param-x, x-other\r\n\r\n");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.field("Content-Length"), std::nullopt);
  const auto headers = response.field("Access-Control-Allow-Headers").value_or("");
  for (const char* name : {"A2A-Version", "A2A-Extensions", "Authorization", "Last-Event-ID",
                           "Content-Type", "Mcp-Session-Id", "mcp-param-x"}) {
    EXPECT_TRUE(headers.contains(name)) << name;
  }
  EXPECT_FALSE(headers.contains("x-other"));
  EXPECT_TRUE(response.field("Access-Control-Allow-Methods")->contains("DELETE"));
  EXPECT_EQ(calls.load(), 0);
  EXPECT_EQ(client.exchange("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 204);
}

}  // namespace
}  // namespace flotilla::http
