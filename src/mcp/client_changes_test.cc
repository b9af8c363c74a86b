#include <gtest/gtest.h>

#include "base/log.h"
#include "mcp/client.h"
#include "mcp/client_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

std::vector<std::string> names(const Listing& listing) {
  std::vector<std::string> out;
  for (const auto& item : listing.items)
    out.push_back(*item.if_object()->find("name")->if_string());
  return out;
}

MCP_CLIENT_TEST(McpLists, all_pages_are_read) {
  world.on_call = [](const RawRequest& request) {
    const auto params = request.params();
    const auto* cursor = params.find("cursor");
    // An empty cursor is one too.
    if (cursor == nullptr)
      return result(
          request, R"({"tools":[{"name":"a"}],"nextCursor":"","ttlMs":900,"cacheScope":"public"})");
    return result(request, R"({"tools":[{"name":"b"}],"ttlMs":500,"cacheScope":"public"})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_OK(listed);
  EXPECT_EQ(names(*listed), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(listed->ttl_ms, 500);
  EXPECT_TRUE(listed->shared);
}

MCP_CLIENT_TEST(McpLists, a_cursor_that_comes_again_ends_it) {
  world.on_call = [](const RawRequest& request) {
    return result(request, R"({"tools":[{"name":"a"}],"nextCursor":"x"})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code(), Code::internal);
  EXPECT_EQ(world.calls("tools/list").size(), 2U);
}

MCP_CLIENT_TEST(McpLists, pages_and_items_are_bounded) {
  int page = 0;
  world.on_call = [&page](const RawRequest& request) {
    return result(
        request,
        fmt::format(R"({{"tools":[{{"name":"a"}},{{"name":"b"}}],"nextCursor":"{}"}})", ++page));
  };
  world.options.limits.list_pages = 5;
  auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  EXPECT_FALSE(listed);
  EXPECT_EQ(page, 5);
  co_await world.client->stop();
  world.options.limits.list_items = 3;
  opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code(), Code::resource_exhausted);
}

MCP_CLIENT_TEST(McpLists, what_the_server_does_not_have_is_not_asked_for) {
  world.modern = false;
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::prompts, how);
  CO_ASSERT_OK(listed);
  EXPECT_TRUE(listed->items.empty());
  EXPECT_TRUE(world.calls("prompts/list").empty());
}

constexpr std::string_view kAnnotated =
    R"({"tools":[{"name":"bad","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}},)"
    R"({"name":"good","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"Region"},)"
    R"("n":{"type":"object","properties":{"flag":{"type":"boolean","x-mcp-header":"Flag"}}}}}}]})";

