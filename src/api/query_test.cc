#include "api/query.h"

#include <gtest/gtest.h>

namespace flotilla::api {
namespace {

http::Request with_query(std::string query) {
  http::Request request;
  request.query = std::move(query);
  return request;
}

TEST(Query, limits_are_checked) {
  EXPECT_EQ(*limit_of(with_query("")), kDefaultPage);
  EXPECT_EQ(*limit_of(with_query("limit=")), kDefaultPage);
  EXPECT_EQ(*limit_of(with_query("limit=500")), kLargestPage);
  for (const char* wrong : {"limit=0", "limit=501", "limit=-1", "limit=x", "limit=1.5",
                            "limit=99999999999999999999", "limit=%FF"}) {
    const auto limit = limit_of(with_query(wrong));
    ASSERT_FALSE(limit) << wrong;
    EXPECT_EQ(limit.error().violations().at(0).field, "limit");
  }
}

TEST(Query, values_are_utf8) {
  EXPECT_EQ(*value_of(with_query("a=%C3%A4"), "a"), "ä");
  EXPECT_EQ(*value_of(with_query("b=1"), "a"), "");
  const auto wrong = value_of(with_query("a=%FF"), "a");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().violations().at(0).field, "a");
}

TEST(Query, place_that_is_not_ours_is_refused) {
  for (const char* wrong : {"", "x", "bm9uc2Vuc2U", "MS94"}) {
    const auto place = place_of(wrong);
    ASSERT_FALSE(place) << wrong;
    EXPECT_EQ(place.error().violations().front().field, "cursor");
  }
}

}  // namespace
}  // namespace flotilla::api
