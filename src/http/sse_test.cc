#include "http/sse.h"

#include "async/testing.h"

namespace flotilla::http {
namespace {

using namespace std::chrono_literals;

class RecordingBody final : public BodyWriter {
 public:
  Async<Result<>> write(std::vector<std::string_view> pieces) override {
    ++writes;
    for (const auto piece : pieces) text += piece;
    co_return ok();
  }
  void heartbeat(Duration interval, std::string_view comment) override {
    heartbeat_interval = interval;
    heartbeat_comment = comment;
  }
  [[nodiscard]] bool draining() const override { return false; }
  void on_drain(std::move_only_function<void()> /*callback*/) override {}

  std::string text;
  int writes = 0;
  Duration heartbeat_interval{};
  std::string heartbeat_comment;
};

ASYNC_TEST(SseWriter, an_event_is_one_write_and_empty_fields_are_left_out) {
  RecordingBody body;
  SseWriter writer(body, 7s);
  EXPECT_EQ(body.heartbeat_interval, 7s);
  EXPECT_EQ(body.heartbeat_comment, ": ping\n\n");
  SseEvent full;
  full.id = "5";
  full.event = "gap";
  full.prefix = "{\"a\":";
  full.shared = std::make_shared<const std::string>("[1]");
  full.suffix = "}";
  auto sent = co_await writer.send(full);
  EXPECT_TRUE(sent.has_value());
  EXPECT_EQ(body.text, "id: 5\nevent: gap\ndata: {\"a\":[1]}\n\n");
  EXPECT_EQ(body.writes, 1);
  body.text.clear();
  SseEvent plain;
  plain.prefix = "x";
  std::vector<SseEvent> both{plain, full};
  sent = co_await writer.send(std::move(both));
  EXPECT_EQ(body.text, "data: x\n\nid: 5\nevent: gap\ndata: {\"a\":[1]}\n\n");
  EXPECT_EQ(body.writes, 2);
  body.text.clear();
  sent = co_await writer.comment("bye");
  EXPECT_EQ(body.text, ": bye\n\n");
}

TEST(SseResponse, proxies_are_told_not_to_buffer) {
  const Response response = sse_response({});
  EXPECT_EQ(response.headers.find("Content-Type"), "text/event-stream");
  EXPECT_EQ(response.headers.find("Cache-Control"), "no-cache");
  EXPECT_EQ(response.headers.find("X-Accel-Buffering"), "no");
}

std::string show(const std::vector<SseMessage>& messages) {
  std::string text;
  for (const auto& [id, event, data] : messages) text += "<" + id + "|" + event + "|" + data + ">";
  return text;
}

struct ParseCase {
  const char* name;
  std::string input;
  const char* expected;
};

const std::vector<ParseCase>& parse_cases() {
  static const std::vector<ParseCase> cases = {
      {"plain", "data: a\n\n", "<|message|a>"},
      {"no space", "data:a\n\n", "<|message|a>"},
      {"one space only is dropped", "data:  a\n\n", "<|message| a>"},
      {"carriage returns", "data: a\r\rdata: b\r\r", "<|message|a><|message|b>"},
      {"both", "data: a\r\n\r\ndata: b\r\n\r\n", "<|message|a><|message|b>"},
      {"mixed", "data: a\r\n\ndata: b\n\r\n", "<|message|a><|message|b>"},
      {"several lines", "data: a\ndata\ndata: b\n\n", "<|message|a\n\nb>"},
      {"empty data counts", "data\n\n", "<|message|>"},
      {"no data is no event", "event: x\nid: 1\n\ndata: a\n\n", "<1|message|a>"},
      {"named", "event: gap\ndata: a\n\n", "<|gap|a>"},
      {"the name does not stay", "event: gap\ndata: a\n\ndata: b\n\n", "<|gap|a><|message|b>"},
      {"the id stays", "id: 7\ndata: a\n\ndata: b\n\n", "<7|message|a><7|message|b>"},
      {"an empty id clears", "id: 7\ndata: a\n\nid\ndata: b\n\n", "<7|message|a><|message|b>"},
      {"an id with NUL is ignored", std::string("id: 7\nid: a\0b\ndata: a\n\n", 23),
       "<7|message|a>"},
      {"comments", ": ping\n\n:x\ndata: a\n:y\n\n", "<|message|a>"},
      {"unknown fields and retry", "retry: 5\nfoo: b\ndata: a\n\n", "<|message|a>"},
      {"byte order mark",
       "\xef\xbb\xbf"
       "data: a\n\n",
       "<|message|a>"},
      {"only one mark",
       "\xef\xbb\xbf\xef\xbb\xbf"
       "data: a\n\n",
       ""},
      {"unfinished", "data: a\n\ndata: b\n", "<|message|a>"},
      {"colons in data", "data: {\"a\":1}\n\n", "<|message|{\"a\":1}>"},
  };
  return cases;
}

TEST(SseParser, reads_the_format_however_it_is_cut) {
  for (const ParseCase& one : parse_cases()) {
    for (std::size_t size = 1; size <= one.input.size(); ++size) {
      SseParser parser;
      std::vector<SseMessage> out;
      for (std::size_t at = 0; at < one.input.size(); at += size) {
        ASSERT_TRUE(parser.feed(std::string_view(one.input).substr(at, size), out).has_value());
      }
      EXPECT_EQ(show(out), one.expected) << one.name << " in pieces of " << size;
    }
  }
}

TEST(SseParser, an_event_beyond_the_limit_is_refused) {
  SseParser parser(100);
  std::vector<SseMessage> out;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(parser.feed("data: " + std::string(60, 'x') + "\n\n", out).has_value());
  }
  EXPECT_TRUE(parser.feed("data: " + std::string(60, 'x') + "\n", out).has_value());
  const auto refused = parser.feed("data: " + std::string(60, 'x') + "\n", out);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
}

}  // namespace
}  // namespace flotilla::http
