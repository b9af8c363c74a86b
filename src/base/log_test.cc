#include "base/log.h"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace flotilla;
using namespace std::chrono_literals;

constexpr Time kAt{1'800'000'000'007ms};

std::string text(LogFields fields) {
  return format_log_line(kAt, LogLevel::info, "core", "it happened", fields, LogFormat::text,
                         false);
}
std::string json(LogFields fields) {
  return format_log_line(kAt, LogLevel::warn, "core", "it happened", fields, LogFormat::json,
                         false);
}

TEST(Log, text_lines_have_plain_words) {
  const Uuid uuid = *parse_uuid("0190a5b4-7c1e-7def-8123-456789abcdef");
  EXPECT_EQ(text({}), "2027-01-15T08:00:00.007Z INFO  core: it happened");
  EXPECT_EQ(text({{"task", uuid},
                  {"n", -3},
                  {"size", std::size_t{7}},
                  {"share", 0.5},
                  {"on", true},
                  {"took", 1500us},
                  {"at", kAt},
                  {"code", Code::not_found},
                  {"words", "two words"},
                  {"empty", ""}}),
            "2027-01-15T08:00:00.007Z INFO  core: it happened "
            "task=0190a5b4-7c1e-7def-8123-456789abcdef n=-3 size=7 share=0.5 on=true "
            "took=1ms500us at=2027-01-15T08:00:00.007Z code=not_found words=\"two words\" "
            "empty=\"\"");
}

TEST(Log, json_lines_keep_types) {
  EXPECT_EQ(
      json({{"n", 3}, {"b", false}, {"d", 2s}, {"x", std::numeric_limits<double>::infinity()}}),
      R"({"time":"2027-01-15T08:00:00.007Z","level":"warn","room":"core",)"
      R"("message":"it happened","n":3,"b":false,"d":"2s","x":null})");
}

TEST(Log, control_characters_cannot_forge_lines) {
  const std::string evil = "a\n\r\t\x1b[2J\x7f\xc2\x9b\xff\"\\";
  const std::string escaped = R"("a\n\r\t\u001b[2J\u007f\u009b\ufffd\"\\")";
  EXPECT_TRUE(text({{"v", evil}}).ends_with("v=" + escaped));
  EXPECT_TRUE(json({{"v", evil}}).ends_with("\"v\":" + escaped + "}"));
  EXPECT_TRUE(json({{"v", "é"}}).ends_with("\"v\":\"é\"}"));
}

TEST(Log, colour_marks_the_level_only) {
  EXPECT_EQ(format_log_line(kAt, LogLevel::error, "r", "m", {}, LogFormat::text, true),
            "2027-01-15T08:00:00.007Z \x1b[31mERROR\x1b[0m r: m");
}

TEST(Log, captured_lines_come_with_level_and_fields) {
  constexpr Log log("room");
  CapturedLog captured;
  log.debug("one", {{"a", 1}});
  log.error("two");
  EXPECT_EQ(captured.lines(), (std::vector<std::string>{"debug room: one a=1", "error room: two"}));
  EXPECT_TRUE(captured.contains("a=1"));
  EXPECT_FALSE(captured.contains("three"));
}

TEST(Log, lines_go_to_stderr_in_one_piece) {
  configure_log(LogLevel::info, LogFormat::json);
  testing::internal::CaptureStderr();
  constexpr Log log("room");
  log.info("shown", {{"k", "v"}});
  log.debug("hidden");
  const std::string out = testing::internal::GetCapturedStderr();
  configure_log(LogLevel::info, LogFormat::automatic);
  EXPECT_TRUE(out.ends_with(R"("message":"shown","k":"v"})"
                            "\n"))
      << out;
  EXPECT_EQ(out.find("hidden"), std::string::npos);
}

TEST(Log, names_parse) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_FALSE(parse_log_level("loud"));
  EXPECT_EQ(parse_log_format("auto"), LogFormat::automatic);
  EXPECT_FALSE(parse_log_format("xml"));
}

}  // namespace
