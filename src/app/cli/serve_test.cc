#include "app/cli/serve.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "app/cli/testing_internal.h"
#include "json/json.h"

namespace flotilla::app {
namespace {

using testing::Shell;

class ServeConfigSources : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/flotilla-serve-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    directory_ = pattern;
    file_ = directory_ + "/flotilla.yaml";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& text) { std::ofstream(file_) << text; }

  std::string directory_;
  std::string file_;
  Shell shell_;
};

TEST_F(ServeConfigSources, flag_wins_over_variable_over_file) {
  write("listen: 0.0.0.0:1\nthreads: 3\nallow-host: [a, b]\n");
  shell_.set("FLOTILLA_LISTEN", "0.0.0.0:2");
  shell_.set("FLOTILLA_THREADS", "5");
  EXPECT_EQ(shell_.run({"config", "--config", file_, "--listen", "0.0.0.0:3", "--insecure",
                        "--egress-allow", "10.0.0.0/8", "--egress-allow=x,y", "-o", "json"}),
            Exit::done)
      << shell_.err();
  const auto all = json::parse(shell_.out());
  ASSERT_TRUE(all);
  EXPECT_EQ(text_at(*all, {"listen", "value"}), "0.0.0.0:3");
  EXPECT_EQ(text_at(*all, {"listen", "origin"}), "flag --listen");
  EXPECT_EQ(text_at(*all, {"threads", "value"}), "5");
  EXPECT_EQ(text_at(*all, {"threads", "origin"}), "environment FLOTILLA_THREADS");
  EXPECT_EQ(text_at(*all, {"allow-host", "value"}), "a,b");
  EXPECT_EQ(text_at(*all, {"allow-host", "origin"}), "file " + file_ + ":3");
  EXPECT_EQ(text_at(*all, {"insecure", "value"}), "true");
  EXPECT_EQ(text_at(*all, {"egress-allow", "value"}), "10.0.0.0/8,x,y");
  EXPECT_EQ(text_at(*all, {"durability", "origin"}), "default");
}

TEST_F(ServeConfigSources, a_variable_can_name_the_file) {
  write("log-level: debug\n");
  shell_.set("FLOTILLA_CONFIG", file_);
  EXPECT_EQ(shell_.run({"config"}), Exit::done);
  EXPECT_NE(shell_.out().find("debug"), std::string::npos);
}

TEST_F(ServeConfigSources, an_empty_file_says_nothing) {
  write("");
  EXPECT_EQ(shell_.run({"config", "--config", file_}), Exit::done) << shell_.err();
}

TEST_F(ServeConfigSources, faults_are_bad_usage_and_name_key_file_and_line) {
  const std::pair<std::string, std::string> table[] = {
      {"listn: x\n", file_ + ":1); did you mean listen?"},
      {"threads: many\n", "threads: expected a whole number"},
      {"\ndurability: none\n", "full or relaxed"},
      {"config: other.yaml\n", "cannot name another file"},
      {"a: {b: c}\n", "line 1"},
  };
  for (const auto& [text, says] : table) {
    write(text);
    EXPECT_EQ(shell_.run({"serve", "--config", file_}), Exit::usage) << text;
    EXPECT_NE(shell_.err().find(says), std::string::npos) << shell_.err();
  }
  EXPECT_EQ(shell_.run({"serve", "--config", file_ + ".no"}), Exit::usage);
  EXPECT_NE(shell_.err().find("no such file"), std::string::npos) << shell_.err();
}

TEST_F(ServeConfigSources, unknown_variables_refuse_the_start) {
  shell_.set("FLOTILLA_LISTN", "x");
  EXPECT_EQ(shell_.run({"serve"}), Exit::usage);
  EXPECT_NE(shell_.err().find("did you mean FLOTILLA_LISTEN?"), std::string::npos) << shell_.err();
}

TEST_F(ServeConfigSources, the_clients_variables_and_service_links_are_ignored) {
  for (const char* name : {"FLOTILLA_URL", "FLOTILLA_TOKEN", "FLOTILLA_CONTEXT",
                           "FLOTILLA_NAMESPACE", "FLOTILLA_SERVICE_HOST", "FLOTILLA_PORT_80_TCP"})
    shell_.set(name, "x");
  EXPECT_EQ(shell_.run({"config"}), Exit::done) << shell_.err();
}

TEST_F(ServeConfigSources, a_start_that_cannot_be_is_told) {
  EXPECT_EQ(shell_.run({"serve", "--listen", "nowhere"}), Exit::usage);
  EXPECT_NE(shell_.err().find("listen: 'nowhere' is not ADDRESS:PORT"), std::string::npos);
  EXPECT_EQ(shell_.run({"serve", "--listen", "0.0.0.0:0", "--database", "sqlite::memory:"}),
            Exit::usage);
  EXPECT_NE(shell_.err().find("--tokens"), std::string::npos) << shell_.err();
  EXPECT_EQ(shell_.run({"serve", "--listen", "127.0.0.1:0", "--database",
                        "sqlite:" + directory_ + "/no/such/dir/x.db"}),
            Exit::error);
  EXPECT_EQ(shell_.out(), "");
}

}  // namespace
}  // namespace flotilla::app
