#include "core/topic_name.h"

#include <gtest/gtest.h>

namespace flotilla::core {
namespace {

TEST(TopicName, wildcards_stand_for_segments) {
  struct Case {
    std::string_view pattern;
    std::string_view name;
    bool matches;
  };
  for (const auto& [pattern, name, matches] : {
           Case{"a.b", "a.b", true},
           Case{"a.b", "a.b.c", false},
           Case{"a.b.c", "a.b", false},
           Case{"a.b", "a.bc", false},
           Case{"*", "a", true},
           Case{"*", "a.b.c", true},
           Case{"agent.*", "agent.calculator.calculation.complete", true},
           Case{"agent.*", "agent", false},
           Case{"agent.*", "agents.x", false},
           Case{"agent.*.calculation.complete", "agent.calculator.calculation.complete", true},
           Case{"agent.*.complete", "agent.calculator.calculation.complete", false},
           Case{"*.failed", "build.failed", true},
           Case{"*.failed", "ci.build.failed", false},
           Case{"A.b", "a.b", false},
       })
    EXPECT_EQ(matches_topic(pattern, name), matches) << pattern << " " << name;
}

TEST(TopicName, only_words_joined_by_dots_are_names) {
  for (std::string_view good : {"a", "a.b", "build-1.done_2", "A.B"})
    EXPECT_TRUE(check_topic_name(good, "name")) << good;
  for (std::string_view bad : {"", ".", "a.", ".a", "a..b", "a b", "a/b", "*", "a.*", "ä", "a%b"}) {
    const auto refused = check_topic_name(bad, "name");
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().violations().at(0).field, "name");
  }
  EXPECT_TRUE(check_topic_name(std::string(kMaxTopicName, 'a'), "name"));
  EXPECT_FALSE(check_topic_name(std::string(kMaxTopicName + 1, 'a'), "name"));
}

TEST(TopicName, a_star_is_a_whole_segment) {
  for (std::string_view good : {"*", "a.*", "*.a", "*.*", "a.*.b"})
    EXPECT_TRUE(check_topic_pattern(good, "pattern")) << good;
  for (std::string_view bad : {"a*", "**", "a.b*", "*.", ">"})
    EXPECT_FALSE(check_topic_pattern(bad, "pattern")) << bad;
}

TEST(TopicName, patterns_are_some_but_not_many) {
  EXPECT_FALSE(check_topic_patterns({}, "patterns"));
  EXPECT_TRUE(check_topic_patterns(std::vector<std::string>(kMaxTopicPatterns, "a"), "patterns"));
  EXPECT_FALSE(
      check_topic_patterns(std::vector<std::string>(kMaxTopicPatterns + 1, "a"), "patterns"));
  const auto refused = check_topic_patterns({"a", "b c"}, "patterns");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations().at(0).field, "patterns/1");
}

TEST(TopicName, names_of_agents_and_mailboxes_are_reserved) {
  EXPECT_TRUE(is_reserved_topic("agent.x.done"));
  EXPECT_TRUE(is_reserved_topic("message.to.x"));
  EXPECT_TRUE(is_reserved_topic("agent"));
  EXPECT_FALSE(is_reserved_topic("agents.x"));
  EXPECT_EQ(agent_topic("calculator", "calculation.complete"),
            "agent.calculator.calculation.complete");
  EXPECT_EQ(mailbox_topic("coordinator"), "message.to.coordinator");
}

TEST(TopicName, the_like_pattern_takes_underscores_literally) {
  EXPECT_EQ(topic_like("a_b.*.c"), "a\\_b.%.c");
  EXPECT_EQ(topic_like("*"), "%");
}

}  // namespace
}  // namespace flotilla::core
