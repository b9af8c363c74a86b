#include "a2a/version.h"

#include <gtest/gtest.h>

#include "a2a/operation.h"
#include "http/message.h"

namespace flotilla::a2a {
namespace {

TEST(Version, major_and_minor_decide) {
  for (const std::string_view text : {"1.0", "1.0.1", "1.1", "1.27.3"}) {
    const auto version = parse_version(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(*version, Version::v1_0) << text;
  }
  for (const std::string_view text : {"0.3", "0.3.0", "0.3.26"}) {
    const auto version = parse_version(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(*version, Version::v0_3) << text;
  }
}

TEST(Version, others_are_refused_with_the_supported_ones) {
  for (const std::string_view text :
       {"", "1", "1.", ".0", "0.2", "0.1", "0.30", "2.0", "99.0", "v1.0", "1.0-beta", "1.0, 0.3",
        "-1.0", "1.99999999999999999999", "one"}) {
    const auto version = parse_version(text);
    ASSERT_FALSE(version) << text;
    EXPECT_EQ(version.error().reason(), reason::kVersionNotSupported) << text;
    EXPECT_EQ(version.error().metadata().at(1).second, "1.0,0.3");
  }
}

RequestedVersion requested(std::string header, std::string query) {
  http::Request request;
  if (!header.empty()) request.headers.add("a2a-version", std::move(header));
  request.query = std::move(query);
  const auto version = requested_version(request);
  EXPECT_TRUE(version);
  return version.value_or(RequestedVersion{});
}

TEST(Version, absent_or_empty_means_0_3) {
  EXPECT_EQ(requested("", "").version, Version::v0_3);
  EXPECT_FALSE(requested("", "").stated);
  EXPECT_FALSE(requested(" ", "A2A-Version=").stated);
  EXPECT_TRUE(requested("0.3", "").stated);
}

TEST(Version, header_wins_over_query) {
  EXPECT_EQ(requested("", "x=1&A2A-Version=1.0").version, Version::v1_0);
  EXPECT_EQ(requested("0.3", "A2A-Version=1.0").version, Version::v0_3);
  EXPECT_EQ(requested(" 1.0 ", "").version, Version::v1_0);
}

TEST(Operation, each_version_knows_its_methods_only) {
  EXPECT_EQ(find_operation(Version::v1_0, "SendMessage"), Operation::send_message);
  EXPECT_EQ(find_operation(Version::v0_3, "message/send"), Operation::send_message);
  EXPECT_EQ(find_operation(Version::v0_3, "SendMessage"), std::nullopt);
  EXPECT_EQ(find_operation(Version::v1_0, "message/send"), std::nullopt);
  EXPECT_EQ(find_operation(Version::v1_0, "sendmessage"), std::nullopt);
  EXPECT_EQ(find_operation(Version::v0_3, "tasks/list"), std::nullopt);
}

TEST(Operation, a_method_of_the_other_version_is_named_as_such) {
  const auto forgotten = operation_of(Version::v0_3, "SendMessage");
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().reason(), reason::kMethodNotFound);
  EXPECT_NE(forgotten.error().message().find("A2A-Version: 1.0"), std::string::npos);
  const auto unknown = operation_of(Version::v1_0, "Nonsense");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find("no such method"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::a2a
