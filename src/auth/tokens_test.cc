#include "auth/tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/log.h"

namespace flotilla::auth {
namespace {

std::string entry(const std::string& name, const std::string& token,
                  const std::string& rest = "kind: user, namespaces: [default], role: viewer") {
  return "- {name: " + name + ", " + rest + ", sha256: " + hex(sha256(token)) + "}\n";
}

/// The fault's message; empty when the text is accepted.
std::string fault_of(const std::string& yaml) {
  auto file = TokenFile::parse(yaml, "tokens.yaml");
  if (file) return "";
  EXPECT_EQ(file.error().reason(), reason::kInvalidConfig);
  return file.error().message();
}

TEST(Tokens, reads_every_field) {
  const auto file = TokenFile::parse(
      "# who may come in\n"
      "- name: alice@example.com\n"
      "  kind: user\n"
      "  namespaces: [default, team-a]\n"
      "  role: operator\n"
      "  sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08\n"
      "- name: ci\n"
      "  kind: service\n"
      "  namespaces: [\"*\"]\n"
      "  role: admin\n"
      "  sha256: " +
          hex(sha256("ci-token")) + "\n",
      "tokens.yaml");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tokens.size(), 2U);
  const auto& alice = *file->tokens[0].principal;
  EXPECT_EQ(alice.name, "alice@example.com");
  EXPECT_EQ(alice.kind, PrincipalKind::user);
  EXPECT_EQ(alice.role, Role::operator_);
  EXPECT_TRUE(alice.may_enter("team-a"));
  EXPECT_FALSE(alice.may_enter("team-b"));
  EXPECT_EQ(file->tokens[0].digest, sha256("test"));
  EXPECT_TRUE(file->tokens[1].principal->may_enter("anything"));
  EXPECT_EQ(file->tokens[1].principal->kind, PrincipalKind::service);
}

TEST(Tokens, faults_name_line_and_field) {
  const auto good = entry("a", "ta");
  const struct {
    std::string yaml;
    std::string want;
  } cases[] = {
      {"", "expected"},
      {"[]", "expected a list"},
      {"tokens: []", "expected a list"},
      {"- just text", "tokens.yaml:1: /0: expected a mapping"},
      {good + "- {name: b}", "tokens.yaml:2: /1/kind: is missing"},
      {entry("b", "t", "kind: human, namespaces: [default], role: viewer"),
       "tokens.yaml:1: /0/kind: 'human' is none of user, agent, worker, executor, service"},
      {entry("b", "t", "kind: user, namespaces: [default], role: root"),
       "/0/role: 'root' is none of viewer, operator, admin"},
      {entry("b", "t", "kind: user, namespaces: [Default], role: viewer"),
       "/0/namespaces: 'Default' is not a namespace"},
      {entry("b", "t", "kind: user, namespaces: default, role: viewer"),
       "/0/namespaces: expected a list"},
      {entry("b", "t", "kind: user, namespaces: [], role: viewer"),
       "/0/namespaces: expected a list"},
      {entry("b", "t", "kind: user, namespaces: [a, \"*\"], role: viewer"), "must stand alone"},
      {entry("b", "t", "kind: user, namespaces: [a, a], role: viewer"), "'a' is given twice"},
      {entry("b", "t", "kind: user, namespaces: [a], role: viewer, rolle: x"),
       "/0/rolle: unknown field, did you mean role?"},
      {entry("b", "t", "kind: user, kind: user, namespaces: [a], role: viewer"),
       "/0/kind: given twice"},
      {entry("'a b'", "t"), "/0/name: expected 1 to 128"},
      {entry("''", "t"), "/0/name: expected 1 to 128"},
      {entry("~", "t"), "/0/name: expected a string"},
      {entry(std::string(129, 'n'), "t"), "/0/name: expected 1 to 128"},
      {good + entry("a", "other"), "tokens.yaml:2: /1/name: 'a' is already the name on line 1"},
      {good + entry("b", "ta"), "tokens.yaml:2: /1/sha256: is the same token as on line 1"},
      {entry("a", ""), "/0/sha256: is the SHA-256 of an empty token"},
      {"- {name: a, kind: user, namespaces: [a], role: viewer, sha256: abc}",
       "/0/sha256: expected the SHA-256 of the token as 64 hexadecimal digits"},
      {"- {name: a, kind: user", "tokens.yaml:"},
      {good + "---\n" + good, "expected one YAML document"},
  };
  for (const auto& [yaml, want] : cases) {
    const auto fault = fault_of(yaml);
    EXPECT_TRUE(fault.contains(want)) << yaml << "\n-> " << fault;
    EXPECT_TRUE(fault.starts_with("tokens.yaml:")) << fault;
  }
}

class TokensOnDisk : public ::testing::Test {
 protected:
  TokensOnDisk()
      : path_(std::filesystem::temp_directory_path() /
              ("flotilla-tokens-" + std::to_string(getpid()))) {
    std::ofstream(path_) << entry("a", "ta");
  }
  ~TokensOnDisk() override { std::filesystem::remove(path_); }
  std::filesystem::path path_;
};

TEST_F(TokensOnDisk, are_loaded) {
  chmod(path_.c_str(), 0600);
  const CapturedLog log;
  const auto file = TokenFile::load(path_);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->tokens.size(), 1U);
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(TokensOnDisk, open_to_others_are_warned_about) {
  chmod(path_.c_str(), 0644);
  const CapturedLog log;
  EXPECT_TRUE(TokenFile::load(path_));
  EXPECT_TRUE(log.contains("tokens file is open to others"));
}

TEST_F(TokensOnDisk, too_large_or_missing_are_refused) {
  std::ofstream(path_) << std::string(kTokenFileLimit + 1, '#');
  const auto large = TokenFile::load(path_);
  ASSERT_FALSE(large);
  EXPECT_TRUE(large.error().message().contains("1 MiB"));
  const auto missing = TokenFile::load("/does/not/exist");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().message().contains("/does/not/exist"));
  EXPECT_FALSE(TokenFile::load(std::filesystem::temp_directory_path()));
}

}  // namespace
}  // namespace flotilla::auth
