#include "gateway/tool_search.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace flotilla::gateway {
namespace {

json::Value tool(std::string_view name, std::string_view description,
                 std::initializer_list<std::string_view> parameters = {}) {
  json::Object properties;
  for (const auto parameter : parameters) {
    properties.set(std::string(parameter), json::Object{{"type", "string"}});
  }
  return json::Object{{"name", name},
                      {"description", description},
                      {"inputSchema", json::Object{{"properties", std::move(properties)}}}};
}

/// The names that a query finds among some tools, in their order.
std::vector<std::string> found(std::string_view query, std::size_t limit = 10) {
  const std::vector<json::Value> tools{
      tool("github_list_pull_requests", "Lists the pull requests of a repository",
           {"owner", "repo"}),
      tool("github_create_issue", "Opens an issue in a repository", {"owner", "repo", "title"}),
      tool("listRepositories", "Repositories of an organisation", {"organisation"}),
      tool("send_mail", "Sends a message to one who may be asked for a pull", {"recipient"}),
      tool("weather", "Temperature, wind and rain at a place", {"city"}),
      tool("größe", "Misst die Größe einer Datei"),
  };
  ToolSearch search;
  for (const auto& one : tools) search.add(one);
  std::vector<std::string> names;
  for (const auto place : search.find(query, limit)) {
    names.push_back(*tools[place].if_object()->find("name")->if_string());
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(ToolSearch, the_name_counts_most) {
  EXPECT_EQ(found("pull requests"), (Names{"github_list_pull_requests", "send_mail"}));
  EXPECT_EQ(found("mail"), Names{"send_mail"});
}

TEST(ToolSearch, words_are_found_in_any_form) {
  EXPECT_EQ(found("repository").front(), "listRepositories");
  EXPECT_EQ(found("LIST repositories").front(), "listRepositories");
  EXPECT_EQ(found("create-issues"), Names{"github_create_issue"});
  EXPECT_EQ(found("Größe"), Names{"größe"});
}

TEST(ToolSearch, parameters_are_found) {
  EXPECT_EQ(found("city"), Names{"weather"});
  EXPECT_EQ(found("recipient"), Names{"send_mail"});
}

TEST(ToolSearch, rare_words_count_more_than_common_ones) {
  EXPECT_EQ(found("repository issue").front(), "github_create_issue");
}

TEST(ToolSearch, what_shares_no_word_is_left_out) {
  EXPECT_EQ(found("kubernetes"), Names{});
  EXPECT_EQ(found("zebra wind"), Names{"weather"});
}

TEST(ToolSearch, a_query_without_words_gives_the_first_ones) {
  EXPECT_EQ(found("", 2), (Names{"github_list_pull_requests", "github_create_issue"}));
  EXPECT_EQ(found("of the", 1), Names{"github_list_pull_requests"});
}

TEST(ToolSearch, the_limit_holds_and_equal_ones_keep_their_order) {
  ToolSearch search;
  for (int i = 0; i < 100; ++i) search.add(tool("same", "text"));
  EXPECT_EQ(search.find("same", 3), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(search.find("same", 0), std::vector<std::size_t>{});
}

TEST(ToolSearch, definitions_of_any_shape_are_taken) {
  ToolSearch search;
  search.add(json::Value(3));
  search.add(json::Object{{"name", 3}, {"inputSchema", json::Array{}}});
  search.add(json::Object{
      {"name", "x"}, {"inputSchema", json::Object{{"properties", json::Object{{"y", true}}}}}});
  EXPECT_EQ(search.size(), 3U);
  EXPECT_EQ(search.find("y", 5), std::vector<std::size_t>{2});
  EXPECT_TRUE(ToolSearch().find("y", 5).empty());
}

TEST(ToolSearch, of_a_long_query_only_the_start_counts) {
  ToolSearch search;
  search.add(tool("needle", ""));
  search.add(tool("straw", ""));
  const std::string query = "straw" + std::string(5000, ' ') + "needle";
  EXPECT_EQ(search.find(query, 5), std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace flotilla::gateway
