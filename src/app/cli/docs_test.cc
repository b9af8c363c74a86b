// docs/cli.md and docs/configuration.md say what the program does.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/cli/cli.h"
#include "app/cli/files.h"
#include "app/cli/usage.h"
#include "app/serve_config.h"

namespace flotilla::app {
namespace {

std::string docs_path(const std::string& name) {
  return (std::filesystem::path(__FILE__).parent_path() / "../../../docs" / name).string();
}

TEST(Docs, configuration_page_is_the_one_made_from_the_keys) {
  ServeConfig config;
  config::Registry keys;
  keys.add(config);
  const std::string expected = configuration_page(keys);
  if (std::getenv("FLOTILLA_TEST_WRITE_DOCS") != nullptr)
    std::ofstream(docs_path("configuration.md")) << expected;
  const auto page = read_file(docs_path("configuration.md"));
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(*page, expected) << "write it anew: FLOTILLA_TEST_WRITE_DOCS=1 app_test "
                                "--gtest_filter='Docs.*'";
}

void expect_documented(const std::string& page, const Command& command, const std::string& path) {
  if (command.commands.empty()) {
    EXPECT_NE(page.find("flotilla " + path), std::string::npos) << path;
    for (const CommandOption& option : command.options) {
      if (path == "serve" || path == "config") continue;  // docs/configuration.md has them
      EXPECT_NE(page.find(option.long_name), std::string::npos) << path << " " << option.long_name;
    }
  }
  for (const Command& child : command.commands)
    expect_documented(page, child, path.empty() ? child.name : path + " " + child.name);
}

TEST(Docs, cli_page_has_every_command_and_flag) {
  const auto page = read_file(docs_path("cli.md"));
  ASSERT_TRUE(page) << page.error().message();
  expect_documented(*page, command_tree(), "");
}

}  // namespace
}  // namespace flotilla::app
