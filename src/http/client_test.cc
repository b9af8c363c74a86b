#include "http/client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/client_testing_internal.h"

namespace flotilla::http {
namespace {

using flotilla::testing::settle;
using testing::Background;
using testing::Reply;
using testing::with_length;
using testing::World;

CLIENT_TEST(Client, sends_a_plain_request_and_reads_the_answer) {
  world.server.reply("HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nnope");
  auto request = world.post("hello");
  request.headers.add("Content-Type", "text/plain");
  request.headers.add("Host", "other");
  request.headers.add("Content-Length", "99");
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "nope");
  EXPECT_EQ(response->headers.find("X-A"), "1");
  EXPECT_EQ(response->headers.fields().at(1).value, "2");
  EXPECT_EQ(world.server.requests.at(0),
            "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + world.server.port() +
                "\r\nContent-Type: text/plain\r\nUser-Agent: flotilla/" FLOTILLA_VERSION
                "\r\nAccept: */*\r\nAccept-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello");
}

CLIENT_TEST(Client, reads_every_framing_byte_by_byte) {
  const std::vector<std::string> answers = {
      with_length("hello"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: "
      "1\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
          with_length("hello"),
      "HTTP/1.1 200 OK\r\n\r\nhello",
      "HTTP/1.0 200 OK\r\n\r\nhello",
  };
  for (const auto& answer : answers) {
    for (int byte_wise = 0; byte_wise < 2; ++byte_wise) {
      world.server.reply(Reply{.bytes = answer, .close = true, .byte_wise = byte_wise == 1});
      auto response = co_await world.client->fetch(world.get());
      CO_ASSERT_OK(response);
      EXPECT_EQ(response->body, "hello") << answer;
      EXPECT_FALSE(response->headers.find("Transfer-Encoding"));
    }
  }
}

CLIENT_TEST(Client, a_cut_at_any_byte_is_unavailable) {
  const std::vector<std::string> answers = {
      with_length("hello"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  };
  for (const auto& answer : answers) {
    for (std::size_t count = 0; count < answer.size(); ++count) {
      world.server.reply(Reply{.bytes = answer.substr(0, count), .close = true});
      auto response = co_await world.client->fetch(world.get());
      CO_ASSERT_FALSE(response);
      EXPECT_EQ(response.error().code(), Code::unavailable) << count;
    }
  }
  EXPECT_EQ(world.client->idle_connections(), 0U);
}

CLIENT_TEST(Client, answers_without_body_leave_the_connection_usable) {
  const auto length = "Content-Length: 7\r\n\r\n";
  world.server.reply(std::string("HTTP/1.1 200 OK\r\n") + length);
  world.server.reply("HTTP/1.1 204 No Content\r\n\r\n");
  world.server.reply(std::string("HTTP/1.1 304 Not Modified\r\n") + length);
  world.server.reply(with_length(""));
  const std::vector<Method> methods = {Method::head, Method::delete_, Method::get, Method::options};
  for (const auto method : methods) {
    auto request = world.get();
    request.method = method;
    auto response = co_await world.client->fetch(std::move(request));
    CO_ASSERT_OK(response);
    EXPECT_EQ(response->body, "");
  }
  EXPECT_EQ(world.server.connections, 1);
  EXPECT_TRUE(world.server.requests.at(0).starts_with("HEAD / "));
  EXPECT_FALSE(world.server.requests.at(1).contains("Content-Length"));
}

CLIENT_TEST(Client, refuses_what_is_not_http) {
  const std::vector<std::string> answers = {
      "SSH-2.0-OpenSSH_9\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"};
  for (const auto& answer : answers) {
    world.server.reply(Reply{.bytes = answer, .close = true});
    auto response = co_await world.client->fetch(world.get());
    CO_ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Code::unavailable) << answer;
  }
}

CLIENT_TEST(Client, endless_interim_responses_end) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  world.server.reply(bytes);
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
}

CLIENT_TEST(Client, limits_body_and_head) {
  world.options.body_limit = 10;
  world.make_client();
  const std::string chunk = "6\r\n123456\r\n";
  const std::vector<std::string> answers = {
      with_length("12345678901"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n12345678901",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
  };
  for (const auto& answer : answers) {
    world.server.reply(Reply{.bytes = answer, .close = true});
    auto response = co_await world.client->fetch(world.get());
    CO_ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Code::resource_exhausted) << answer.substr(0, 60);
    EXPECT_EQ(response.error().reason(), reason::kLimitExceeded);
  }
  world.server.reply(with_length("1234567890"));
  auto response = co_await world.client->fetch(world.get());
  EXPECT_TRUE(response);
}

CLIENT_TEST(Client, refuses_headers_that_would_split_the_request) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"X", "a\r\nY: b"}, {"X", "a\nb"}, {"X Y", "a"},
      {"", "a"},          {"X:", "a"},   {"X", std::string("a\0b", 3)}};
  for (const auto& [name, value] : bad) {
    auto request = world.get();
    request.headers.add(name, value);
    auto response = co_await world.client->fetch(std::move(request));
    CO_ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), Code::invalid_argument);
  }
  ClientRequest request;
  request.url = "http://user@host/";
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::invalid_argument);
  EXPECT_EQ(world.server.connections, 0);
}

