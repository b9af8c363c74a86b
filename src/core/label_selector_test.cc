#include "core/label_selector.h"

#include <gtest/gtest.h>

namespace flotilla::core {
namespace {

bool meets(std::string_view selector, const LabelSelector::Labels& labels) {
  const auto parsed = LabelSelector::parse(selector, "l");
  EXPECT_TRUE(parsed) << selector;
  return parsed && parsed->matches(labels);
}

TEST(LabelSelector, understands_all_forms) {
  const LabelSelector::Labels labels{{"app", "web"}, {"tier", ""}, {"example.org/x", "1"}};
  for (const char* yes : {"", "app", "app=web", "app==web", "app!=db", "!none", "none!=x",
                          "app in (web, db)", "app notin (db)", "none notin (a,b)",
                          "tier=", "example.org/x=1", "app=web,tier", " app = web , !none "})
    EXPECT_TRUE(meets(yes, labels)) << yes;
  for (const char* no : {"none", "app=db", "app!=web", "!app", "app in (db)", "app notin (web,db)",
                         "none in (a)", "app=web,none"})
    EXPECT_FALSE(meets(no, labels)) << no;
}

TEST(LabelSelector, refuses_what_is_none) {
  for (const char* bad : {"=x", "a b", "app in web", "app in (web", "a=b c", "a,,b", "/x", "X/y=1",
                          "app=-x", "!", "app in (b c)"}) {
    const auto parsed = LabelSelector::parse(bad, "where");
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().violations().front().field, "where") << bad;
  }
  std::string many = "a0";
  for (int i = 1; i <= 64; ++i) many += ",a" + std::to_string(i);
  EXPECT_FALSE(LabelSelector::parse(many, "where"));
}

TEST(LabelSelector, keys_and_values_follow_kubernetes) {
  EXPECT_TRUE(label_key_fault("app.kubernetes.io/name").empty());
  EXPECT_TRUE(label_key_fault(std::string(63, 'a')).empty());
  EXPECT_FALSE(label_key_fault(std::string(64, 'a')).empty());
  EXPECT_FALSE(label_key_fault("").empty());
  EXPECT_FALSE(label_key_fault("a/").empty());
  EXPECT_TRUE(label_value_fault("").empty());
  EXPECT_FALSE(label_value_fault("a_").empty());
}

}  // namespace
}  // namespace flotilla::core
