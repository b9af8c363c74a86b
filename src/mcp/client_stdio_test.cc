#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.h"
#include "mcp/client.h"
#include "mcp/client_testing_internal.h"
#include "mcp/stdio_process.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

/// A child that plays the given lines of shell.
void play(World& world, const std::string& script) {
  world.options.url.clear();
  world.options.command = "sh";
  world.options.args = {"-c", script};
}

std::string say(const std::string& line) {
  return "printf '%s\\n' '" + line + "'\n";
}
const std::string kRefuseDiscovery =
    "read -r l\n" +
    say(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}})");
const std::string kShakeHands = kRefuseDiscovery + "read -r l\n" +
                                say(result_text("2", std::string(kInitialized))) + "read -r l\n";
const std::string kDiscover = "read -r l\n" + say(result_text("1", std::string(kDiscovery)));

MCP_CLIENT_TEST(McpStdio, speaks_to_a_modern_child) {
  play(world, kDiscover + "read -r l\n" + say(result_text("2", R"({"content":[]})")) + "read -r l");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().revision, kNewest);
  EXPECT_EQ(world.client->server().transport, ClientTransport::stdio);
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
}

MCP_CLIENT_TEST(McpStdio, shakes_hands_with_a_legacy_child) {
  play(world,
       kShakeHands + "read -r l\n" + say(result_text("3", R"({"content":[]})")) + "read -r l");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  EXPECT_EQ(world.client->server().revision, Revision::v2025_11_25);
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
}

MCP_CLIENT_TEST(McpStdio, a_child_that_ends_at_the_probe_is_started_again) {
  // The second start finds the file that the first one left.
  char folder[] = "/tmp/flotilla-mcp-XXXXXX";
  CO_ASSERT_TRUE(::mkdtemp(folder) != nullptr);
  const std::string mark = std::string(folder) + "/mark";
  play(world, "if [ ! -e " + mark + " ]; then read -r l; : > " + mark +
                  "; exit 1; fi\nread -r l\n" + say(result_text("2", std::string(kInitialized))) +
                  "read -r l\nread -r l");
  const auto opened = co_await world.connect();
  EXPECT_TRUE(opened) << opened.error().message();
  std::ignore = std::system(("rm -r " + std::string(folder)).c_str());
}

MCP_CLIENT_TEST(McpStdio, a_death_within_a_call_is_clear) {
  play(world, kDiscover + "read -r l\nexit 3");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  CO_ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::unavailable);
  EXPECT_TRUE(reply.error().message().contains("exit status 3")) << reply.error().message();
  EXPECT_FALSE(world.client->alive());
  auto next = co_await world.call("t");
  EXPECT_FALSE(next);
}

MCP_CLIENT_TEST(McpStdio, noise_is_survived_up_to_a_bound) {
  play(world, kDiscover + "read -r l\n" + say("Listening on stdio") + say("{") +
                  say(result_text("99", "{}")) + say(result_text("2", R"({"content":[]})")) +
                  "read -r l\nwhile :; do echo noise; done");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  EXPECT_EQ(text_of(reply), R"({"content":[]})");
  auto flooded = co_await world.call("t");
  CO_ASSERT_FALSE(flooded);
  EXPECT_EQ(flooded.error().code(), Code::internal);
  EXPECT_FALSE(world.client->alive());
}

MCP_CLIENT_TEST(McpStdio, answers_that_nobody_asked_for_end_it_when_they_go_on) {
  for (const auto& made_up : {result_text("99", "{}"), std::string("5")}) {
    play(world, kDiscover + "read -r l\nfor i in 1 2 3 4 5 6 7 8 9 a b c d e f g; do " +
                    say(made_up) + "done\nread -r l");
    const auto opened = co_await world.connect();
    CO_ASSERT_OK(opened);
    auto reply = co_await world.call("t");
    CO_ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), Code::internal);
    EXPECT_FALSE(world.client->alive());
    co_await world.client->stop();
  }
}

