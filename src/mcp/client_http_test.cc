#include <gtest/gtest.h>

#include <map>

#include "mcp/client.h"
#include "mcp/client_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

MCP_CLIENT_TEST(McpClient, speaks_the_modern_form) {
  world.on_call = [](const RawRequest& request) {
    return result(request, R"({"resultType":"complete","content":[]})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().revision, kNewest);
  EXPECT_TRUE(world.client->server().has("tools"));
  auto reply = co_await world.call("söng");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  const auto sent = world.calls("tools/call");
  CO_ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].header("MCP-Protocol-Version"), "2026-07-28");
  EXPECT_EQ(sent[0].header("Mcp-Method"), "tools/call");
  EXPECT_EQ(sent[0].header("Mcp-Name"), "=?base64?c8O2bmc=?=");
  EXPECT_EQ(sent[0].header("Mcp-Session-Id"), std::nullopt);
  EXPECT_TRUE(sent[0].body.contains(R"("io.modelcontextprotocol/protocolVersion":"2026-07-28")"));
  EXPECT_TRUE(sent[0].body.contains(R"("io.modelcontextprotocol/clientCapabilities":{})"));
}

MCP_CLIENT_TEST(McpClient, falls_back_to_the_handshake) {
  world.modern = false;
  world.on_call = [](const RawRequest& request) { return result(request, R"({"content":[]})"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().revision, Revision::v2025_11_25);
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  const auto initialize = world.calls("initialize");
  CO_ASSERT_EQ(initialize.size(), 1U);
  EXPECT_EQ(initialize[0].header("MCP-Protocol-Version"), std::nullopt);
  const auto sent = world.calls("tools/call");
  EXPECT_EQ(sent.at(0).header("MCP-Protocol-Version"), "2025-11-25");
  EXPECT_EQ(sent.at(0).header("Mcp-Session-Id"), "s1");
  EXPECT_EQ(sent.at(0).header("Mcp-Method"), std::nullopt);
  EXPECT_EQ(world.calls("notifications/initialized").size(), 1U);
}

MCP_CLIENT_TEST(McpClient, a_refused_version_is_asked_for_once_more) {
  int discoveries = 0;
  world.server.on_request = [&](const RawRequest& request) {
    if (++discoveries == 1)
      return error(request, 400, -32022, R"({"supported":["2026-07-28"],"requested":"x"})");
    return world.answer(request);
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(discoveries, 2);
}

MCP_CLIENT_TEST(McpClient, only_legacy_versions_mean_the_handshake) {
  world.server.on_request = [&](const RawRequest& request) {
    if (request.method() == "server/discover")
      return error(request, 400, -32022, R"({"supported":["2025-06-18"]})");
    return world.answer(request);
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().revision, Revision::v2025_11_25);
}

MCP_CLIENT_TEST(McpClient, faults_of_the_network_say_nothing_of_the_era) {
  for (const int status : {401, 403, 429, 500, 503}) {
    world.server.on_request = [status](const RawRequest&) {
      return plain(status, "text/plain", "no");
    };
    auto opened = co_await world.connect();
    CO_ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().message().contains(std::to_string(status)));
  }
  EXPECT_TRUE(world.calls("initialize").empty());
}

MCP_CLIENT_TEST(McpClient, a_verdict_is_remembered_and_expires) {
  EraCache eras(world.clock);
  world.options.eras = &eras;
  world.modern = false;
  for (int i = 0; i < 3; ++i) {
    if (i == 2) world.clock.advance(std::chrono::minutes(11));
    const auto opened = co_await world.connect();
    CO_ASSERT_OK(opened);
    co_await world.client->stop();
    world.client.reset();
  }
  EXPECT_EQ(world.calls("server/discover").size(), 2U);
}

MCP_CLIENT_TEST(McpClient, a_lost_session_is_opened_again_and_reads_are_repeated) {
  world.modern = false;
  int lists = 0;
  int runs = 0;
  world.on_call = [&](const RawRequest& request) {
    if (request.method() == "tools/list")
      return ++lists == 1 ? plain(404, "text/plain", "") : result(request, R"({"tools":[]})");
    return ++runs % 2 == 1 ? plain(404, "text/plain", "") : result(request, R"({"content":[]})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions plainly;
  auto listed = co_await world.client->list(ListKind::tools, plainly);
  CO_ASSERT_OK(listed);
  EXPECT_EQ(world.calls("initialize").size(), 2U);
  auto lost = co_await world.call("t");
  CO_ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), Code::unavailable);
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(world.client->alive());
  runs = 0;
  CallOptions how;
  how.replayable = true;
  auto again = co_await world.call("t", std::move(how));
  EXPECT_EQ(text_of(again), R"({"content":[]})");
}

MCP_CLIENT_TEST(McpClient, a_stream_is_resumed_when_the_server_says) {
  world.modern = false;
  world.on_call = [](const RawRequest&) { return stream(event("", "id: 7\nretry: 500\n")); };
  std::string id;
  world.on_get = [&](const RawRequest& request) {
    if (request.header("Last-Event-ID") != "7") return plain(405, "text/plain", "");
    return stream(event(result_text(id, R"({"content":[]})")));
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  const auto gets = [&] {
    return std::ranges::count_if(
        world.server.requests, [](const auto& r) { return r.header("Last-Event-ID").has_value(); });
  };
  call.start(world.call("t"));
  CO_ASSERT_TRUE(co_await world.until([&] { return !world.calls("tools/call").empty(); }));
  id = world.calls("tools/call")[0].id();
  for (int i = 0; i < 50; ++i) co_await flotilla::testing::settle();
  world.clock.advance(std::chrono::milliseconds(490));
  for (int i = 0; i < 50; ++i) co_await flotilla::testing::settle();
  EXPECT_EQ(gets(), 0);
  world.clock.advance(std::chrono::milliseconds(15));
  CO_ASSERT_TRUE(co_await world.until([&] { return call.result.has_value(); }));
  EXPECT_EQ(text_of(*call.result), R"({"content":[]})");
  EXPECT_EQ(gets(), 1);
  co_await call.group.join();
}

MCP_CLIENT_TEST(McpClient, modern_streams_are_not_resumed) {
  world.on_call = [](const RawRequest&) { return stream(event("", "id: 7\n")); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  CO_ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::unavailable);
}

struct Fault {
  std::string name;
  std::function<Sent(const RawRequest&)> answer;
  Code code;
};

MCP_CLIENT_TEST(McpClient, faults_of_one_answer_harm_that_call_only) {
  const std::vector<Fault> faults = {
      {"no JSON", [](const auto&) { return json_body("{"); }, Code::internal},
      {"no message", [](const auto&) { return json_body("[]"); }, Code::internal},
      {"other id", [](const auto&) { return json_body(result_text("77", "{}")); }, Code::internal},
      {"text id", [](const auto& r) { return json_body(result_text("\"" + r.id() + "\"", "{}")); },
       Code::internal},
      {"no object", [](const auto& r) { return result(r, "5"); }, Code::internal},
      {"deep",
       [](const auto& r) {
         return result(r, R"({"a":)" + std::string(200, '[') + std::string(200, ']') + "}");
       },
       Code::internal},
      {"too large",
       [](const auto& r) { return result(r, R"({"a":")" + std::string(5000, 'x') + "\"}"); },
       Code::resource_exhausted},
      {"other type", [](const auto&) { return plain(200, "text/html", "<p>"); }, Code::internal},
      {"accepted", [](const auto&) { return plain(202, "text/plain", ""); }, Code::internal},
      {"broken", [](const auto&) { return plain(500, "text/plain", "oops"); }, Code::unavailable},
      {"cut", [](const auto&) { return cut_stream(": hm\n"); }, Code::unavailable},
      {"gone", [](const auto&) { return Sent{"", After::close}; }, Code::unavailable},
      {"event of another", [](const auto&) { return stream(event(result_text("77", "{}"))); },
       Code::internal},
      {"unknown type of result",
       [](const auto& r) { return result(r, R"({"resultType":"riddle"})"); }, Code::internal},
      {"a task that nobody can have",
       [](const auto& r) { return result(r, R"({"resultType":"task","taskId":"1"})"); },
       Code::internal},
      {"a question of another kind",
       [](const auto& r) {
         return result(r,
                       R"({"resultType":"input_required","inputRequests":{"a":{"method":"x"}}})");
       },
       Code::internal},
  };
  world.options.limits.message_bytes = 4000;
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  for (const auto& fault : faults) {
    world.on_call = fault.answer;
    auto reply = co_await world.call("t");
    EXPECT_FALSE(reply) << fault.name;
    if (!reply) {
      EXPECT_EQ(reply.error().code(), fault.code) << fault.name << reply.error().message();
    }
    world.on_call = [](const RawRequest& request) { return result(request, R"({"content":[]})"); };
    auto next = co_await world.call("t");
    EXPECT_EQ(text_of(next), R"({"content":[]})") << fault.name;
  }
}

MCP_CLIENT_TEST(McpClient, a_failure_quotes_the_body_as_one_line_of_text) {
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  const std::map<std::string, std::string> shown = {
      {"no room\r\n", "no room  "},
      {"söng", "söng"},
      {"a\xff"
       "b\xc3",
       "a\uFFFDb\uFFFD"},
      {std::string(199, 'x') + "éy", std::string(199, 'x') + "é…"},
  };
  for (const auto& [body, quoted] : shown) {
    world.on_call = [&](const RawRequest&) { return plain(500, "text/plain", body); };
    auto reply = co_await world.call("t");
    CO_ASSERT_FALSE(reply);
    EXPECT_TRUE(reply.error().message().ends_with("answered with HTTP 500: " + quoted))
        << reply.error().message();
  }
}

MCP_CLIENT_TEST(McpClient, errors_of_the_server_go_through) {
  world.on_call = [](const RawRequest& request) {
    return error(request, 400, -32021, R"({"requiredCapabilities":{"sampling":{}}})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  CO_ASSERT_OK(reply);
  const auto& failed = std::get<RpcError>(*reply);
  EXPECT_EQ(failed.code, -32021);
  EXPECT_EQ(json::to_string(*failed.data), R"({"requiredCapabilities":{"sampling":{}}})");
  CallOptions plainly;
  auto listed = co_await world.client->list(ListKind::tools, plainly);
  CO_ASSERT_FALSE(listed);
  EXPECT_EQ(rpc_error_of(listed.error())->code, -32021);
}

MCP_CLIENT_TEST(McpClient, a_cancelled_modern_call_closes_its_stream) {
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  call.start(world.call("t"));
  CO_ASSERT_TRUE(co_await world.until([&] { return !world.calls("tools/call").empty(); }));
  const int closed = world.server.closed_by_peer;
  call.group.cancel();
  co_await call.group.join();
  EXPECT_TRUE(co_await world.until([&] { return world.server.closed_by_peer > closed; }));
  EXPECT_TRUE(world.calls("notifications/cancelled").empty());
}

MCP_CLIENT_TEST(McpClient, a_cancelled_legacy_call_is_told) {
  world.modern = false;
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  call.start(world.call("t"));
  CO_ASSERT_TRUE(co_await world.until([&] { return !world.calls("tools/call").empty(); }));
  call.group.cancel();
  co_await call.group.join();
  CO_ASSERT_TRUE(
      co_await world.until([&] { return !world.calls("notifications/cancelled").empty(); }));
  const auto told = world.calls("notifications/cancelled")[0].params();
  EXPECT_EQ(json::to_string(*told.find("requestId")), world.calls("tools/call")[0].id());
}

struct Listener final : CallObserver {
  std::vector<std::string> heard;
  Async<> progress(json::Value progress, std::optional<json::Value>, std::string message) override {
    heard.push_back("progress " + json::to_string(progress) + message);
    co_return;
  }
  Async<> log(std::string level, std::string, json::Value) override {
    heard.push_back("log " + level);
    co_return;
  }
  Async<> notify(std::string method, json::Object) override {
    heard.push_back(method);
    co_return;
  }
};

MCP_CLIENT_TEST(McpClient, progress_keeps_a_call_alive_until_the_maximum) {
  world.options.timeout = std::chrono::seconds(10);
  world.options.max_timeout = std::chrono::seconds(25);
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Listener listener;
  CallOptions how;
  how.observer = &listener;
  how.wants_progress = true;
  Background<Reply> call(world.executor);
  call.start(world.call("t", std::move(how)));
  CO_ASSERT_TRUE(co_await world.until([&] { return !world.calls("tools/call").empty(); }));
  const auto id = world.calls("tools/call")[0].id();
  for (std::size_t i = 1; i <= 3; ++i) {
    EXPECT_FALSE(call.result);
    world.clock.advance(std::chrono::seconds(8));
    world.server.push(event(fmt::format(
        R"({{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{},"progress":{}}}}})",
        id, i)));
    CO_ASSERT_TRUE(co_await world.until([&] { return listener.heard.size() == i; }));
  }
  world.clock.advance(std::chrono::seconds(2));
  CO_ASSERT_TRUE(co_await world.until([&] { return call.result.has_value(); }));
  EXPECT_EQ(call.result->error().code(), Code::deadline_exceeded);
  co_await call.group.join();
}

}  // namespace
}  // namespace flotilla::mcp
