#include "core/place.h"

#include <gtest/gtest.h>

namespace flotilla::core {
namespace {

TEST(Place, survives_the_way_to_the_client) {
  const auto id = TaskId::parse("0198c0de-0000-7000-8000-000000000001");
  for (const std::int64_t millis :
       {std::int64_t{0}, std::int64_t{1234}, std::int64_t{253402300799999}}) {
    const std::pair<Time, TaskId> place{Time{std::chrono::milliseconds{millis}}, *id};
    EXPECT_EQ(decode_place(encode_place(place)), place);
  }
}

TEST(Place, what_is_not_ours_is_none) {
  for (const char* wrong : {"", "x", "bm9uc2Vuc2U", "MS94", "//", "%", "\xff"})
    EXPECT_FALSE(decode_place(wrong)) << wrong;
}

}  // namespace
}  // namespace flotilla::core
