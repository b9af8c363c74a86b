#include "core/agents.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::core {
namespace {

AgentInfo agent(std::string name_space, std::string name, std::string uid = "u") {
  AgentInfo info;
  info.name_space = std::move(name_space);
  info.name = std::move(name);
  info.uid = std::move(uid);
  info.card = R"({"capabilities":{"extensions":[{"uri":"x:a"},{"uri":"x:b","required":true}]}})";
  return info;
}

std::string names(const AgentRegistry& agents) {
  std::string text;
  for (const auto& one : agents.list())
    text += (text.empty() ? "" : " ") + one->name_space + "/" + one->name;
  return text;
}

TEST(AgentRegistry, lists_by_namespace_and_name_and_replaces) {
  AgentRegistry agents;
  agents.put(agent("b", "a"));
  agents.put(agent("a", "z"));
  agents.put(agent("a", "b", "first"));
  const auto before = agents.find("a", "b");
  agents.put(agent("a", "b", "second"));
  EXPECT_EQ(names(agents), "a/b a/z b/a");
  EXPECT_EQ(before->uid, "first");
  EXPECT_EQ(agents.find("a", "b")->uid, "second");
  EXPECT_EQ(agents.find("a", "c"), nullptr);
  EXPECT_EQ(agents.find("a", "b")->extensions.size(), 2U);
  EXPECT_EQ(agents.find("a", "b")->required_extensions.front(), "x:b");
}

TEST(AgentRegistry, a_list_stays_as_it_was_while_agents_come_and_go) {
  AgentRegistry agents;
  agents.put(agent("a", "a"));
  const auto then = agents.list();
  agents.put(agent("a", "b"));
  EXPECT_TRUE(agents.remove("a", "a", "u"));
  EXPECT_EQ(then.size(), 1U);
  EXPECT_EQ((*then.begin())->name, "a");
  EXPECT_EQ(names(agents), "a/b");
}

TEST(AgentRegistry, removes_only_the_one_that_is_meant) {
  AgentRegistry agents;
  agents.put(agent("a", "a", "new"));
  EXPECT_FALSE(agents.remove("a", "a", "old"));
  EXPECT_FALSE(agents.remove("a", "b", "new"));
  EXPECT_NE(agents.find("a", "a"), nullptr);
}

}  // namespace
}  // namespace flotilla::core
