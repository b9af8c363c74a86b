#include "app/cli/client_config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "app/cli/testing_internal.h"

namespace flotilla::app {
namespace {

using testing::Shell;

/// A configuration file in a directory of the test's own.
class ClientConfig : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/flotilla-cli-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    directory_ = pattern;
    shell_.set("XDG_CONFIG_HOME", directory_);
    std::filesystem::create_directories(directory_ + "/flotilla");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text, std::filesystem::perms mode = kPrivate) {
    const std::string path = directory_ + "/flotilla/config.yaml";
    std::ofstream(path) << text;
    std::filesystem::permissions(path, mode);
  }
  Result<Target> find(const ClientFlags& flags = {}) { return find_target(flags, shell_.io); }

  static constexpr auto kPrivate =
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  static constexpr const char* kTwo =
      "current-context: home\n"
      "contexts:\n"
      "  - name: home\n"
      "    server: https://home.example.org/base/\n"
      "    token: hometoken\n"
      "    namespace: kitchen\n"
      "  - {name: work, server: 'work.example.org:8080'}\n";
  std::string directory_;
  Shell shell_;
};

TEST_F(ClientConfig, without_anything_it_is_loopback) {
  const auto target = find();
  ASSERT_TRUE(target);
  EXPECT_EQ(target->url, "http://127.0.0.1:8080");
  EXPECT_TRUE(target->token.empty());
  EXPECT_EQ(target->name_space, "");
}

TEST_F(ClientConfig, current_context_gives_server_token_and_namespace) {
  write(kTwo);
  const auto target = find();
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->url, "https://home.example.org/base");
  EXPECT_EQ(target->token.reveal(), "hometoken");
  EXPECT_EQ(target->name_space, "kitchen");
  EXPECT_EQ(target->origin, "context home");
  EXPECT_TRUE(target->warnings.empty());
}

TEST_F(ClientConfig, flag_wins_over_variable_over_context) {
  write(kTwo);
  shell_.set("FLOTILLA_URL", "http://variable:1");
  shell_.set("FLOTILLA_NAMESPACE", "garden");
  EXPECT_EQ(find()->url, "http://variable:1");
  EXPECT_EQ(find()->name_space, "garden");
  ClientFlags flags;
  flags.server = "http://flag:2/";
  flags.name_space = "attic";
  EXPECT_EQ(find(flags)->url, "http://flag:2");
  EXPECT_EQ(find(flags)->name_space, "attic");
}

TEST_F(ClientConfig, a_context_can_be_named) {
  write(kTwo);
  ClientFlags flags;
  flags.context = "work";
  EXPECT_EQ(find(flags)->url, "http://work.example.org:8080");
  shell_.set("FLOTILLA_CONTEXT", "work");
  EXPECT_EQ(find()->url, "http://work.example.org:8080");
  flags.context = "wrk";
  const auto missing = find(flags);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("did you mean work?"), std::string::npos);
}

TEST_F(ClientConfig, a_token_goes_to_its_own_server_only) {
  write(kTwo);
  ClientFlags flags;
  flags.server = "http://elsewhere.example.org";
  EXPECT_TRUE(find(flags)->token.empty());
  flags.server = "http://home.example.org";  // not by TLS
  EXPECT_TRUE(find(flags)->token.empty());
  flags.server = "https://home.example.org:443";
  EXPECT_EQ(find(flags)->token.reveal(), "hometoken");
  shell_.set("FLOTILLA_TOKEN", "mine");
  flags.server = "http://elsewhere.example.org";
  EXPECT_EQ(find(flags)->token.reveal(), "mine");
}

TEST_F(ClientConfig, tokens_that_others_can_read_are_warned_about) {
  write(kTwo, std::filesystem::perms::owner_all | std::filesystem::perms::group_read);
  const auto target = find();
  ASSERT_TRUE(target);
  ASSERT_EQ(target->warnings.size(), 1U);
  EXPECT_NE(target->warnings[0].find("chmod 600"), std::string::npos);
}

TEST_F(ClientConfig, faults_of_the_file_name_it_and_the_place) {
  const std::pair<const char*, const char*> table[] = {
      {"contexts: {a: b}\n", "contexts: expected a list"},
      {"contexts: [{name: a}]\n", "contexts[0]: a context needs a server"},
      {"contexts: [{server: a}]\n", "contexts[0]: a context needs a name"},
      {"contexts: [{name: a, sever: b}]\n", "unknown key 'sever'; did you mean server?"},
      {"contexts: [{name: a, server: b}, {name: a, server: c}]\n", "'a' is there twice"},
      {"current: a\n", "unknown key 'current'"},
      {"- a\n", "expected a mapping"},
      {"a: [\n", "config.yaml: "},
  };
  for (const auto& [text, says] : table) {
    write(text);
    const auto target = find();
    ASSERT_FALSE(target) << text;
    EXPECT_NE(target.error().message().find(says), std::string::npos) << target.error().message();
    EXPECT_NE(target.error().message().find("config.yaml"), std::string::npos);
  }
}

TEST_F(ClientConfig, a_bad_server_is_bad_usage) {
  EXPECT_EQ(shell_.run({"agents", "list", "--server", "ftp://x"}), Exit::usage);
  EXPECT_NE(shell_.err().find("--server"), std::string::npos) << shell_.err();
}

}  // namespace
}  // namespace flotilla::app
