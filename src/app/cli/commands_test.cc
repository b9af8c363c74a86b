// Every client command against a whole server in this process, with an in-memory database.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "app/cli/output.h"
#include "app/cli/testing_internal.h"
#include "json/json.h"

namespace flotilla::app {
namespace {

using testing::Server;
using testing::Shell;

class Commands : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Server>(); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override { shell_.set("FLOTILLA_URL", server_->url()); }

  json::Value parsed() {
    auto value = json::parse(shell_.out());
    EXPECT_TRUE(value) << shell_.out();
    return value ? std::move(*value) : json::Value();
  }
  /// A task of echo, by its id.
  std::string task(const std::string& text, bool wait = true) {
    std::vector<std::string> arguments = {"send", "-a", "echo", "-o", "name", text};
    if (!wait) arguments.emplace_back("--no-wait");
    shell_.run(arguments);
    std::string id = shell_.out();
    while (id.ends_with('\n')) id.pop_back();
    return id;
  }

  static inline std::unique_ptr<Server> server_;
  Shell shell_;
};

TEST_F(Commands, send_prints_the_answer) {
  EXPECT_EQ(shell_.run({"send", "Calculate 25 * 4"}), Exit::done) << shell_.err();
  EXPECT_EQ(shell_.out(), "100\n");
}

TEST_F(Commands, send_stream_prints_chunks) {
  EXPECT_EQ(shell_.run({"send", "--stream", "-a", "default/echo", "chunks=3 one two three"}),
            Exit::done);
  EXPECT_EQ(shell_.out(), "one two three\n");
}

TEST_F(Commands, send_speaks_the_binding_and_version_that_are_asked_for) {
  for (const std::string binding : {"jsonrpc", "HTTP+JSON"}) {
    for (const std::string version : {"1.0", "0.3"}) {
      const std::vector<std::string> arguments = {"send",          "--binding", binding,
                                                  "--a2a-version", version,     "Calculate 25 * 4"};
      EXPECT_EQ(shell_.run(arguments), Exit::done) << shell_.err();
      EXPECT_EQ(shell_.out(), "100\n");
    }
  }
}

TEST_F(Commands, send_takes_any_text_as_it_is) {
  for (const char* text : {"{}", "[1,2]", "a=b", "'\"", "größer"}) {
    EXPECT_EQ(shell_.run({"send", "-a", "echo", "--", std::string("-- ") + text}), Exit::done);
    EXPECT_EQ(shell_.out(), std::string(text) + "\n");
  }
}

TEST_F(Commands, send_reads_standard_input) {
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "-"}, "from a pipe"), Exit::done);
  EXPECT_EQ(shell_.out(), "from a pipe\n");
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "-"}, ""), Exit::usage);
}

TEST_F(Commands, send_exit_status_is_the_outcome) {
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "fail=broken x"}), Exit::failed);
  EXPECT_NE(shell_.err().find("failed: broken"), std::string::npos) << shell_.err();
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "reject=no x"}), Exit::failed);
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "ask=colour x"}), Exit::waiting);
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "auth"}), Exit::waiting);
  EXPECT_EQ(shell_.run({"send", "-a", "nobody", "x"}), Exit::not_found);
  EXPECT_EQ(shell_.run({"send", "-a", "No Body", "x"}), Exit::error);
  EXPECT_EQ(shell_.run({"send", "--file", "/nonexistent", "x"}), Exit::not_found);
  EXPECT_EQ(shell_.run({"send"}), Exit::usage);
  EXPECT_EQ(shell_.run({"send", "x", "--server", "http://127.0.0.1:1"}), Exit::unreachable);
  EXPECT_NE(shell_.err().find("cannot reach http://127.0.0.1:1 (--server)"), std::string::npos);
}

TEST_F(Commands, send_answers_a_waiting_task) {
  const std::string id = task("ask=colour x");
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "--task", id, "blue"}), Exit::done) << shell_.err();
  EXPECT_NE(shell_.out().find("blue"), std::string::npos);
}

TEST_F(Commands, send_gives_up_in_time) {
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "--timeout", "50ms", "wait"}), Exit::unreachable);
  EXPECT_NE(shell_.err().find("no result after 50ms"), std::string::npos) << shell_.err();
}

