#include "agents/echo_command.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace flotilla::agents {
namespace {

using Outcome = EchoPlan::Outcome;
using std::chrono::milliseconds;

EchoPlan plan(std::string_view text) {
  Result<EchoPlan> result = parse_echo(text);
  EXPECT_TRUE(result) << text << ": " << (result ? "" : result.error().message());
  return result ? *result : EchoPlan{};
}

std::vector<std::string> chunks(const EchoPlan& p) {
  std::vector<std::string> all;
  for (std::size_t k = 0; k < p.chunk_count(); ++k) all.push_back(p.chunk(k));
  return all;
}

std::string joined(const EchoPlan& p) {
  std::string all;
  for (const std::string& chunk : chunks(p)) all += chunk;
  return all;
}

using Chunks = std::vector<std::string>;

TEST(EchoCommand, plain_text_is_echoed_as_it_is) {
  for (std::string_view text :
       {"", "hello", "  hello  world \n", "key=value and more", "Delay=5 upper case is text",
        "delay is a word", "chunks of meat", "size matters", "waiting", "asking=1", "a=b ask",
        "wait, what?", "=x", "\"quoted\" ask", "https://host/?ask=1"}) {
    EchoPlan p = plan(text);
    EXPECT_EQ(p.outcome, Outcome::complete) << text;
    EXPECT_FALSE(p.bare_message) << text;
    EXPECT_EQ(chunks(p), Chunks{std::string(text)}) << text;
    EXPECT_EQ(p.delay, milliseconds(0));
  }
}

TEST(EchoCommand, directives_in_any_order) {
  for (std::string_view text : {"delay=200ms chunks=5 hello", "chunks=5 delay=200ms hello",
                                "  chunks=5\n delay=200ms   hello"}) {
    EchoPlan p = plan(text);
    EXPECT_EQ(p.delay, milliseconds(200)) << text;
    EXPECT_EQ(chunks(p), (Chunks{"h", "e", "l", "l", "o"})) << text;
  }
  EXPECT_EQ(plan("delay=2s x").delay, milliseconds(2000));
  EXPECT_EQ(plan("delay=60s x").delay, kMaxEchoDelay);
  EXPECT_EQ(plan("delay=0ms x").delay, milliseconds(0));
  EXPECT_EQ(plan("chunks=2 a=b delay=1s").text, "a=b delay=1s");
}

TEST(EchoCommand, outcomes) {
  struct Case {
    std::string_view text;
    Outcome outcome;
    std::string_view note;
    std::string_view rest;
  };
  for (const Case& c : {Case{"ask", Outcome::ask, "", ""},
                        {"ask=Name? hi", Outcome::ask, "Name?", "hi"},
                        {"ask=\"Which one, a or b?\" hi", Outcome::ask, "Which one, a or b?", "hi"},
                        {"ask=\"x\"", Outcome::ask, "x", ""},
                        {"ask= hi", Outcome::ask, "", "hi"},
                        {"fail", Outcome::fail, "", ""},
                        {"fail=boom after this", Outcome::fail, "boom", "after this"},
                        {"reject=no", Outcome::reject, "no", ""},
                        {"auth", Outcome::authenticate, "", ""},
                        {"wait", Outcome::wait, "", ""},
                        {"chunks=2 wait hello", Outcome::wait, "", "hello"},
                        {"fail delay=1s hello", Outcome::fail, "", "hello"},
                        {"-- wait for me", Outcome::complete, "", "wait for me"},
                        {"chunks=2 -- delay=x", Outcome::complete, "", "delay=x"},
                        {"--", Outcome::complete, "", ""},
                        {"fail --  two", Outcome::fail, "", " two"}}) {
    EchoPlan p = plan(c.text);
    EXPECT_EQ(p.outcome, c.outcome) << c.text;
    EXPECT_EQ(p.note, c.note) << c.text;
    EXPECT_EQ(p.text, c.rest) << c.text;
    EXPECT_FALSE(p.bare_message) << c.text;
  }
  EchoPlan message = plan("message hello");
  EXPECT_TRUE(message.bare_message);
  EXPECT_EQ(message.text, "hello");
}

TEST(EchoCommand, bad_values_name_their_key) {
  struct Case {
    std::string_view text;
    std::string_view key;
  };
  for (const Case& c : {Case{"delay=soon x", "delay"},
                        {"delay=200 x", "delay"},
                        {"delay=61s x", "delay"},
                        {"delay=-1ms x", "delay"},
                        {"delay= x", "delay"},
                        {"delay=99999999999999999999s", "delay"},
                        {"delay=1.5s", "delay"},
                        {"chunks=0 x", "chunks"},
                        {"chunks=1001 x", "chunks"},
                        {"chunks=five x", "chunks"},
                        {"chunks=5k", "chunks"},
                        {"size=0", "size"},
                        {"size=1048577", "size"},
                        {"size=2m", "size"},
                        {"size=1g", "size"},
                        {"wait=5s x", "wait"},
                        {"auth=yes x", "auth"},
                        {"message=hi", "message"},
                        {"delay=1s delay=2s x", "delay"},
                        {"chunks=1 size=3 chunks=1 x", "chunks"},
                        {"ask fail", "fail"},
                        {"wait message x", "message"},
                        {"ask=\"open", "ask"},
                        {"ask=\"a\"b", "ask"},
                        {"chunks=€€€€€€€€€€€€€€€€€€€€", "chunks"}}) {
    Result<EchoPlan> result = parse_echo(c.text);
    ASSERT_FALSE(result) << c.text;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    ASSERT_EQ(result.error().violations().size(), 1U) << c.text;
    EXPECT_EQ(result.error().violations()[0].field, c.key) << c.text;
    EXPECT_TRUE(is_utf8(result.error().message())) << c.text;
  }
}

TEST(EchoCommand, chunks_make_up_the_text) {
  for (std::string_view text : {"hello world", "héllo wörld, ça va?", "日本語のテキスト",
                                "😀😁😂🤣😃😄", "a\nb\nc\nd\ne\nf"}) {
    for (std::size_t n : {1U, 2U, 3U, 5U, 6U}) {
      EchoPlan p = plan("chunks=" + std::to_string(n) + " " + std::string(text));
      ASSERT_EQ(p.chunk_count(), n);
      EXPECT_EQ(joined(p), text);
      for (const std::string& chunk : chunks(p)) {
        EXPECT_FALSE(chunk.empty()) << text << n;
        EXPECT_TRUE(is_utf8(chunk)) << text << n;
      }
    }
  }
}

TEST(EchoCommand, short_texts_give_numbered_chunks) {
  EXPECT_EQ(chunks(plan("chunks=3")), (Chunks{"chunk 1", "chunk 2", "chunk 3"}));
  EXPECT_EQ(chunks(plan("chunks=3 hi")), (Chunks{"chunk 1", "chunk 2", "chunk 3"}));
  EXPECT_EQ(chunks(plan("chunks=2 é")), (Chunks{"chunk 1", "chunk 2"}));
  EXPECT_EQ(plan("chunks=1000").chunk(999), "chunk 1000");
  EXPECT_EQ(plan("chunks=3").chunk(3), "");
}

TEST(EchoCommand, size_cuts_or_pads_to_the_byte) {
  EXPECT_EQ(plan("size=5 hello world").chunk(0), "hello");
  EXPECT_EQ(plan("size=8 hello").chunk(0), "hello012");
  EXPECT_EQ(plan("size=2 aé").chunk(0), "a0");
  for (std::string_view text : {"size=1000 x", "size=64k chunks=7", "size=1m chunks=1000 päd",
                                "chunks=3 size=10 日本語日本語"}) {
    EchoPlan p = plan(text);
    std::string all = joined(p);
    EXPECT_TRUE(is_utf8(all)) << text;
    for (const std::string& chunk : chunks(p))
      EXPECT_TRUE(is_utf8(chunk) && !chunk.empty()) << text;
  }
  EXPECT_EQ(joined(plan("size=1m chunks=1000 päd")).size(), kMaxEchoSize);
  EXPECT_EQ(joined(plan("size=64k chunks=7")).size(), 65536U);
  EXPECT_EQ(joined(plan("chunks=3 size=10 日本語日本語")), "日本語0");
  EXPECT_EQ(chunks(plan("size=2 chunks=3 hello")), (Chunks{"chunk 1", "chunk 2", "chunk 3"}));
}

TEST(EchoCommand, chunks_do_not_depend_on_what_was_asked_before) {
  EchoPlan first = plan("size=9999 chunks=13 some text");
  EchoPlan second = plan("size=9999 chunks=13 some text");
  for (std::size_t k = 0; k < 13; ++k) EXPECT_EQ(second.chunk(12 - k), first.chunk(12 - k));
  EXPECT_EQ(joined(first), joined(second));
}

TEST(EchoCommand, invalid_utf8_does_no_harm) {
  EchoPlan p = plan("chunks=2 \x80\x80 a\xff\x80");
  EXPECT_EQ(joined(p), "\x80\x80 a\xff\x80");
}

}  // namespace
}  // namespace flotilla::agents
