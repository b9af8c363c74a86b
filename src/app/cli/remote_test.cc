#include "app/cli/remote.h"

#include <gtest/gtest.h>

#include "app/cli/files.h"
#include "app/cli/logs.h"
#include "json/json.h"

namespace flotilla::app {
namespace {

TEST(Remote, queries_are_encoded_and_leave_out_what_is_empty) {
  EXPECT_EQ(query_of({{"a", ""}, {"b", ""}}), "");
  EXPECT_EQ(query_of({{"a", "x y&z"}, {"b", ""}, {"c", "ü"}}), "?a=x%20y%26z&c=%C3%BC");
}

TEST(Remote, errors_of_the_api_keep_their_words_and_fields) {
  const Error error = error_of_response(
      400,
      R"({"title":"invalid_argument","detail":"limit: too large","errors":)"
      R"([{"pointer":"limit","detail":"at most 500"},{"pointer":"state","detail":"unknown"}]})");
  EXPECT_EQ(error.code(), Code::invalid_argument);
  EXPECT_EQ(error.message(), "limit: too large");
  ASSERT_EQ(error.violations().size(), 2U);
  EXPECT_EQ(error.violations()[1].field, "state");
  EXPECT_EQ(error.violations()[1].description, "unknown");
}

TEST(Remote, statuses_decide_the_exit) {
  const std::pair<int, Exit> table[] = {
      {400, Exit::error},       {401, Exit::not_permitted}, {403, Exit::not_permitted},
      {404, Exit::not_found},   {409, Exit::error},         {429, Exit::error},
      {500, Exit::error},       {502, Exit::unreachable},   {503, Exit::unreachable},
      {504, Exit::unreachable},
  };
  for (const auto& [status, exit] : table)
    EXPECT_EQ(exit_of(error_of_response(status, "<html>")), exit) << status;
  EXPECT_EQ(error_of_response(418, "").message(), "the server answered with status 418");
}

TEST(Remote, an_error_cannot_write_to_the_terminal) {
  EXPECT_EQ(error_of_response(500, R"({"detail":"a\u001b[2J"})").message(), "a\xef\xbf\xbd[2J");
}

TEST(Files, media_types_by_ending) {
  EXPECT_EQ(media_type_of("/a/b.TXT"), "text/plain");
  EXPECT_EQ(media_type_of("b.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of("README"), "application/octet-stream");
}

TEST(Files, what_cannot_be_read_is_told) {
  EXPECT_EQ(read_file("/nonexistent/file").error().code(), Code::not_found);
  EXPECT_NE(read_file("/tmp").error().message().find("directory"), std::string::npos);
  EXPECT_NE(read_file("/dev/zero", 100).error().message().find("larger than 100"),
            std::string::npos);
}

TEST(Logs, events_in_one_line) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"kind":"message","payload":{"role":"ROLE_USER","parts":[{"text":"hi"},{"url":"u"}]}})",
       "user: hi u"},
      {R"({"kind":"status","payload":{"status":{"state":"TASK_STATE_AUTH_REQUIRED"}}})",
       "auth-required"},
      {R"({"kind":"status","payload":{"status":{"state":"TASK_STATE_FAILED",
          "message":{"parts":[{"text":"why"}]}}}})",
       "failed: why"},
      {R"({"kind":"artifact","payload":{"artifact":{"artifactId":"a1",
          "parts":[{"data":{"x":1}},{"raw":"AAAA"}]}}})",
       "a1: {\"x\":1} [file]"},
      {R"({"kind":"note","payload":{"a":1}})", "{\"a\":1}"},
      {R"({"kind":"note"})", ""},
  };
  for (const auto& [event, line] : table) EXPECT_EQ(describe_event(*json::parse(event)), line);
}

}  // namespace
}  // namespace flotilla::app
