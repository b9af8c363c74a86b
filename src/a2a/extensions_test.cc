#include "a2a/extensions.h"

#include <gtest/gtest.h>

#include "a2a/server_testing_internal.h"

namespace flotilla::a2a {
namespace {

using testing::at;
using testing::Host;
using testing::text_at;

const std::string kTimestamp(kTimestampExtension);
const std::string kCursor(kCursorExtension);

testing::Answer send(Host& host, std::vector<std::pair<std::string, std::string>> headers,
                     std::string_view method = "SendMessage") {
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("A2A-Version", "1.0");
  return host.call(http::Method::post, "/", testing::rpc_text(method, testing::kHello),
                   std::move(headers));
}

std::string header_of(const testing::Answer& answer, std::string_view name = "A2A-Extensions") {
  return std::string(answer.headers.find(name).value_or(""));
}

TEST(Extensions, known_ones_are_activated_told_and_kept_with_the_message) {
  Host host;
  const auto answer = send(
      host, {{"A2A-Extensions", "https://other/v1, " + kTimestamp + "," + kTimestamp + ", ,"}});
  EXPECT_EQ(header_of(answer), kTimestamp);
  EXPECT_EQ(host.handler.sent->message.extensions, std::vector<std::string>{kTimestamp});
}

TEST(Extensions, nothing_is_said_without_any) {
  Host host;
  const auto answer = send(host, {});
  EXPECT_EQ(answer.headers.find("A2A-Extensions"), std::nullopt);
  EXPECT_TRUE(host.handler.sent->message.extensions.empty());
}

TEST(Extensions, those_of_the_agent_itself_are_activated) {
  Host host;
  host.handler.known_extensions.declared = {"https://own/v1"};
  EXPECT_EQ(header_of(send(host, {{"A2A-Extensions", "https://own/v1"}})), "https://own/v1");
}

TEST(Extensions, each_version_has_its_header_and_either_is_read) {
  Host host;
  EXPECT_EQ(header_of(send(host, {{"X-A2A-Extensions", kTimestamp}})), kTimestamp);
  const auto old =
      host.call(http::Method::post, "/", testing::rpc_text("message/send", testing::kOldHello),
                {{"Content-Type", "application/json"},
                 {"A2A-Version", "0.3"},
                 {"X-A2A-Extensions", kTimestamp}});
  EXPECT_EQ(header_of(old, "X-A2A-Extensions"), kTimestamp);
  EXPECT_EQ(old.headers.find("A2A-Extensions"), std::nullopt);
}

TEST(Extensions, a_required_one_must_be_named) {
  Host host;
  host.handler.known_extensions.required = {"https://must/v1"};
  const auto refused = send(host, {{"A2A-Extensions", kTimestamp}}).value();
  EXPECT_EQ(text_at(refused, "error/code"), "-32008");
  EXPECT_EQ(text_at(refused, "error/data/0/reason"), "EXTENSION_SUPPORT_REQUIRED");
  EXPECT_EQ(text_at(refused, "error/data/0/metadata/extension"), "https://must/v1");
  const auto rest = host.call(http::Method::get, "/tasks/t-1", {}, {{"A2A-Version", "1.0"}});
  EXPECT_EQ(rest.status, 400);
  EXPECT_EQ(text_at(send(host, {{"A2A-Extensions", "https://must/v1"}}).value(), "error/code"),
            "null");
  EXPECT_EQ(host.get("/.well-known/agent-card.json").status, 200) << "cards are for everybody";
}

TEST(Extensions, lists_are_bounded) {
  Host host;
  const auto long_one = send(host, {{"A2A-Extensions", std::string(600, 'x')}}).value();
  EXPECT_EQ(text_at(long_one, "error/code"), "-32602");
  std::string many;
  for (int i = 0; i < 40; ++i) many += "u" + std::to_string(i) + ",";
  EXPECT_EQ(text_at(send(host, {{"A2A-Extensions", many}}).value(), "error/code"), "-32602");
}

TEST(Extensions, cursors_stand_in_the_metadata_of_each_item) {
  Host host;
  const auto answer = send(host, {{"A2A-Extensions", kCursor}}, "SendStreamingMessage");
  EXPECT_EQ(header_of(answer), kCursor);
  ASSERT_FALSE(answer.events.empty());
  for (const auto& event : answer.events) {
    const auto item = *json::parse(event.data);
    const auto* result = item.if_object()->find("result")->if_object();
    const auto& inner = result->members().front().second;
    const auto* metadata = inner.if_object()->find("metadata");
    ASSERT_NE(metadata, nullptr) << event.data;
    const auto* place = metadata->if_object()->find(kCursor);
    ASSERT_NE(place, nullptr) << event.data;
    EXPECT_EQ(*place->if_object()->find("cursor")->if_string(), event.id);
  }
}

TEST(Extensions, a_cursor_joins_the_metadata_that_is_there) {
  EXPECT_EQ(with_cursor(R"({"taskId":"t","metadata":{"b":1.0}})", cursor_place(7, 0)),
            R"({"taskId":"t","metadata":{"b":1.0,")" + kCursor + R"(":{"cursor":"7"}}})");
  EXPECT_EQ(with_cursor("{}", cursor_place(7, 3)),
            R"({"metadata":{")" + kCursor + R"(":{"cursor":"7","generation":"3"}}})");
}

TEST(Extensions, every_card_declares_them) {
  Host host;
  const auto card = host.get("/.well-known/agent-card.json", {{"A2A-Version", "1.0"}}).value();
  EXPECT_EQ(text_at(card, "capabilities/extensions/0/uri"), kTimestamp);
  EXPECT_EQ(text_at(card, "capabilities/extensions/2/uri"), kCursor);
}

}  // namespace
}  // namespace flotilla::a2a
