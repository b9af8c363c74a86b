#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "base/context.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/suggest.h"
#include "base/time.h"
#include "base/utf8.h"

namespace {

using namespace flotilla;
using namespace std::chrono_literals;

TEST(Error, carries_what_it_was_given) {
  const Error error = Error(Code::not_found, reason::kTaskNotFound, "no such task")
                          .with_field("/id", "unknown")
                          .with_metadata("taskId", "7");
  EXPECT_EQ(error.code(), Code::not_found);
  EXPECT_EQ(error.reason(), "TASK_NOT_FOUND");
  EXPECT_EQ(error.message(), "no such task");
  ASSERT_EQ(error.violations().size(), 1U);
  EXPECT_EQ(error.violations()[0].field, "/id");
  EXPECT_EQ(error.metadata()[0].second, "7");
}

TEST(Error, a_copy_keeps_its_details_when_the_other_gets_more) {
  Error first(Code::internal, "x");
  Error second = Error(first).with_field("a", "b");
  EXPECT_TRUE(first.violations().empty());
  EXPECT_EQ(second.violations().size(), 1U);
}

TEST(Error, every_code_has_a_name_and_a_reason) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const auto code = static_cast<Code>(i);
    names.insert(to_string(code));
    EXPECT_FALSE(default_reason(code).empty());
    EXPECT_EQ(Error(code, "m").reason(), default_reason(code));
  }
  EXPECT_EQ(names.size(), 14U);
}

TEST(Error, invalid_names_the_field) {
  const Error error = invalid("/a/b", "expected string");
  EXPECT_EQ(error.code(), Code::invalid_argument);
  EXPECT_EQ(error.message(), "/a/b: expected string");
  EXPECT_EQ(error.violations()[0].field, "/a/b");
}

Result<int> positive(int value) {
  if (value <= 0) return fail(invalid("value", "must be positive"));
  return value;
}

Result<int> sum(int a, int b) {
  TRY(x, positive(a));
  TRY(y, positive(b));
  TRY_VOID(positive(x + y));
  return x + y;
}

TEST(Result, try_returns_the_first_error) {
  EXPECT_EQ(sum(1, 2).value(), 3);
  EXPECT_FALSE(sum(1, -2));
  EXPECT_TRUE(ok());
}

