#include <gtest/gtest.h>

#include <string>

#include "a2a/client_internal.h"
#include "a2a/error.h"
#include "json/json.h"

// What is read from foreign cards and errors, without a network.
namespace flotilla::a2a {
namespace {

constexpr const char* kBase = "https://a.example/agent";

struct Chosen {
  std::optional<Endpoint> endpoint;
  AgentCard card;
  std::string error;

  /// `jsonrpc 1.0 https://… operator token`
  [[nodiscard]] std::string text() const {
    if (!endpoint) return "none";
    std::string out = endpoint->binding == Binding::jsonrpc ? "jsonrpc " : "rest ";
    out += std::string(wire_name(endpoint->version)) + " " + endpoint->url;
    if (endpoint->tenant) out += " tenant=" + *endpoint->tenant;
    if (endpoint->author == http::UrlAuthor::operator_) out += " operator";
    if (endpoint->with_token) out += " token";
    return out;
  }
};

Chosen choose(const std::string& card, const ClientOptions& options = {},
              const std::string& base = kBase) {
  Chosen out;
  auto endpoint = choose_endpoint(card, base, options, &out.card);
  if (endpoint)
    out.endpoint = std::move(*endpoint);
  else
    out.error = endpoint.error().message();
  return out;
}

constexpr const char* kHybrid = R"({"name":"H","version":"2","protocolVersion":"0.3.0",
  "url":"https://a.example/old","preferredTransport":"JSONRPC",
  "supportedInterfaces":[
    {"url":"grpc.example:443","protocolBinding":"GRPC","protocolVersion":"1.0"},
    {"url":"https://a.example/rest/","protocolBinding":"http+json","protocolVersion":"1.0"},
    {"url":"https://a.example/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0.1"},
    {"url":"https://a.example/rpc","protocolBinding":"JSONRPC","protocolVersion":"0.3"}],
  "capabilities":{"streaming":true},"skills":[{"id":"s","name":"S","description":"","tags":[]}]})";

TEST(ClientCard, newest_version_then_the_cards_order) {
  const auto chosen = choose(kHybrid);
  EXPECT_EQ(chosen.text(), "rest 1.0 https://a.example/rest operator token");
  EXPECT_EQ(chosen.card.name, "H");
  EXPECT_EQ(chosen.card.capabilities.streaming, true);
  EXPECT_EQ(chosen.card.skills.size(), 1U);
}

TEST(ClientCard, at_base_the_cards_host_and_port_do_not_count) {
  ClientOptions options;
  options.at_base = true;
  EXPECT_EQ(choose(kHybrid, options, "http://127.0.0.1:4711").text(),
            "rest 1.0 http://127.0.0.1:4711/rest operator token");
  constexpr const char* kRoot = R"({"name":"K","version":"1","url":"http://k.default:8080/",
    "protocolVersion":"0.3.0","preferredTransport":"JSONRPC"})";
  EXPECT_EQ(choose(kRoot, options, "http://127.0.0.1:4711").text(),
            "jsonrpc 0.3 http://127.0.0.1:4711 operator token");
}

TEST(ClientCard, wanted_binding_and_version_win) {
  ClientOptions options;
  options.binding = Binding::jsonrpc;
  EXPECT_EQ(choose(kHybrid, options).text(), "jsonrpc 1.0 https://a.example/rpc operator token");
  options.version = "0.3";
  EXPECT_EQ(choose(kHybrid, options).text(), "jsonrpc 0.3 https://a.example/rpc operator token");
  options.binding = Binding::rest;
  const auto chosen = choose(kHybrid, options);
  EXPECT_EQ(chosen.text(), "none");
  EXPECT_TRUE(chosen.error.contains("(HTTP+JSON, version 0.3)")) << chosen.error;
}

TEST(ClientCard, old_card) {
  const auto chosen = choose(R"({"name":"O","url":"https://a.example/old/","version":"1",
    "additionalInterfaces":[{"url":"https://a.example/rest","transport":"HTTP+JSON"}]})");
  EXPECT_EQ(chosen.text(), "jsonrpc 0.3 https://a.example/old operator token");
  EXPECT_EQ(chosen.card.supportedInterfaces.size(), 2U);
  ClientOptions options;
  options.binding = Binding::rest;
  EXPECT_EQ(choose(R"({"url":"https://a.example/old","preferredTransport":"GRPC",
    "additionalInterfaces":[{"url":"https://a.example/rest","transport":"HTTP+JSON"}]})")
                .text(),
            "rest 0.3 https://a.example/rest operator token");
}

