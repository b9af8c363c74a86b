// Client commands against servers that ask who calls, and against one that is started anew.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <semaphore>
#include <sstream>
#include <thread>

#include "app/cli/testing_internal.h"
#include "base/hash.h"

namespace flotilla::app {
namespace {

using testing::Server;
using testing::Shell;

/// A stream's buffer that tells when something was written.
class Watched final : public std::stringbuf {
 public:
  void wait() { written_.acquire(); }

 private:
  int sync() override {
    if (!std::exchange(told_, true)) written_.release();
    return 0;
  }
  std::binary_semaphore written_{0};
  bool told_ = false;
};

class Access : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/flotilla-access-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

std::string token_entry(const std::string& name, const std::string& role) {
  return "- {name: " + name + ", kind: user, namespaces: [default], role: " + role +
         ", sha256: " + hex(sha256("token-of-" + name)) + "}\n";
}

TEST_F(Access, tokens_decide) {
  ServeConfig config = testing::server_config();
  config.tokens = directory_ + "/tokens.yaml";
  std::ofstream(config.tokens) << token_entry("alice", "operator") << token_entry("bob", "operator")
                               << token_entry("vera", "viewer");
  std::filesystem::permissions(config.tokens, std::filesystem::perms::owner_read);
  const Server server(config);

  Shell nobody;
  nobody.set("FLOTILLA_URL", server.url());
  EXPECT_EQ(nobody.run({"tasks", "list"}), Exit::not_permitted);
  EXPECT_EQ(nobody.run({"send", "hello"}), Exit::not_permitted) << nobody.err();
  nobody.set("FLOTILLA_TOKEN", "wrong");
  EXPECT_EQ(nobody.run({"agents", "list"}), Exit::not_permitted);

  Shell alice;
  alice.set("FLOTILLA_URL", server.url());
  alice.set("FLOTILLA_TOKEN", "token-of-alice");
  EXPECT_EQ(alice.run({"send", "-a", "echo", "-o", "name", "chunks=2 mine alone"}), Exit::done)
      << alice.err();
  std::string id = alice.out();
  id.pop_back();
  EXPECT_EQ(alice.run({"logs", id}), Exit::done) << alice.err();

  Shell bob;
  bob.set("FLOTILLA_URL", server.url());
  bob.set("FLOTILLA_TOKEN", "token-of-bob");
  EXPECT_EQ(bob.run({"tasks", "get", id}), Exit::not_found);
  EXPECT_EQ(bob.run({"logs", id}), Exit::not_found);

  Shell vera;
  vera.set("FLOTILLA_URL", server.url());
  vera.set("FLOTILLA_TOKEN", "token-of-vera");
  EXPECT_EQ(vera.run({"agents", "list"}), Exit::done);
  EXPECT_EQ(vera.run({"send", "hello"}), Exit::not_permitted) << vera.err();
}

TEST_F(Access, following_goes_on_over_a_restart) {
  ServeConfig config = testing::server_config();
  config.database = "sqlite:" + directory_ + "/store.db";
  config.drain_timeout = std::chrono::seconds(1);
  auto server = std::make_unique<Server>(config);
  config.listen = server->url().substr(std::string("http://").size());

  Shell sender;
  sender.set("FLOTILLA_URL", server->url());
  ASSERT_EQ(
      sender.run({"send", "-a", "echo", "--no-wait", "-o", "name", "delay=150ms chunks=4 1234"}),
      Exit::done);
  std::string id = sender.out();
  id.pop_back();
  Watched out;
  std::istringstream in;
  std::ostringstream err;
  std::ostream stream(&out);
  Io io{in, stream, err, {{"FLOTILLA_URL", server->url()}}, false, false, false};
  Exit followed = Exit::error;
  std::thread following([&] { followed = run_cli({"logs", "-f", id}, io); });
  out.wait();
  server.reset();
  server = std::make_unique<Server>(config);
  following.join();

  EXPECT_EQ(followed, Exit::done) << err.str();
  const std::string text = out.str();
  std::size_t at = 0;
  for (const char* part :
       {"user: delay", "echo: 1", "echo: 2", "echo: 3", "echo: 4", "completed"}) {
    const std::size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << "\n" << text;
    EXPECT_EQ(text.find(part, found + 1), std::string::npos) << "twice: " << part;
    at = found;
  }
}

}  // namespace
}  // namespace flotilla::app
