#include "base/hash.h"
#include "mcp/server_testing_internal.h"

// Each malformed request gets the reference's own status and code (mcp.md 1.5, 1.6, 2.2).
namespace flotilla::mcp {
namespace {

using testing::Desk;
using testing::Disk;

struct Case {
  std::string name;
  http::Request request;
  int status;
  int code;        // 0: not looked at
  std::string id;  // JSON text of the id that comes back; empty: none
};

std::string deep(int levels) {
  std::string text = R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":)";
  for (int i = 0; i < levels; ++i) text += '[';
  for (int i = 0; i < levels; ++i) text += ']';
  return text + "}}";
}

http::Request post(std::string body) {
  return testing::make_request(http::Method::post, std::move(body));
}

http::Request with(http::Request request, const char* name, const char* value) {
  request.headers.set(name, value);
  return request;
}

http::Request without(http::Request request, const char* name) {
  request.headers.remove(name);
  return request;
}

const char* const kPing = R"({"jsonrpc":"2.0","id":"x","method":"ping"})";

std::vector<Case> envelope_cases() {
  const http::Request ping = post(kPing);
  return {
      {"no content type", without(ping, "Content-Type"), 415, -32000, ""},
      {"wrong content type", with(ping, "Content-Type", "text/plain"), 415, -32000, ""},
      {"no accept", without(ping, "Accept"), 406, -32000, ""},
      {"accept without events", with(ping, "Accept", "application/json"), 406, -32000, ""},
      {"accept without json", with(ping, "Accept", "text/event-stream"), 406, -32000, ""},
      {"no json", post("{"), 400, -32700, ""},
      {"empty", post(""), 400, -32700, ""},
      {"not utf-8", post("\"\xff\""), 400, -32700, ""},
      {"too deep", post(deep(100)), 400, -32700, ""},
      {"duplicate members", post(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})"), 400, -32700,
       ""},
      {"no object", post("7"), 400, -32600, ""},
      {"no version", post(R"({"id":7,"method":"ping"})"), 400, -32600, "7"},
      {"wrong version", post(R"({"jsonrpc":"1.0","id":"7","method":"ping"})"), 400, -32600,
       R"("7")"},
      {"null id", post(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), 400, -32600, ""},
      {"fractional id", post(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})"), 400, -32600, ""},
      {"long id",
       post(R"({"jsonrpc":"2.0","id":")" + std::string(300, 'a') + R"(","method":"ping"})"), 400,
       -32600, ""},
      {"no method", post(R"({"jsonrpc":"2.0","id":1})"), 400, -32600, "1"},
      {"method no string", post(R"({"jsonrpc":"2.0","id":1,"method":7})"), 400, -32600, "1"},
      {"params no object", post(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})"), 400,
       -32602, "1"},
  };
}

std::vector<Case> legacy_cases(const std::string& session) {
  const auto in = [&](std::string body) { return testing::in_session(session, std::move(body)); };
  return {
      {"no session", post(kPing), 400, -32000, R"("x")"},
      {"unknown session", with(post(kPing), "Mcp-Session-Id", "nope"), 404, -32001, R"("x")"},
      {"session id with spaces", with(post(kPing), "Mcp-Session-Id", "a b"), 404, -32001, R"("x")"},
      {"unknown protocol version", with(in(kPing), "MCP-Protocol-Version", "2020-01-01"), 400,
       -32000, R"("x")"},
      {"garbage protocol version", with(in(kPing), "MCP-Protocol-Version", "x\"y"), 400, -32000,
       R"("x")"},
      {"initialize twice", in(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})"), 400,
       -32600, "1"},
      {"initialize without params", post(R"({"jsonrpc":"2.0","id":1,"method":"initialize"})"), 200,
       -32602, "1"},
      {"unknown method", in(R"({"jsonrpc":"2.0","id":1,"method":"no/such"})"), 200, -32601, "1"},
      {"modern method", in(R"({"jsonrpc":"2.0","id":1,"method":"server/discover"})"), 200, -32601,
       "1"},
      {"unknown tool",
       in(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}})"), 200,
       -32602, "1"},
      {"arguments no object",
       in(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":7}})"),
       200, -32602, "1"},
      {"unknown resource",
       in(R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://no"}})"),
       200, -32002, "1"},
      {"subscribe to nothing",
       in(R"({"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://no"}})"),
       200, -32002, "1"},
      {"bad cursor",
       in(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}})"), 200, -32602,
       "1"},
      {"bad level",
       in(R"({"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"loud"}})"), 200,
       -32602, "1"},
      {"batch in a revision without", in(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])"), 400,
       -32600, ""},
      {"get without events", with(testing::get_stream(session), "Accept", "application/json"), 406,
       -32000, ""},
      {"get without session", testing::make_request(http::Method::get), 400, -32000, ""},
      {"foreign event id", testing::get_stream(session, "zz"), 400, -32600, ""},
      {"unknown stream", testing::get_stream(session, "pabc-3"), 400, -32600, ""},
      {"delete of nothing", testing::make_request(http::Method::delete_), 400, -32000, ""},
  };
}