MCP_CLIENT_TEST(McpLists, annotated_arguments_are_mirrored_and_bad_tools_left_out) {
  CapturedLog log;
  world.on_call = [](const RawRequest& request) {
    if (request.method() == "tools/list") return result(request, std::string(kAnnotated));
    return result(request, R"({"content":[]})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_OK(listed);
  EXPECT_EQ(names(*listed), std::vector<std::string>{"good"});
  EXPECT_EQ(listed->dropped, 1U);
  EXPECT_TRUE(log.contains("left out"));
  CallTool request;
  request.name = "good";
  request.arguments = *json::parse(R"({"r":" eu","n":{"flag":true}})")->if_object();
  auto reply = co_await world.client->call_tool(std::move(request), how);
  CO_ASSERT_OK(reply);
  const auto sent = world.calls("tools/call");
  EXPECT_EQ(sent.at(0).header("Mcp-Param-Region"), "=?base64?IGV1?=");
  EXPECT_EQ(sent.at(0).header("Mcp-Param-Flag"), "true");
}

MCP_CLIENT_TEST(McpLists, a_header_mismatch_reads_the_tools_again_once) {
  world.on_call = [](const RawRequest& request) {
    if (request.method() == "tools/list") return result(request, std::string(kAnnotated));
    if (!request.header("Mcp-Param-Region")) return error(request, 400, -32020);
    return result(request, R"({"content":[]})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallTool request;
  request.name = "good";
  request.arguments.set("r", "eu");
  CallOptions how;
  auto reply = co_await world.client->call_tool(std::move(request), how);
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  auto stubborn = co_await world.call("good");
  EXPECT_EQ(text_of(stubborn), "-32020");
  EXPECT_EQ(world.calls("tools/list").size(), 2U);
}

MCP_CLIENT_TEST(McpChanges, a_modern_server_is_listened_to_and_again_after_a_cut) {
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  ChangeFilter filter;
  filter.tools = true;
  filter.resource_uris = {"file:///a"};
  auto listening = co_await world.client->listen(filter);
  CO_ASSERT_OK(listening);
  const auto listens = [&] { return world.calls("subscriptions/listen").size(); };
  const auto once = [&] { return listens() == 1; };
  const bool begun = co_await world.until(once);
  CO_ASSERT_TRUE(begun);
  const auto asked = world.calls("subscriptions/listen")[0];
  EXPECT_TRUE(asked.body.contains(
      R"("notifications":{"toolsListChanged":true,"resourceSubscriptions":["file:///a"]})"));
  world.server.push(event(fmt::format(
      R"({{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{{"_meta":{{"io.modelcontextprotocol/subscriptionId":{}}}}}}})",
      asked.id())));
  const auto told = [&] { return world.changes.size() == 1; };
  const bool heard = co_await world.until(told);
  CO_ASSERT_TRUE(heard);
  EXPECT_EQ(world.changes[0].method, "notifications/tools/list_changed");
  EXPECT_TRUE(world.changes[0].params.empty());
  world.server.end_held();
  const auto twice = [&] { return listens() == 2; };
  const bool again = co_await world.until(twice, std::chrono::milliseconds(100));
  CO_ASSERT_TRUE(again);
  // What happened meanwhile is not known: everything may have.
  EXPECT_EQ(world.changes.size(), 3U);
  EXPECT_EQ(world.changes.back().method, "notifications/resources/updated");
}

MCP_CLIENT_TEST(McpChanges, a_legacy_server_is_subscribed_to) {
  world.modern = false;
  world.on_call = [](const RawRequest& request) { return result(request, "{}"); };
  world.on_get = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  ChangeFilter filter;
  filter.resource_uris = {"file:///a", "file:///b"};
  auto listening = co_await world.client->listen(filter);
  CO_ASSERT_OK(listening);
  filter.resource_uris = {"file:///b"};
  listening = co_await world.client->listen(filter);
  CO_ASSERT_OK(listening);
  EXPECT_EQ(world.calls("resources/subscribe").size(), 2U);
  EXPECT_EQ(world.calls("resources/unsubscribe").size(), 1U);
  const auto following = [&] {
    return std::ranges::any_of(world.server.requests, [](const auto& r) { return r.is_get(); });
  };
  const bool opened_stream = co_await world.until(following);
  CO_ASSERT_TRUE(opened_stream);
  for (int i = 0; i < 20; ++i) co_await flotilla::testing::settle();
  world.server.push(event(
      R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///b"}})"));
  const auto told = [&] { return world.changes.size() == 1; };
  const bool heard = co_await world.until(told);
  EXPECT_TRUE(heard);
}

MCP_CLIENT_TEST(McpSse, the_old_transport_is_found_and_spoken) {
  world.server.on_request = [&](const RawRequest& request) {
    if (request.is_get()) return open_stream("event: endpoint\ndata: /messages?s=1\n\n");
    if (request.target() != "/messages?s=1") return plain(405, "text/plain", "");
    if (request.method() == "initialize")
      world.server.push(event(result_text(request.id(), std::string(kInitialized))));
    if (request.method() == "tools/call")
      world.server.push(event(result_text(request.id(), R"({"content":[]})")));
    return plain(202, "text/plain", "Accepted");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().transport, ClientTransport::sse);
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  world.server.end_held();
  const auto dead = [&] { return !world.client->alive(); };
  const bool noticed = co_await world.until(dead);
  EXPECT_TRUE(noticed);
  auto late = co_await world.call("t");
  CO_ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::unavailable);
}

MCP_CLIENT_TEST(McpSse, an_endpoint_elsewhere_gets_nothing) {
  world.options.transport = ClientTransport::sse;
  world.options.headers.emplace_back("Authorization", Secret("Bearer s3cret"));
  world.server.on_request = [&](const RawRequest&) {
    return open_stream("event: endpoint\ndata: http://127.0.0.2:9/steal\n\n");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::internal);
  EXPECT_EQ(world.server.requests.size(), 1U);
}

}  // namespace
}  // namespace flotilla::mcp
