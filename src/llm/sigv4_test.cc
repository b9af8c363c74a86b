#include <gtest/gtest.h>

#include "llm/sigv4_internal.h"

namespace flotilla::llm {
namespace {

// The account and time of AWS's own test suite. Its signatures, and those that botocore makes for
// the same requests.
const AwsCredentials kExample{
    .access_key_id = "AKIDEXAMPLE",
    .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .session_token = std::nullopt};

std::string value(const std::vector<std::pair<std::string, std::string>>& headers,
                  std::string_view name) {
  for (const auto& [key, text] : headers) {
    if (key == name) return text;
  }
  return "absent";
}

std::string signature(const SigV4Request& request, const AwsCredentials& credentials,
                      std::string_view region = "us-east-1", std::string_view service = "service") {
  const auto text =
      value(sign_v4(request, region, service, credentials, *parse_time("2015-08-30T12:36:00Z")),
            "Authorization");
  return text.substr(text.find("SignedHeaders="));
}

TEST(SigV4, signs_as_the_test_suite_of_aws_does) {
  const SigV4Request get{
      .method = "GET", .host = "example.amazonaws.com", .target = "/", .headers = {}, .body = ""};
  const auto headers =
      sign_v4(get, "us-east-1", "service", kExample, *parse_time("2015-08-30T12:36:00Z"));
  EXPECT_EQ(value(headers, "X-Amz-Date"), "20150830T123600Z");
  EXPECT_EQ(value(headers, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  auto post = get;
  post.method = "POST";
  EXPECT_EQ(signature(post, kExample),
            "SignedHeaders=host;x-amz-date, "
            "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  auto query = get;
  query.target = "/?Param2=value2&Param1=value1";
  EXPECT_EQ(signature(query, kExample),
            "SignedHeaders=host;x-amz-date, "
            "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4, signs_a_session_token_and_a_path_that_is_encoded_twice) {
  auto credentials = kExample;
  credentials.session_token = Secret("SESSION/TOKEN==");
  const std::string target =
      "/model/" + uri_encode("anthropic.claude-sonnet-4-5-20250929-v1:0") + "/converse-stream";
  const SigV4Request request{.method = "POST",
                             .host = "bedrock-runtime.eu-west-1.amazonaws.com",
                             .target = target,
                             .headers = {{"Content-Type", "application/json"}},
                             .body = R"({"messages":[]})"};
  EXPECT_EQ(signature(request, credentials, "eu-west-1", "bedrock"),
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
            "Signature=f4a49298535472464879b13fd48481822b0165475833b47c4413a6db8c47accf");
}

TEST(SigV4, signs_headers_with_their_blanks_folded) {
  const std::string target =
      "/model/" + uri_encode("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.x") +
      "/converse";
  const SigV4Request request{
      .method = "POST",
      .host = "bedrock-runtime.eu-west-1.amazonaws.com",
      .target = target,
      .headers = {{"Content-Type", "application/json"}, {"X-Trace", "a   b "}},
      .body = "{}"};
  EXPECT_EQ(signature(request, kExample, "eu-west-1", "bedrock"),
            "SignedHeaders=content-type;host;x-amz-date;x-trace, "
            "Signature=d05cc9d98685df42a574f72b0d79701c6e26b5cee1261876d551de2d6980363f");
}

}  // namespace
}  // namespace flotilla::llm
