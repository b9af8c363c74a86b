#include "app/cli/text_diff.h"

#include <gtest/gtest.h>

namespace flotilla::app {
namespace {

TEST(TextDiff, equal_texts_have_none) {
  EXPECT_EQ(unified_diff("a\nb\n", "a\nb\n", "x"), "");
}

TEST(TextDiff, shows_changes_with_what_is_around) {
  EXPECT_EQ(
      unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n", "x"),
      "--- x (stored)\n+++ x (applied)\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(unified_diff("", "a\n", "x"), "--- x (stored)\n+++ x (applied)\n@@ -0,0 +1,1 @@\n+a\n");
}

TEST(TextDiff, far_changes_are_apart) {
  std::string before;
  for (int i = 0; i < 40; ++i) before += std::to_string(i) + "\n";
  std::string after = before;
  after.replace(after.find("\n3\n") + 1, 1, "three");
  after.replace(after.find("\n35\n") + 1, 2, "more");
  const auto diff = unified_diff(before, after, "x");
  EXPECT_NE(diff.find("@@ -1,7 +1,7 @@"), std::string::npos) << diff;
  EXPECT_NE(diff.find("@@ -33,7 +33,7 @@"), std::string::npos) << diff;
}

}  // namespace
}  // namespace flotilla::app
