#include "llm/aws_event_stream_internal.h"

#include <gtest/gtest.h>

#include "llm/aws_event_stream_testing_internal.h"

namespace flotilla::llm {
namespace {

using namespace std::string_literals;
using testing::big_endian;
using testing::event;
using testing::frame;
using testing::string_header;

Result<std::vector<EventStreamMessage>> parse(std::string_view bytes) {
  EventStreamParser parser;
  std::vector<EventStreamMessage> out;
  TRY_VOID(parser.feed(bytes, out));
  return out;
}

TEST(AwsEventStream, checksum_is_that_of_gzip) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32(""), 0U);
}

// The vectors of AWS's own suite: no header and no payload; one int32 header; one string header.
TEST(AwsEventStream, reads_the_vectors_of_aws) {
  const auto empty = parse("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"s);
  ASSERT_TRUE(empty);
  ASSERT_EQ(empty->size(), 1U);
  EXPECT_EQ(empty->at(0).payload, "");
  const auto payload =
      parse("\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a{'foo':'bar'}\xc3\x65\x39\x36"s);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->at(0).payload, "{'foo':'bar'}");
}

TEST(AwsEventStream, reads_messages_however_they_are_cut) {
  const std::string bytes =
      event("messageStart", R"({"role":"assistant"})") + event("messageStop", "{}");
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    EventStreamParser parser;
    std::vector<EventStreamMessage> out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      ASSERT_TRUE(parser.feed(std::string_view(bytes).substr(at, step), out));
      EXPECT_TRUE(parser.in_message() || at + step >= bytes.size() || out.size() == 1U);
    }
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[0].header(":event-type"), "messageStart");
    EXPECT_EQ(out[0].header(":message-type"), "event");
    EXPECT_EQ(out[0].header("absent"), "");
    EXPECT_EQ(out[0].payload, R"({"role":"assistant"})");
    EXPECT_EQ(out[1].header(":event-type"), "messageStop");
    EXPECT_FALSE(parser.in_message());
  }
}

TEST(AwsEventStream, passes_over_headers_of_other_types) {
  const auto name = [](char type) { return "\x01n"s + type; };
  const std::string headers = name(0) + name(1) + name(2) + "a" + name(3) + "ab" + name(4) +
                              "abcd" + name(5) + "abcdefgh" + name(6) + "\x00\x03xyz"s + name(8) +
                              "abcdefgh" + name(9) + "0123456789abcdef" + string_header("s", "v");
  const auto out = parse(frame(headers, "p"));
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_EQ(out->at(0).headers.size(), 1U);
  EXPECT_EQ(out->at(0).header("s"), "v");
}

TEST(AwsEventStream, refuses_what_is_broken) {
  const std::string good = event("messageStop", "{}");
  auto prelude = good;
  prelude[3] = static_cast<char>(prelude[3] + 1);
  auto payload = good;
  payload[good.size() - 5] = '!';
  const auto lengths = [](std::size_t total, std::size_t headers) {
    const auto bytes = big_endian(total, 4) + big_endian(headers, 4);
    return bytes + big_endian(crc32(bytes), 4);
  };
  const std::vector<std::string> broken{
      prelude,
      payload,
      lengths(15, 0),
      lengths(100, 200),
      lengths(300'000, 200'000),
      frame("\x05n", ""),
      frame("\x01n\x0a", ""),
      frame("\x01n\x04\x01", ""),
      frame("\x01n\x07\x01"s, ""),
      frame("\x00\x00"s, ""),
  };
  for (const auto& bytes : broken) {
    const auto out = parse(bytes);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().reason(), reason::kInvalidModelAnswer);
  }
  const auto large = parse(lengths(kEventStreamMessageLimit + 1, 0));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().reason(), reason::kLimitExceeded);
}

}  // namespace
}  // namespace flotilla::llm