MCP_CLIENT_TEST(McpStdio, a_line_without_end_is_refused) {
  world.options.limits.message_bytes = 100'000;
  play(world, kDiscover + "read -r l\nwhile :; do printf '%01000d' 0; done");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  CO_ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::resource_exhausted);
}

MCP_CLIENT_TEST(McpStdio, a_child_that_hangs_is_late_and_then_killed) {
  play(world, "trap '' TERM\n" + kDiscover + "while :; do sleep 1; done");
  world.options.timeout = std::chrono::seconds(5);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  call.start(world.call("t"));
  const auto over = [&] { return call.result.has_value(); };
  const bool ended = co_await world.until(over, std::chrono::milliseconds(100));
  CO_ASSERT_TRUE(ended);
  EXPECT_EQ(call.result->error().code(), Code::deadline_exceeded);
  TaskGroup stopping(world.executor);
  stopping.spawn(world.client->stop());
  const auto stopped = [&] { return stopping.size() == 0; };
  const bool killed = co_await world.until(stopped, std::chrono::milliseconds(100));
  EXPECT_TRUE(killed);
  co_await stopping.join();
}

MCP_CLIENT_TEST(McpStdio, what_the_child_says_is_logged_and_bounded) {
  CapturedLog log;
  play(world, "i=0\nwhile [ $i -lt 1000 ]; do echo line$i >&2; i=$((i+1)); done\n" + kDiscover +
                  "read -r l");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  const auto bounded = [&] { return log.contains("says too much"); };
  const bool seen = co_await world.until(bounded);
  EXPECT_TRUE(seen);
  EXPECT_TRUE(log.contains("line7"));
  EXPECT_FALSE(log.contains("line999"));
}

MCP_CLIENT_TEST(McpStdio, the_child_has_the_environment_that_was_written_and_no_other) {
  ::setenv("FLOTILLA_TEST_LEAK", "leak", 1);
  world.options.env.emplace_back("GIVEN", Secret("given"));
  play(world, kDiscover + "read -r l\n" +
                  R"(printf '{"jsonrpc":"2.0","id":2,"result":{"env":"%s"}}\n' )"
                  R"x("$(env | cut -d= -f1 | grep -v -e PWD -e SHLVL -e ^_ | sort | tr '\n' ' ')")x"
                  "\nread -r l");
  const auto opened = co_await world.connect();
  ::unsetenv("FLOTILLA_TEST_LEAK");
  CO_ASSERT_OK(opened);
  auto reply = co_await world.call("t");
  const auto text = text_of(reply);
  EXPECT_TRUE(text.contains("GIVEN")) << text;
  EXPECT_TRUE(text.contains("PATH")) << text;
  EXPECT_FALSE(text.contains("LEAK")) << text;
}

MCP_CLIENT_TEST(McpStdio, a_command_that_is_none_is_named) {
  play(world, "");
  world.options.command = "/no/such/program";
  const auto opened = co_await world.connect();
  CO_ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::invalid_argument);
}

/// On one pipe nothing says whose question it is.
MCP_CLIENT_TEST(McpStdio, a_question_that_could_be_of_two_people_reaches_none) {
  json::Object form;
  form.set("form", json::Object());
  world.options.capabilities.set("elicitation", std::move(form));
  play(world, kShakeHands + "read -r l\nread -r l\n" +
                  say(R"({"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}})") +
                  "read -r l\n"
                  R"(case $l in *'"id":9,"error"'*) )" +
                  say(result_text("3", R"({"a":1})")) + ";; esac\nread -r l");
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> ana(world.executor);
  Background<Reply> bob(world.executor);
  CallOptions how;
  how.owner = "ana";
  ana.start(world.call("t", how));
  how.owner = "bob";
  bob.start(world.call("t", how));
  const auto answered = [&] { return ana.result.has_value(); };
  const bool refused = co_await world.until(answered);
  CO_ASSERT_TRUE(refused);
  EXPECT_EQ(text_of(*ana.result), R"({"a":1})");
  bob.group.cancel();
  co_await bob.group.join();
  co_await ana.group.join();
}

}  // namespace
}  // namespace flotilla::mcp