TEST(Time, is_written_with_three_digits_and_z) {
  EXPECT_EQ(format_time(Time{0ms}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(Time{1'800'000'000'007ms}), "2027-01-15T08:00:00.007Z");
}

TEST(Time, reads_what_rfc_3339_allows) {
  const std::map<std::string, std::int64_t> cases{
      {"1970-01-01T00:00:00Z", 0},
      {"2027-01-15T08:00:00.007Z", 1'800'000'000'007},
      {"2027-01-15t08:00:00.0079999z", 1'800'000'000'007},
      {"2027-01-15T09:30:00+01:30", 1'800'000'000'000},
      {"2027-01-15T03:00:00.5-05:00", 1'800'000'000'500},
      {"2024-02-29T00:00:00.123456789Z", 1'709'164'800'123},
      {"2016-12-31T23:59:60Z", 1'483'228'800'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = parse_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->time_since_epoch().count(), expected) << text;
  }
}

TEST(Time, refuses_everything_else) {
  for (const char* text : {"",
                           "2027-01-15",
                           "2027-01-15T08:00Z",
                           "2027-01-15T08:00:00",
                           "2027-01-15 08:00:00Z",
                           "2027-01-15T08:00:00.Z",
                           "2027-01-15T08:00:00.1234567890Z",
                           "2027-02-29T08:00:00Z",
                           "2027-13-01T08:00:00Z",
                           "2027-01-15T24:00:00Z",
                           "2027-01-15T08:60:00Z",
                           "2027-01-15T08:00:61Z",
                           "2027-01-15T08:00:00+24:00",
                           "2027-01-15T08:00:00Zx",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "+2027-01-15T08:00:00Z",
                           "2027-1-15T08:00:00Z",
                           "20270115T080000Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Duration, round_trips) {
  const std::map<std::string, Duration> cases{
      {"0s", 0s},
      {"250ms", 250ms},
      {"30s", 30s},
      {"5m", 5min},
      {"1h30m", 90min},
      {"7d", 168h},
      {"1s500ms", 1500ms},
      {"1us1ns", 1001ns},
      {"1d2h3m4s5ms6us7ns", 26h + 3min + 4s + 5ms + 6us + 7ns}};
  for (const auto& [text, duration] : cases) {
    EXPECT_EQ(parse_duration(text), duration) << text;
    EXPECT_EQ(format_duration(duration), text);
  }
  EXPECT_EQ(parse_duration("90m"), Duration(90min));
  EXPECT_EQ(parse_duration("0"), Duration(0));
  EXPECT_EQ(format_duration(-90min), "-1h30m");
  EXPECT_EQ(format_duration(Duration::min()), "-106751d23h47m16s854ms775us808ns");
}

TEST(Duration, refuses_everything_else) {
  for (const char* text : {"", "1", "s", "-1s", "1.5h", "1 s", "1S", "1h1h", "1m1h", "1w", "5mm",
                           "99999999999999999999s", "106752d", "9223372036854775808ns"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

struct SeededRandom final : Random {
  void fill(void* bytes, std::size_t count) override {
    auto* out = static_cast<std::uint8_t*>(bytes);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(next += 37);
  }
  std::uint8_t next = 0;
};

TEST(Uuid, text_round_trips) {
  const std::string text = "0190a5b4-7c1e-7def-8123-456789abcdef";
  const auto uuid = parse_uuid(text);
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->to_string(), text);
  EXPECT_EQ(parse_uuid("0190A5B4-7C1E-7DEF-8123-456789ABCDEF"), uuid);
  for (const char* bad :
       {"", "0190a5b4-7c1e-7def-8123-456789abcde", "x190a5b4-7c1e-7def-8123-456789abcdef",
        "0190a5b47c1e-7def-8123-456789abcdef0", "0190a5b4_7c1e-7def-8123-456789abcdef"}) {
    EXPECT_FALSE(parse_uuid(bad)) << bad;
  }
}

TEST(Uuid, version_7_grows_whatever_the_clock_does) {
  SeededRandom random;
  const Time start{1'900'000'000'000ms};
  Uuid last = make_uuid_v7(start, random);
  EXPECT_EQ(last.to_string()[14], '7');
  EXPECT_NE(std::string("89ab").find(last.to_string()[19]), std::string::npos);
  // 1'900'000'000'000 ms.
  EXPECT_EQ(last.to_string().substr(0, 13), "01ba60d3-3800");
  // More than one counter's worth, with the clock going backwards in between.
  for (int i = 0; i < 200'000; ++i) {
    const Uuid next = make_uuid_v7(start - (i % 3) * 1ms, random);
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(Uuid, threads_never_share_one) {
  std::vector<std::vector<Uuid>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 5000; ++i) {
        mine.push_back(make_uuid_v7(Time{1'700'000'000'000ms}, system_random()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<Uuid> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 20'000U);
}

TEST(Random, large_and_small_reads_differ) {
  std::array<std::uint8_t, 2000> large{};
  std::array<std::uint8_t, 2000> other{};
  system_random().fill(large.data(), large.size());
  for (std::size_t i = 0; i < other.size(); i += 8) system_random().fill(other.data() + i, 8);
  EXPECT_NE(large, other);
}

TEST(Label, follows_rfc_1123) {
  EXPECT_TRUE(is_label("a"));
  EXPECT_TRUE(is_label("0-b-9"));
  EXPECT_TRUE(is_label(std::string(63, 'x')));
  for (const std::string& bad :
       {std::string(), std::string("-a"), std::string("a-"), std::string("A"), std::string("a_b"),
        std::string("a.b"), std::string(64, 'x')}) {
    EXPECT_FALSE(is_label(bad)) << bad;
  }
}

TEST(Bytes, round_trips) {
  for (const char* text : {"0B", "1B", "64KiB", "16MiB", "2GiB", "1TiB", "1500B"}) {
    const auto bytes = parse_bytes(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(format_bytes(*bytes), text);
  }
  EXPECT_EQ(parse_bytes("512"), Bytes{512});
  EXPECT_EQ(parse_bytes("2MB"), Bytes{2'000'000});
  for (const char* bad :
       {"", "MiB", "-1", "1.5MiB", "1 MiB", "1mib", "9999999TiB", "99999999999999999999"}) {
    EXPECT_FALSE(parse_bytes(bad)) << bad;
  }
}

TEST(Secret, compares_and_moves) {
  Secret secret(std::string("short"));
  EXPECT_TRUE(secret.equals("short"));
  EXPECT_FALSE(secret.equals("shore"));
  EXPECT_FALSE(secret.equals("shorter"));
  Secret copy = secret;
  Secret moved = std::move(secret);
  EXPECT_TRUE(copy.equals("short"));
  EXPECT_TRUE(moved.equals("short"));
  moved = Secret(std::string(100, 'x'));
  EXPECT_EQ(moved.reveal(), std::string(100, 'x'));
  copy = moved;
  EXPECT_TRUE(copy.equals(moved.reveal()));
  EXPECT_TRUE(Secret().empty());
}

TEST(Hash, matches_the_standards_vectors) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().update("a").update("").update("bc").finish(), sha256("abc"));
}

TEST(Hash, hex_round_trips) {
  EXPECT_EQ(hex(std::string_view("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(decode_hex("00FF10"), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(decode_hex("0"));
  EXPECT_FALSE(decode_hex("0g"));
}

TEST(Base64, matches_rfc_4648) {
  const std::map<std::string, std::string> cases{{"", ""},
                                                 {"f", "Zg=="},
                                                 {"fo", "Zm8="},
                                                 {"foo", "Zm9v"},
                                                 {"foob", "Zm9vYg=="},
                                                 {"fooba", "Zm9vYmE="},
                                                 {"foobar", "Zm9vYmFy"},
                                                 {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(decode_base64(base64url(bytes)), bytes);
  }
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("f"), "Zg");
  for (const char* bad :
       {"Z", "Zg=", "Zg===", "=", "Zm9v====", "Zm 9v", "Zm9v\n", "Z=g=", "Zm9vY"}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

TEST(Utf8, accepts_well_formed_text) {
  for (const char* text : {"", "plain ascii that is longer than one word", "é", "漢字", "🚢",
                           "\x7f", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf",
                           "mixed é then a long ascii run after it"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, points_at_the_first_fault) {
  const std::vector<std::pair<std::string, std::size_t>> cases{{"\x80", 0},
                                                               {"abc\xc3", 3},
                                                               {"\xc0\x80", 0},
                                                               {"\xc1\xbf", 0},
                                                               {"\xe0\x9f\xbf", 0},
                                                               {"\xed\xa0\x80", 0},
                                                               {"\xf0\x8f\xbf\xbf", 0},
                                                               {"\xf4\x90\x80\x80", 0},
                                                               {"\xf5\x80\x80\x80", 0},
                                                               {"12345678\xff", 8},
                                                               {"1234567\xff"
                                                                "9",
                                                                7},
                                                               {"é\xe2\x82", 2}};
  for (const auto& [text, at] : cases) EXPECT_EQ(find_invalid_utf8(text), at) << hex(text);
}

TEST(Suggest, finds_near_words_only) {
  const std::vector<std::string_view> known{"listen", "body-limit", "threads"};
  EXPECT_EQ(nearest("lisen", known), "listen");
  EXPECT_EQ(nearest("thread", known), "threads");
  EXPECT_FALSE(nearest("zzzzzz", known));
  EXPECT_FALSE(nearest(std::string(1000, 'a'), known));
}

TEST(Principal, sees_by_namespace_and_owner) {
  const auto local = local_principal();
  EXPECT_TRUE(local->may_enter("anything"));
  EXPECT_TRUE(local->sees_owner("someone"));
  EXPECT_EQ(local->home(), "default");
  const Principal user{.name = "ann", .namespaces = {"red", "blue"}};
  EXPECT_TRUE(user.may_enter("blue"));
  EXPECT_FALSE(user.may_enter("default"));
  EXPECT_TRUE(user.sees_owner("ann"));
  EXPECT_FALSE(user.sees_owner("bob"));
  EXPECT_EQ(user.home(), "red");
}

}  // namespace