TEST_F(Commands, send_prints_documents) {
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "-o", "json", "--history", "0", "hi"}), Exit::done);
  json::Value value = parsed();
  EXPECT_EQ(text_at(value, {"task", "status", "state"}), "TASK_STATE_COMPLETED");
  EXPECT_EQ(find_at(value, {"task", "history"}), nullptr);
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "-o", "yaml", "hi"}), Exit::done);
  EXPECT_TRUE(json::parse_yaml(shell_.out()));
  EXPECT_EQ(shell_.run({"send", "-a", "echo", "--stream", "-o", "json", "hi"}), Exit::done);
  std::istringstream lines(shell_.out());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(json::parse(line)) << line;
  EXPECT_GE(count, 3U);
}

TEST_F(Commands, tasks_are_listed_shown_and_canceled) {
  const std::string id = task("wait", false);
  EXPECT_EQ(shell_.run({"tasks", "list", "--state", "working", "-o", "name", "--all"}), Exit::done);
  EXPECT_NE(shell_.out().find(id), std::string::npos);
  EXPECT_EQ(shell_.run({"tasks", "get", id}), Exit::done);
  EXPECT_NE(shell_.out().find("State:    working"), std::string::npos) << shell_.out();
  EXPECT_EQ(shell_.run({"tasks", "cancel", id}), Exit::done) << shell_.err();
  EXPECT_EQ(shell_.run({"tasks", "get", id, "-o", "json"}), Exit::done);
  const json::Value value = parsed();
  EXPECT_EQ(short_state(text_at(value, {"state"})), "canceled");
  EXPECT_EQ(shell_.run({"tasks", "get", "nothing"}), Exit::not_found);
  EXPECT_EQ(shell_.run({"tasks", "list", "--state", "sleeping"}), Exit::error);
  EXPECT_NE(shell_.err().find("state"), std::string::npos);
}

TEST_F(Commands, lists_page_up_to_the_limit) {
  for (int i = 0; i < 4; ++i) task("message x");
  EXPECT_EQ(shell_.run({"tasks", "list", "-o", "name", "--limit", "3"}), Exit::done);
  const std::string out = shell_.out();
  EXPECT_EQ(std::ranges::count(out, '\n'), 3);
  EXPECT_NE(shell_.err().find("there are more"), std::string::npos);
  EXPECT_EQ(shell_.run({"tasks", "list", "-o", "json", "--all"}), Exit::done);
  const json::Value all = parsed();
  EXPECT_GE(find_at(all, {"items"})->if_array()->size(), 4U);
}

TEST_F(Commands, an_empty_list_says_so) {
  EXPECT_EQ(shell_.run({"tasks", "list", "-n", "nowhere"}), Exit::done);
  EXPECT_EQ(shell_.out(), "");
  EXPECT_EQ(shell_.err(), "nothing found\n");
  EXPECT_EQ(shell_.run({"tasks", "list", "-n", "nowhere", "-o", "json"}), Exit::done);
  EXPECT_EQ(find_at(parsed(), {"items"})->if_array()->size(), 0U);
}

TEST_F(Commands, logs_print_the_journal) {
  const std::string id = task("chunks=2 one two");
  EXPECT_EQ(shell_.run({"logs", id}), Exit::done) << shell_.err();
  for (const char* part : {"message   local         user: chunks=2 one two", "echo: one",
                           "status    echo          completed"})
    EXPECT_NE(shell_.out().find(part), std::string::npos) << shell_.out();
  EXPECT_EQ(shell_.run({"logs", id, "--after", "2", "-o", "json"}), Exit::done);
  EXPECT_TRUE(shell_.out().starts_with(R"({"seq":3,)")) << shell_.out();
  EXPECT_EQ(shell_.run({"logs", "nothing"}), Exit::not_found);
}

TEST_F(Commands, logs_follow_ends_with_the_task_as_the_task) {
  const std::string id = task("delay=100ms chunks=3 fail=broken one two three", false);
  EXPECT_EQ(shell_.run({"logs", "-f", id}), Exit::failed) << shell_.err();
  EXPECT_NE(shell_.out().find("failed: broken"), std::string::npos) << shell_.out();
  EXPECT_EQ(shell_.err(), "");
  // Nothing is left to show; the outcome is known all the same.
  shell_.run({"tasks", "get", id, "-o", "json"});
  const std::string last = text_at(parsed(), {"seq"});
  EXPECT_EQ(shell_.run({"logs", "-f", id, "--after", last}), Exit::failed);
  EXPECT_EQ(shell_.out(), "");
  EXPECT_EQ(shell_.run({"logs", "-f", "nothing"}), Exit::not_found);
}

