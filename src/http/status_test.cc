#include "http/status.h"

#include <gtest/gtest.h>

namespace flotilla::http {
namespace {

using std::chrono::seconds;

TEST(Status, code_of_each_status) {
  const std::pair<int, Code> rows[] = {{400, Code::invalid_argument},
                                       {401, Code::unauthenticated},
                                       {403, Code::permission_denied},
                                       {404, Code::not_found},
                                       {405, Code::unimplemented},
                                       {407, Code::unauthenticated},
                                       {408, Code::deadline_exceeded},
                                       {409, Code::conflict},
                                       {410, Code::not_found},
                                       {412, Code::failed_precondition},
                                       {413, Code::resource_exhausted},
                                       {418, Code::invalid_argument},
                                       {422, Code::invalid_argument},
                                       {429, Code::resource_exhausted},
                                       {499, Code::cancelled},
                                       {500, Code::internal},
                                       {501, Code::unimplemented},
                                       {502, Code::unavailable},
                                       {503, Code::unavailable},
                                       {504, Code::deadline_exceeded},
                                       {302, Code::internal}};
  for (const auto& [status, code] : rows) EXPECT_EQ(code_of_status(status), code) << status;
}

std::optional<Duration> after(std::string value, std::string date = "") {
  Headers headers;
  headers.add("Retry-After", std::move(value));
  if (!date.empty()) headers.add("Date", std::move(date));
  return retry_after(headers);
}

TEST(HttpDate, is_written_as_it_is_read) {
  const auto time = parse_time("1994-11-06T08:49:37.999Z");
  EXPECT_EQ(to_http_date(time.value()), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(RetryAfter, seconds_of_the_header) {
  EXPECT_EQ(after("0"), seconds(0));
  EXPECT_EQ(after("120"), seconds(120));
  EXPECT_EQ(after("99999"), seconds(86'400));
  EXPECT_EQ(after("99999999999999999999999"), seconds(86'400));
  EXPECT_EQ(retry_after(Headers()), std::nullopt);
}

TEST(RetryAfter, date_counts_from_the_servers_own) {
  constexpr const char* kNow = "Sun, 28 Feb 2027 23:59:30 GMT";
  EXPECT_EQ(after("Mon, 01 Mar 2027 00:00:00 GMT", kNow), seconds(30));
  EXPECT_EQ(after("Sun, 28 Feb 2027 00:00:00 GMT", kNow), seconds(0));
  EXPECT_EQ(after("Mon, 01 Mar 2027 00:00:00 GMT"), std::nullopt);
  EXPECT_EQ(after("Tue, 30 Feb 2027 00:00:00 GMT", kNow), std::nullopt);
}

TEST(RetryAfter, what_is_malformed_says_nothing) {
  for (const auto* text : {"", "-1", "1.5", "soon", "Mon, 01 Mar 2027 00:00:0x GMT",
                           "Mon, -1 Mar 2027 00:00:00 GMT", "Mon, 01 Foo 2027 00:00:00 GMT"})
    EXPECT_EQ(after(text, "Sun, 28 Feb 2027 23:59:30 GMT"), std::nullopt) << text;
}

}  // namespace
}  // namespace flotilla::http