CLIENT_TEST(Client, sends_a_large_body) {
  const std::string body(std::size_t{5} << 20, 'b');
  world.server.reply(with_length("ok"));
  auto response = co_await world.client->fetch(world.post(body));
  CO_ASSERT_OK(response);
  EXPECT_TRUE(world.server.requests.at(0).ends_with("\r\n\r\n" + body));
}

CLIENT_TEST(Client, an_early_refusal_is_delivered) {
  world.server.reply(Reply{.bytes = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n",
                           .close = false,
                           .early = true});
  auto response = co_await world.client->fetch(world.post("abc"));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->status, 413);
}

CLIENT_TEST(Client, gives_up_at_the_deadline) {
  Background<Response> call(world.executor);
  auto request = world.get();
  request.timeout = std::chrono::seconds(5);
  call.start(world.client->fetch(std::move(request)));
  while (world.server.requests.empty()) co_await settle();
  world.clock.advance(std::chrono::seconds(4));
  co_await settle();
  EXPECT_FALSE(call.result);
  world.clock.advance(std::chrono::seconds(1));
  co_await call.group.join();
  CO_ASSERT_TRUE(call.result && !*call.result);
  EXPECT_EQ(call.result->error().code(), Code::deadline_exceeded);
}

CLIENT_TEST(Client, gives_up_after_silence) {
  Background<Response> call(world.executor);
  auto request = world.get();
  request.timeout = std::chrono::hours(10);
  world.server.reply("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na");
  call.start(world.client->fetch(std::move(request)));
  while (world.clock.sleepers() == 0 || world.server.requests.empty()) co_await settle();
  world.clock.advance(std::chrono::seconds(50));
  co_await world.server.push("b");
  co_await settle();
  world.clock.advance(std::chrono::seconds(50));
  co_await settle();
  EXPECT_FALSE(call.result);
  world.clock.advance(std::chrono::seconds(11));
  co_await call.group.join();
  CO_ASSERT_TRUE(call.result && !*call.result);
  EXPECT_EQ(call.result->error().code(), Code::deadline_exceeded);
}

CLIENT_TEST(Client, cancellation_closes_the_connection) {
  Background<Response> call(world.executor);
  call.start(world.client->fetch(world.get()));
  while (world.server.requests.empty()) co_await settle();
  call.group.cancel();
  co_await call.group.join();
  EXPECT_FALSE(call.result);
  while (world.server.closed_by_peer == 0) co_await settle();
  EXPECT_EQ(world.client->idle_connections(), 0U);
}

CLIENT_TEST(Client, a_call_may_outlive_its_client) {
  Background<Response> call(world.executor);
  call.start(world.client->fetch(world.get()));
  while (world.server.requests.empty()) co_await settle();
  world.client.reset();
  co_await world.server.push(with_length("late"));
  co_await call.group.join();
  CO_ASSERT_TRUE(call.result && *call.result);
  EXPECT_EQ((*call.result)->body, "late");
}

CLIENT_TEST(Client, reports_a_refused_connection_without_the_address) {
  boost::asio::ip::tcp::acceptor unused(world.executor,
                                        {boost::asio::ip::address_v4::loopback(), 0});
  const auto port = std::to_string(unused.local_endpoint().port());
  unused.close();
  world.names.set("svc.test", Addresses{"127.0.0.1"});
  ClientRequest request;
  request.url = "http://svc.test:" + port + "/secret";
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_TRUE(response.error().message().contains("svc.test"));
  EXPECT_FALSE(response.error().message().contains("127.0.0.1"));
  EXPECT_FALSE(response.error().message().contains("secret"));
}

}  // namespace
}  // namespace flotilla::http