TEST(ClientCard, old_members_serve_where_the_interfaces_do_not) {
  ClientOptions options;
  options.version = "0.3";
  const auto* card = R"({"url":"https://a.example/old","supportedInterfaces":[
    {"url":"https://a.example/new","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]})";
  EXPECT_EQ(choose(card, options).text(), "jsonrpc 0.3 https://a.example/old operator token");
  EXPECT_EQ(choose(card).text(), "jsonrpc 1.0 https://a.example/new operator token");
}

TEST(ClientCard, empty_url_is_where_the_card_was) {
  EXPECT_EQ(choose(R"({"supportedInterfaces":[
    {"url":"","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]})")
                .text(),
            "jsonrpc 1.0 https://a.example/agent operator token");
  EXPECT_EQ(choose(R"({"url":""})").text(), "jsonrpc 0.3 https://a.example/agent operator token");
}

TEST(ClientCard, missing_version_is_the_old_one_which_has_no_tenant) {
  EXPECT_EQ(choose(R"({"supportedInterfaces":[
    {"url":"https://a.example/x","protocolBinding":"JSONRPC","tenant":"t"}]})")
                .text(),
            "jsonrpc 0.3 https://a.example/x operator token");
  EXPECT_EQ(choose(R"({"supportedInterfaces":[
    {"url":"https://a.example/x","protocolBinding":"JSONRPC","tenant":"t","protocolVersion":"1.0"}]})")
                .text(),
            "jsonrpc 1.0 https://a.example/x tenant=t operator token");
}

TEST(ClientCard, foreign_host_is_the_callers_and_gets_no_token) {
  const auto at = [](const std::string& url, const std::string& base) {
    return choose(R"({"supportedInterfaces":[{"url":")" + url +
                      R"(","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]})",
                  {}, base)
        .text();
  };
  EXPECT_EQ(at("https://b.example/x", kBase), "jsonrpc 1.0 https://b.example/x");
  EXPECT_EQ(at("https://a.example:8443/x", kBase), "jsonrpc 1.0 https://a.example:8443/x");
  EXPECT_EQ(at("http://a.example:443/x", kBase), "jsonrpc 1.0 http://a.example:443/x");
  EXPECT_EQ(at("http://localhost:80/x", "http://127.0.0.1"), "jsonrpc 1.0 http://localhost:80/x");
  EXPECT_EQ(at("http://A.EXAMPLE.:80/x", "http://a.example"),
            "jsonrpc 1.0 http://A.EXAMPLE.:80/x operator token");
  ClientOptions options;
  options.author = http::UrlAuthor::caller;
  EXPECT_EQ(choose(kHybrid, options).text(), "rest 1.0 https://a.example/rest token");
}

TEST(ClientCard, nothing_to_speak_is_said) {
  for (
      const auto* card :
      {"{}", R"({"supportedInterfaces":7})", R"({"supportedInterfaces":[1,{"url":"x"}]})",
       R"({"supportedInterfaces":[{"url":"g:1","protocolBinding":"GRPC","protocolVersion":"1.0"}]})",
       R"({"supportedInterfaces":[{"url":"https://a/","protocolBinding":"JSONRPC","protocolVersion":"2.0"}]})",
       R"({"supportedInterfaces":[{"url":"no url","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]})"}) {
    const auto chosen = choose(card);
    EXPECT_EQ(chosen.text(), "none") << card;
    EXPECT_TRUE(chosen.error.contains("offers no interface")) << chosen.error;
  }
  EXPECT_TRUE(choose("<html>").error.contains("is not a JSON object"));
  EXPECT_TRUE(choose("[]").error.contains("is not a JSON object"));
}

// Errors.

Error read(const std::string& body, int status) {
  return read_error_text(body, status);
}

