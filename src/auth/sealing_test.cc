#include "auth/sealing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/log.h"

namespace flotilla::auth {
namespace {

/// A directory of its own for each test.
class Sealing : public testing::Test {
 protected:
  Sealing() {
    std::string name = testing::TempDir() + "sealing-XXXXXX";
    directory_ = mkdtemp(name.data());
  }
  ~Sealing() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ + "/sealing.key"; }
  [[nodiscard]] Sealer load() const {
    auto loaded = Sealer::load(path(), system_random());
    EXPECT_TRUE(loaded) << loaded.error().message();
    return std::move(*loaded);
  }
  void write(const std::string& text) const {
    std::ofstream(path()) << text;
    chmod(path().c_str(), 0600);
  }
  [[nodiscard]] std::string fault() const {
    auto loaded = Sealer::load(path(), system_random());
    if (loaded) return "";
    EXPECT_EQ(loaded.error().reason(), reason::kInvalidConfig);
    return loaded.error().message();
  }

  std::string directory_;
};

TEST_F(Sealing, opens_what_it_sealed_and_never_seals_alike) {
  const auto sealer = Sealer::ephemeral(system_random());
  for (const std::string& text : {std::string(), std::string("token"), std::string(5000, 'x')}) {
    const auto sealed = sealer.seal(text, "push-config/1");
    EXPECT_TRUE(text.empty() || sealed.find(text) == std::string::npos);
    EXPECT_NE(sealed, sealer.seal(text, "push-config/1"));
    const auto opened = sealer.open(sealed, "push-config/1");
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->reveal(), text);
  }
}

TEST_F(Sealing, another_context_does_not_open) {
  const auto sealer = Sealer::ephemeral(system_random());
  const auto opened = sealer.open(sealer.seal("token", "push-config/1"), "push-config/2");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::data_loss);
  EXPECT_NE(opened.error().message().find("another row"), std::string::npos);
}

TEST_F(Sealing, whatever_is_altered_does_not_open) {
  const auto sealer = Sealer::ephemeral(system_random());
  const auto sealed = sealer.seal("token", "c");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto altered = sealed;
    altered[at] = altered[at] == 'A' ? 'E' : 'A';
    EXPECT_FALSE(sealer.open(altered, "c")) << at;
    EXPECT_FALSE(sealer.open(std::string_view(sealed).substr(0, at), "c")) << at;
  }
  EXPECT_FALSE(sealer.open("token", "c"));
}

TEST_F(Sealing, first_start_makes_a_private_file_that_later_ones_read) {
  const auto sealed = load().seal("token", "c");
  struct stat info{};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto opened = load().open(sealed, "c");
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->reveal(), "token");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(Sealing, a_lost_file_is_named) {
  const auto sealed = load().seal("token", "c");
  std::filesystem::remove(path());
  const auto opened = load().open(sealed, "c");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("is not in " + path()), std::string::npos);
}

TEST_F(Sealing, the_newest_key_seals_and_all_open) {
  auto sealer = load();
  const auto old = sealer.seal("token", "c");
  const auto id = sealer.rotate();
  ASSERT_TRUE(id) << id.error().message();
  const auto fresh = sealer.seal("token", "c");
  EXPECT_EQ(fresh.substr(3, 16), *id);
  EXPECT_TRUE(sealer.current(fresh));
  EXPECT_FALSE(sealer.current(old));
  const auto again = load();
  EXPECT_TRUE(again.open(old, "c"));
  EXPECT_TRUE(again.open(fresh, "c"));
  const auto keys = again.keys();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_FALSE(keys[0].sealing);
  EXPECT_TRUE(keys[1].sealing);
  EXPECT_EQ(keys[1].id, *id);
}

TEST_F(Sealing, a_retired_key_is_gone_and_the_sealing_one_stays) {
  auto sealer = load();
  const auto old = sealer.seal("token", "c");
  const auto first = sealer.keys()[0].id;
  auto refused = sealer.retire(first);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
  ASSERT_TRUE(sealer.rotate());
  ASSERT_TRUE(sealer.retire(first));
  EXPECT_FALSE(sealer.open(old, "c"));
  EXPECT_EQ(load().keys().size(), 1U);
  EXPECT_EQ(sealer.retire(first).error().code(), Code::not_found);
}

TEST_F(Sealing, there_is_an_end_to_rotation) {
  auto sealer = Sealer::ephemeral(system_random());
  for (std::size_t i = 1; i < kSealingKeysMax; ++i) ASSERT_TRUE(sealer.rotate());
  EXPECT_EQ(sealer.rotate().error().reason(), reason::kLimitExceeded);
}

TEST_F(Sealing, reads_what_openssl_writes) {
  write("# made by hand\n\n  MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=  # comment\r\n");
  EXPECT_EQ(load().keys().size(), 1U);
}

TEST_F(Sealing, faults_name_file_and_line) {
  write("");
  EXPECT_NE(fault().find("has no key"), std::string::npos);
  write("# one\nc2hvcnQ=\n");
  EXPECT_NE(fault().find("sealing.key: line 2: expected 32 bytes"), std::string::npos);
  const std::string key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";
  write(key + key);
  EXPECT_NE(fault().find("line 2: is there twice"), std::string::npos);
  write(std::string(kSealingKeyFileLimit + 1, '#'));
  EXPECT_NE(fault().find("larger than 64 KiB"), std::string::npos);
}

TEST_F(Sealing, a_directory_that_is_missing_is_named) {
  auto loaded = Sealer::load(directory_ + "/none/key", system_random());
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("/none/key: cannot write"), std::string::npos);
}

TEST_F(Sealing, a_file_that_others_can_read_is_warned_of) {
  std::ignore = load();
  chmod(path().c_str(), 0644);
  CapturedLog log;
  std::ignore = load();
  EXPECT_TRUE(log.contains("sealing key file is open to others"));
}

}  // namespace
}  // namespace flotilla::auth
