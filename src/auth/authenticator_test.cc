#include "auth/authenticator.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"

namespace flotilla::auth {
namespace {

std::string line(const std::string& name, const std::string& token) {
  return "- {name: " + name +
         ", kind: user, namespaces: [default], role: viewer, sha256: " + hex(sha256(token)) + "}\n";
}

Authenticator with(const std::string& yaml) {
  auto file = TokenFile::parse(yaml, "t");
  EXPECT_TRUE(file);
  return Authenticator::with_tokens(std::move(*file));
}

http::Request request(const std::string& authorization, const std::string& peer = "127.0.0.1") {
  http::Request made;
  made.peer = peer;
  if (!authorization.empty()) made.headers.add("authorization", authorization);
  return made;
}

TEST(Authenticator, without_tokens_loopback_is_local_admin) {
  const auto local = Authenticator::local();
  EXPECT_FALSE(local.required());
  for (const auto* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    const auto principal = local.authenticate(request("", peer));
    ASSERT_TRUE(principal) << peer;
    EXPECT_EQ((*principal)->name, "local");
    EXPECT_EQ((*principal)->role, Role::admin);
  }
  for (const auto* peer : {"", "10.0.0.1", "::2", "::ffff:10.0.0.1", "128.0.0.1", "localhost"}) {
    const auto principal = local.authenticate(request("", peer));
    ASSERT_FALSE(principal) << peer;
    EXPECT_EQ(principal.error().code(), Code::unauthenticated);
  }
}

TEST(Authenticator, insecure_lets_anyone_be_local) {
  const auto open = Authenticator::local(LocalPeers::anyone);
  EXPECT_TRUE(open.authenticate(request("", "10.0.0.1")));
}

TEST(Authenticator, knows_its_tokens) {
  const auto tokens = with(line("alice", "secret-a") + line("bob", "secret-b"));
  EXPECT_TRUE(tokens.required());
  const auto alice = tokens.authenticate(request("Bearer secret-a", "10.0.0.1"));
  ASSERT_TRUE(alice);
  EXPECT_EQ((*alice)->name, "alice");
  const auto bob = tokens.authenticate(request("bEaReR   secret-b"));
  ASSERT_TRUE(bob);
  EXPECT_EQ((*bob)->name, "bob");
}

TEST(Authenticator, refuses_all_else) {
  const auto tokens = with(line("alice", "secret-a"));
  for (const auto* field :
       {"", "Bearer", "Bearer ", "Bearer secret", "Bearer secret-a ", "Bearer secret-a x",
        "Bearersecret-a", "secret-a", "Basic secret-a", "Bearer secret-A", "Bearer\tsecret-a"}) {
    const auto principal = tokens.authenticate(request(field));
    ASSERT_FALSE(principal) << field;
    EXPECT_EQ(principal.error().code(), Code::unauthenticated);
    EXPECT_FALSE(principal.error().message().contains("secret"));
  }
  auto twice = request("Bearer secret-a");
  twice.headers.add("Authorization", "Bearer secret-a");
  EXPECT_FALSE(tokens.authenticate(twice));
}

TEST(Authenticator, the_digest_is_no_token) {
  const auto tokens = with(line("alice", "secret-a"));
  EXPECT_FALSE(tokens.authenticate(request("Bearer " + hex(sha256("secret-a")))));
}

TEST(Authenticator, challenges_as_rfc_6750_says) {
  EXPECT_EQ(with(line("a", "t")).challenge(), "Bearer realm=\"flotilla\"");
}

class Reload : public ::testing::Test {
 protected:
  Reload()
      : path_(std::filesystem::temp_directory_path() /
              ("flotilla-authenticator-" + std::to_string(getpid()))) {}
  ~Reload() override { std::filesystem::remove(path_); }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::filesystem::path path_;
  CapturedLog log_;
};

TEST_F(Reload, swaps_tokens_and_keeps_them_on_a_fault) {
  write(line("alice", "old"));
  auto tokens = Authenticator::open(path_);
  ASSERT_TRUE(tokens);
  write(line("alice", "new"));
  ASSERT_TRUE(tokens->reload());
  EXPECT_FALSE(tokens->authenticate(request("Bearer old")));
  EXPECT_TRUE(tokens->authenticate(request("Bearer new")));
  write("- nonsense");
  EXPECT_FALSE(tokens->reload());
  EXPECT_TRUE(tokens->authenticate(request("Bearer new")));
  EXPECT_TRUE(Authenticator::local().reload());
}

TEST_F(Reload, is_safe_beside_requests) {
  write(line("alice", "token"));
  auto tokens = Authenticator::open(path_);
  ASSERT_TRUE(tokens);
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        if (!tokens->authenticate(request("Bearer token"))) ++failures;
      }
    });
  }
  for (int n = 0; n < 20; ++n) EXPECT_TRUE(tokens->reload());
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace flotilla::auth
