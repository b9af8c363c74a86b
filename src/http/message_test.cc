#include "http/message.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::http {
namespace {

using Strings = std::vector<std::string_view>;

TEST(Headers, names_compare_without_case_and_order_is_kept) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("X-One", "1");
  headers.add("accept", "b");
  EXPECT_EQ(headers.find("ACCEPT"), "a");
  EXPECT_EQ(headers.find("missing"), std::nullopt);
  headers.set("ACCEPT", "c");
  ASSERT_EQ(headers.fields().size(), 2U);
  EXPECT_EQ(headers.fields().front().name, "X-One");
  EXPECT_EQ(headers.find("accept"), "c");
  headers.remove("x-one");
  EXPECT_EQ(headers.find("X-One"), std::nullopt);
}

TEST(Headers, lists_are_split_over_fields_but_not_inside_quotes) {
  Headers headers;
  headers.add("If-None-Match", R"( "a,b" ,, W/"c\"," )");
  headers.add("if-none-match", "d");
  EXPECT_EQ(headers.list("If-None-Match"), (Strings{R"("a,b")", R"(W/"c\",")", "d"}));
  EXPECT_TRUE(headers.list("none").empty());
}

TEST(Percent, decoding_keeps_what_is_no_escape) {
  EXPECT_EQ(percent_decode("a%2Fb%20c"), "a/b c");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
}

TEST(Percent, encoding_leaves_unreserved_characters) {
  EXPECT_EQ(percent_encode("aZ9-._~"), "aZ9-._~");
  EXPECT_EQ(percent_encode("a b/\xc3\xa9"), "a%20b%2F%C3%A9");
}

TEST(Request, query_values_are_decoded_and_absence_differs_from_emptiness) {
  Request request;
  request.query = "a=1&b=x%20y&a=2&flag&e=&+n+=v";
  EXPECT_EQ(request.query_value("a"), "1");
  EXPECT_EQ(request.query_value("b"), "x y");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_EQ(request.query_value("e"), "");
  EXPECT_EQ(request.query_value(" n "), "v");
  EXPECT_EQ(request.query_value("none"), std::nullopt);
  EXPECT_EQ(request.query_values().size(), 6U);
}

struct StatusCase {
  Code code;
  int status;
};

TEST(Problem, each_code_has_the_status_of_the_design) {
  const StatusCase cases[] = {
      {Code::invalid_argument, 400},
      {Code::unauthenticated, 401},
      {Code::permission_denied, 403},
      {Code::not_found, 404},
      {Code::already_exists, 409},
      {Code::conflict, 409},
      {Code::failed_precondition, 409},
      {Code::resource_exhausted, 429},
      {Code::cancelled, 499},
      {Code::data_loss, 500},
      {Code::internal, 500},
      {Code::unimplemented, 501},
      {Code::unavailable, 503},
      {Code::deadline_exceeded, 504},
  };
  for (const auto& [code, status] : cases) {
    EXPECT_EQ(status_of(code), status) << to_string(code);
    const Response response = Response::problem(Error(code, "what"));
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.find("WWW-Authenticate").has_value(), status == 401);
  }
}

TEST(Problem, body_says_what_where_and_why) {
  auto error = Error(Code::invalid_argument, "the \"name\" is wrong")
                   .with_field("/name", "must be a label")
                   .with_metadata("kind", "Agent");
  const Response response = Response::problem(error);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  const auto parsed = json::parse(response.body);
  ASSERT_TRUE(parsed.has_value()) << response.body;
  const auto& problem = *parsed->if_object();
  EXPECT_EQ(*problem.find("type")->if_string(), "https://flotilla.dev/errors/INVALID_ARGUMENT");
  EXPECT_EQ(*problem.find("detail")->if_string(), "the \"name\" is wrong");
  EXPECT_EQ(problem.find("status")->as_int64(), 400);
  const auto& fault = *problem.find("errors")->if_array()->front().if_object();
  EXPECT_EQ(*fault.find("pointer")->if_string(), "/name");
  EXPECT_EQ(*problem.find("metadata")->if_object()->find("kind")->if_string(), "Agent");
}

}  // namespace
}  // namespace flotilla::http
