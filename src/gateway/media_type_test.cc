#include "gateway/media_type.h"

#include <gtest/gtest.h>

namespace flotilla::gateway {
namespace {

TEST(MediaType, is_admitted_by_name_wildcard_and_without_parameters) {
  EXPECT_TRUE(admits({"text/plain"}, "text/plain; charset=utf-8"));
  EXPECT_TRUE(admits({"text/plain"}, "Text/PLAIN"));
  EXPECT_TRUE(admits({"text/*"}, "text/markdown"));
  EXPECT_TRUE(admits({"image/png", "*/*"}, "application/json"));
  EXPECT_FALSE(admits({"text/*"}, "textual/plain"));
  EXPECT_FALSE(admits({"text/plain"}, "text/plainer"));
  EXPECT_FALSE(admits({"text/plain"}, "text"));
  EXPECT_FALSE(admits({}, "text/plain"));
}

TEST(MediaType, the_part_at_fault_is_named) {
  a2a::Message message;
  message.parts.push_back(a2a::text_part("no type: accepted"));
  a2a::Part part;
  part.url = "https://example.org/x.png";
  part.mediaType = "image/png";
  message.parts.push_back(part);
  auto checked = check_media_types(message, {"text/*"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().reason(), reason::kContentTypeNotSupported);
  ASSERT_FALSE(checked.error().violations().empty());
  EXPECT_EQ(checked.error().violations()[0].field, "/message/parts/1/mediaType");
  EXPECT_TRUE(check_media_types(message, {"text/*", "image/png"}));
  EXPECT_TRUE(check_media_types(message, {}));
}

}  // namespace
}  // namespace flotilla::gateway