TEST_F(Commands, sessions_are_listed_and_shown) {
  const std::string id = task("x");
  shell_.run({"tasks", "get", id, "-o", "json"});
  const std::string uid = text_at(parsed(), {"session"});
  EXPECT_EQ(shell_.run({"sessions", "list", "-o", "name", "--all"}), Exit::done);
  EXPECT_NE(shell_.out().find(uid), std::string::npos);
  EXPECT_EQ(shell_.run({"sessions", "get", uid}), Exit::done);
  EXPECT_NE(shell_.out().find(id), std::string::npos) << shell_.out();
  EXPECT_EQ(shell_.run({"sessions", "get", "default/" + uid, "-o", "yaml"}), Exit::done);
  EXPECT_EQ(shell_.run({"sessions", "get", "-n", "other", uid}), Exit::not_found);
}

TEST_F(Commands, agents_are_listed_and_shown) {
  EXPECT_EQ(shell_.run({"agents", "list", "-o", "name"}), Exit::done);
  EXPECT_NE(shell_.out().find("default/calculator\n"), std::string::npos);
  EXPECT_EQ(shell_.run({"agents", "list", "-o", "wide"}), Exit::done);
  EXPECT_NE(shell_.out().find("/a2a/default/echo"), std::string::npos);
  EXPECT_EQ(shell_.run({"agents", "get", "calculator"}), Exit::done);
  EXPECT_NE(shell_.out().find("e.g. Calculate 25 * 4"), std::string::npos);
  EXPECT_EQ(shell_.run({"agents", "get", "calculator", "--card"}), Exit::done);
  EXPECT_EQ(text_at(parsed(), {"name"}), "Calculator");
  EXPECT_EQ(shell_.run({"agents", "get", "nobody"}), Exit::not_found);
}

TEST_F(Commands, version_of_client_and_server) {
  EXPECT_EQ(shell_.run({"version", "-o", "json"}), Exit::done);
  const json::Value both = parsed();
  EXPECT_EQ(text_at(both, {"client", "version"}), text_at(both, {"server", "version"}));
  EXPECT_EQ(shell_.run({"version", "--server", "http://127.0.0.1:1"}), Exit::done);
  EXPECT_TRUE(shell_.out().starts_with("client: "));
  EXPECT_NE(shell_.err().find("cannot reach"), std::string::npos);
}

TEST_F(Commands, chat_goes_on_in_one_conversation) {
  EXPECT_EQ(shell_.run({"chat"},
                       "@memory store colour = blue\n\n/agents\n/nonsense\n"
                       "@memory recall colour\n/quit\nnot read\n"),
            Exit::done)
      << shell_.err();
  EXPECT_NE(shell_.out().find("blue"), std::string::npos) << shell_.out();
  EXPECT_NE(shell_.out().find("calculator"), std::string::npos);
  EXPECT_NE(shell_.err().find("unknown command"), std::string::npos);
}

TEST_F(Commands, chat_answers_the_question_that_waits) {
  EXPECT_EQ(shell_.run({"chat", "-a", "echo"}, "ask=colour x\nblue\n"), Exit::done)
      << shell_.out() << shell_.err();
  EXPECT_EQ(shell_.run({"chat", "-a", "echo"}, "ask=colour x\n/cancel\n/cancel\n"), Exit::waiting);
  EXPECT_NE(shell_.err().find("no task waits"), std::string::npos) << shell_.err();
}

TEST_F(Commands, chat_resumes_a_session) {
  shell_.run({"send", "-a", "echo", "-o", "json", "a memorable line"});
  const std::string context = text_at(parsed(), {"task", "contextId"});
  EXPECT_EQ(shell_.run({"chat", "--context-id", context}, "again\n"), Exit::done) << shell_.err();
  EXPECT_TRUE(shell_.out().starts_with("> a memorable line\na memorable line\n")) << shell_.out();
  EXPECT_TRUE(shell_.out().ends_with("again\n"));
  EXPECT_EQ(shell_.run({"chat", "--last"}, ""), Exit::done);
  EXPECT_NE(shell_.out().find("> again\n"), std::string::npos) << shell_.out();
  EXPECT_EQ(shell_.run({"chat", "--session", "nothing"}, ""), Exit::not_found);
}

TEST_F(Commands, chat_without_a_terminal_exits_as_its_last_turn) {
  EXPECT_EQ(shell_.run({"chat", "-a", "echo"}, "fail x\n"), Exit::failed);
  EXPECT_EQ(shell_.run({"chat", "-a", "nobody"}, "x\n"), Exit::not_found);
}

}  // namespace
}  // namespace flotilla::app