std::vector<Case> modern_cases() {
  const auto ping = testing::modern("tools/list", "");
  const auto call =
      testing::modern("tools/call", R"("name":"greet","arguments":{"name":"x"})", "greet");
  const auto region = testing::modern(
      "tools/call", R"("name":"test_header_parameter","arguments":{"region":"a","count":42})",
      "test_header_parameter");
  const auto wrong = with(with(region, "Mcp-Param-Region", "b"), "Mcp-Param-Count", "42");
  auto twice = call;
  twice.headers.add("Mcp-Name", "other");
  return {
      {"header without meta", with(post(kPing), "MCP-Protocol-Version", "2026-07-28"), 400, -32602,
       R"("x")"},
      {"no version header", without(ping, "MCP-Protocol-Version"), 400, -32020, "1"},
      {"other version header", with(ping, "MCP-Protocol-Version", "2025-11-25"), 400, -32020, "1"},
      {"no method header", without(ping, "Mcp-Method"), 400, -32020, "1"},
      {"method in another case", with(ping, "Mcp-Method", "Tools/list"), 400, -32020, "1"},
      {"no name header", without(call, "Mcp-Name"), 400, -32020, "1"},
      {"other name header", with(call, "Mcp-Name", "grate"), 400, -32020, "1"},
      {"repeated name header", twice, 400, -32020, "1"},
      {"broken base64", with(call, "Mcp-Name", "=?base64?***?="), 400, -32020, "1"},
      {"missing parameter header", region, 400, -32020, "1"},
      {"other parameter header", wrong, 400, -32020, "1"},
      {"removed method", testing::modern("ping", ""), 404, -32601, "1"},
      {"initialize", testing::modern("initialize", ""), 404, -32601, "1"},
      {"unknown resource", testing::modern("resources/read", R"("uri":"test://no")", "test://no"),
       200, -32602, "1"},
      {"unknown task",
       testing::modern("tasks/get", R"("taskId":"no")", "no",
                       R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})"),
       200, -32602, "1"},
      {"tasks without the capability", testing::modern("tasks/get", R"("taskId":"no")", "no"), 400,
       -32021, "1"},
      {"a capability that is missing",
       testing::modern("tools/call", R"("name":"test_missing_capability")",
                       "test_missing_capability"),
       400, -32021, "1"},
      {"answers no object",
       testing::modern("tools/call",
                       R"("name":"test_input_required_result_elicitation","inputResponses":null)",
                       "test_input_required_result_elicitation"),
       200, -32602, "1"},
      {"forged state",
       testing::modern(
           "tools/call",
           R"("name":"test_input_required_result_request_state","requestState":"v1.a.b")",
           "test_input_required_result_request_state"),
       200, -32602, "1"},
      {"batch", with(post("[]"), "MCP-Protocol-Version", "2026-07-28"), 400, -32600, ""},
  };
}

Async<> check(Desk& desk, std::vector<Case> cases) {
  for (Case& one : cases) {
    auto response = co_await desk.send(one.request);
    EXPECT_EQ(response.status, one.status) << one.name << ": " << response.body;
    const auto body = testing::parsed(response.body);
    const json::Value* error = body.if_object() ? body.if_object()->find("error") : nullptr;
    if (error == nullptr) {
      ADD_FAILURE() << one.name << ": no error in " << response.body;
      continue;
    }
    EXPECT_EQ(error->if_object()->find("code")->as_int64(), one.code) << one.name << response.body;
    const json::Value* id = body.if_object()->find("id");
    EXPECT_EQ(id == nullptr ? "" : json::to_string(*id), one.id) << one.name;
  }
}

ASYNC_TEST(BadInput, a_broken_envelope_gets_its_code) {
  Disk disk;
  Desk desk(disk);
  co_await check(desk, envelope_cases());
  co_await desk.stop();
}

ASYNC_TEST(BadInput, a_legacy_request_that_is_wrong_gets_its_code) {
  Disk disk;
  Desk desk(disk);
  const std::string session = co_await desk.open_session("2025-11-25");
  co_await check(desk, legacy_cases(session));
  co_await desk.stop();
}

ASYNC_TEST(BadInput, a_modern_request_that_is_wrong_gets_its_code) {
  Disk disk;
  Desk desk(disk);
  co_await check(desk, modern_cases());
  co_await desk.stop();
}

ASYNC_TEST(BadInput, the_unsupported_version_names_those_that_are) {
  Disk disk;
  Desk desk(disk);
  auto request = testing::make_request(
      http::Method::post, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)"
                          R"("io.modelcontextprotocol/protocolVersion":"2030-01-01",)"
                          R"("io.modelcontextprotocol/clientCapabilities":{}}}})");
  request.headers.add("MCP-Protocol-Version", "2030-01-01");
  auto response = co_await desk.send(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(response.body.contains(R"("code":-32022)")) << response.body;
  EXPECT_TRUE(response.body.contains(R"("requested":"2030-01-01")")) << response.body;
  EXPECT_TRUE(response.body.contains(R"("supported":["2026-07-28","2025-11-25")")) << response.body;
  co_await desk.stop();
}

ASYNC_TEST(BadInput, encoded_headers_are_understood) {
  Disk disk;
  Desk desk(disk);
  auto request = testing::modern(
      "tools/call", R"("name":"test_header_parameter","arguments":{"region":" ü","count":42})",
      "=?base64?" + base64("test_header_parameter") + "?=");
  request.headers.add("mcp-param-region", "=?base64?" + base64(" ü") + "?=");
  request.headers.add("MCP-PARAM-COUNT", " 42.0 ");
  auto response = co_await desk.send(request);
  EXPECT_EQ(response.status, 200) << response.body;
  co_await desk.stop();
}

}  // namespace
}  // namespace flotilla::mcp