TEST(ClientError, every_reason_survives_both_forms) {
  const ErrorContext context;
  for (const auto reason :
       {reason::kTaskNotFound, reason::kTaskNotCancelable, reason::kPushNotificationNotSupported,
        reason::kUnsupportedOperation, reason::kContentTypeNotSupported,
        reason::kExtendedAgentCardNotConfigured, reason::kExtensionSupportRequired,
        reason::kVersionNotSupported, reason::kParseError, reason::kInvalidRequest,
        reason::kMethodNotFound, reason::kInvalidParams}) {
    Error error(Code::failed_precondition, reason, "what is wrong");
    error = std::move(error).with_metadata("taskId", "t-1").with_field("/a", "is b");
    std::string rpc;
    write_rpc_error(error, context, rpc);
    std::string rest;
    write_rest_error(error, context, rest);
    for (const auto& got :
         {read(rpc, 500), read(rest, 400), read(R"({"error":)" + rpc + "}", 200)}) {
      EXPECT_EQ(got.reason(), reason);
      EXPECT_EQ(got.message(), "what is wrong");
      ASSERT_EQ(got.metadata().size(), 1U);
      EXPECT_EQ(got.metadata().front().second, "t-1");
      ASSERT_EQ(got.violations().size(), 1U);
      EXPECT_EQ(got.violations().front().field, "/a");
    }
  }
}

TEST(ClientError, every_code_of_ours_survives_or_becomes_the_protocols) {
  const ErrorContext context;
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
    const Error error(static_cast<Code>(i), "what");
    std::string rpc;
    write_rpc_error(error, context, rpc);
    auto expected = error.code();
    if (expected == Code::data_loss) expected = Code::internal;  // not for others to know
    if (expected == Code::unimplemented) expected = Code::failed_precondition;
    if (expected == Code::failed_precondition && error.reason() == reason::kConflict)
      expected = Code::conflict;  // the default reason is all that there is
    EXPECT_EQ(read(rpc, 500).code(), expected) << rpc;
  }
}

TEST(ClientError, problem_of_our_own_server) {
  const auto problem = http::Response::problem(invalid("/limit", "too large"));
  const auto error = read(problem.body, problem.status);
  EXPECT_EQ(error.reason(), reason::kInvalidArgument);
  EXPECT_EQ(error.message(), "/limit: too large");
  ASSERT_EQ(error.violations().size(), 1U);
  EXPECT_EQ(error.violations().front().description, "too large");
}

TEST(ClientError, old_servers_give_numbers_only) {
  EXPECT_EQ(read(R"({"error":{"code":-32001,"message":"Task not found"}})", 200).reason(),
            reason::kTaskNotFound);
  EXPECT_EQ(read(R"({"code":-32602,"message":"bad","data":"free text"})", 400).reason(),
            reason::kInvalidParams);
}

TEST(ClientError, unknown_reason_is_kept_beside_the_nearest_known_one) {
  const auto error =
      read(R"({"error":{"code":-32004,"message":"x","data":[{"reason":"ODD"}]}})", 200);
  EXPECT_EQ(error.reason(), reason::kUnsupportedOperation);
  ASSERT_EQ(error.metadata().size(), 1U);
  EXPECT_EQ(error.metadata().front().second, "ODD");
}

TEST(ClientError, foreign_text_is_bounded_and_utf8) {
  std::string long_text;
  while (long_text.size() < 5000) long_text += "ä";
  EXPECT_LE(read("x" + long_text, 500).message().size(), 1100U);
  EXPECT_EQ(read("x\xff", 500).message(), "the agent answered 500: x");
  std::string many = R"({"message":"m","details":[{"metadata":{)";
  for (int i = 0; i < 100; ++i) many += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  many += R"(},"fieldViolations":[)";
  for (int i = 0; i < 100; ++i) many += i == 0 ? "{}" : ",{}";
  const auto error = read(many + "]}]}", 400);
  EXPECT_EQ(error.metadata().size(), 16U);
  EXPECT_EQ(error.violations().size(), 16U);
}

TEST(ClientError, status_decides_when_nothing_else_does) {
  const std::pair<int, Code> rows[] = {{400, Code::invalid_argument},
                                       {409, Code::conflict},
                                       {429, Code::resource_exhausted},
                                       {503, Code::unavailable},
                                       {302, Code::internal}};
  for (const auto& [status, code] : rows) EXPECT_EQ(read("", status).code(), code) << status;
}

}  // namespace
}  // namespace flotilla::a2a
