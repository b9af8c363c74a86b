#include "a2a/webhook.h"

#include <gtest/gtest.h>

namespace flotilla::a2a {
namespace {

constexpr const char* kStatus =
    R"({"statusUpdate":{"taskId":"t-1","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}})";
constexpr const char* kPiece = R"({"artifactUpdate":{"taskId":"t-1","contextId":"c","append":true,)"
                               R"("artifact":{"artifactId":"a","parts":[{"text":"x"}]}}})";

http::Request post(std::string body,
                   std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::Request request;
  request.method = http::Method::post;
  request.headers.add("Content-Type", "application/a2a+json");
  for (auto& [name, value] : headers) request.headers.add(std::move(name), std::move(value));
  request.body = std::move(body);
  return request;
}

WebhookOptions guarded() {
  WebhookOptions options;
  options.token = Secret("t0ken");
  options.credentials = Secret("cr3d");
  return options;
}

using Fields = std::vector<std::pair<std::string, std::string>>;
const std::string kToken = "X-A2A-Notification-Token";
const std::string kAuthorization = "Authorization";

TEST(Webhook, either_proof_is_enough_and_a_wrong_one_is_not) {
  const std::pair<Fields, bool> rows[] = {
      {{{kToken, "t0ken"}}, true},
      {{{kAuthorization, "Bearer cr3d"}}, true},
      {{{kAuthorization, "bearer  cr3d"}}, true},
      {{{kToken, "t0ken"}, {kAuthorization, "Bearer cr3d"}}, true},
      {{}, false},
      {{{kToken, "t0kem"}}, false},
      {{{kToken, ""}}, false},
      {{{kToken, "t0ken"}, {kAuthorization, "Bearer cr3e"}}, false},
      {{{kToken, "t0kem"}, {kAuthorization, "Bearer cr3d"}}, false},
      {{{kAuthorization, "Basic cr3d"}}, false},
      {{{kAuthorization, "cr3d"}}, false},
      {{{kAuthorization, "Bearer cr3d "}}, false},
  };
  for (const auto& [headers, good] : rows) {
    WebhookVerifier verifier(guarded());
    const auto event = verifier.accept(post(kStatus, headers));
    EXPECT_EQ(event.has_value(), good) << (headers.empty() ? "" : headers.front().second);
    if (event) continue;
    EXPECT_EQ(event.error().code(), Code::unauthenticated);
  }
}

TEST(Webhook, proof_that_the_config_does_not_have_says_nothing) {
  WebhookOptions options;
  options.token = Secret("t0ken");
  WebhookVerifier verifier(options);
  EXPECT_TRUE(verifier.accept(post(kStatus, {{kToken, "t0ken"}, {kAuthorization, "Bearer x"}})));
  EXPECT_FALSE(verifier.accept(post(kStatus, {{kAuthorization, "Bearer t0ken"}})));
  EXPECT_TRUE(WebhookVerifier(WebhookOptions()).accept(post(kStatus)));
}

TEST(Webhook, bodies_of_both_versions) {
  struct Row {
    const char* body;
    const char* stated;
    Version version;
  };
  const Row rows[] = {
      {R"({"task":{"id":"t-1","status":{"state":"TASK_STATE_COMPLETED"}}})", "", Version::v1_0},
      {kStatus, "1.0", Version::v1_0},
      {R"({"status_update":{"task_id":"t-1","context_id":"c","status":{"state":3}}})", "1.0",
       Version::v1_0},
      {R"({"kind":"task","id":"t-1","contextId":"c","status":{"state":"completed"}})", "",
       Version::v0_3},
      {R"({"kind":"status-update","taskId":"t-1","contextId":"c","final":true,)"
       R"("status":{"state":"completed"}})",
       "1.0", Version::v0_3},
      {R"({"id":"t-1","status":{"state":"completed"}})", "", Version::v0_3},
      {R"({"task":{"id":"t-1","status":{"state":"TASK_STATE_CANCELLED"}}})", "0.3", Version::v0_3},
  };
  for (const auto& row : rows) {
    WebhookOptions options;
    options.task_id = "t-1";
    WebhookVerifier verifier(options);
    const auto event = verifier.accept(post(row.body, {{"A2A-Version", row.stated}}));
    ASSERT_TRUE(event) << row.body << ": " << event.error().message();
    EXPECT_EQ(event->version, row.version) << row.body;
    EXPECT_TRUE(event->item.task || event->item.statusUpdate);
  }
}

TEST(Webhook, what_is_no_event_is_refused) {
  WebhookOptions options;
  options.task_id = "t-1";
  options.body_limit = 400;
  WebhookVerifier verifier(options);
  const auto code = [&](const http::Request& request) {
    const auto event = verifier.accept(request);
    EXPECT_FALSE(event) << request.body;
    return event ? Code::internal : event.error().code();
  };
  for (
      const std::string body :
      {"", "[]", "{}", "null", "{\"kind\":\"x\"}", R"({"task":null})",
       R"({"statusUpdate":{"taskId":"t-2","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}})",
       R"({"task":{"id":"t-1","status":{"state":"TASK_STATE_WORKING"}},"message":{"messageId":"m","role":"ROLE_AGENT","parts":[]}})"})
    EXPECT_EQ(code(post(body)), Code::invalid_argument) << body;
  EXPECT_EQ(code(post(std::string(401, ' '))), Code::invalid_argument);
  auto request = post(kStatus);
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(code(request), Code::invalid_argument);
  request = post(kStatus);
  request.method = http::Method::put;
  EXPECT_EQ(code(request), Code::invalid_argument);
}

TEST(Webhook, repeats_are_recognised_until_forgotten) {
  WebhookVerifier verifier(WebhookOptions{});
  const auto first = verifier.accept(post(kStatus));
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(verifier.accept(post(kStatus))->repeated);
  verifier.forget(*first);
  EXPECT_FALSE(verifier.accept(post(kStatus))->repeated);
  // Equal pieces of an artifact are different events, unless the sender names them.
  EXPECT_FALSE(verifier.accept(post(kPiece))->repeated);
  EXPECT_FALSE(verifier.accept(post(kPiece))->repeated);
  EXPECT_FALSE(verifier.accept(post(kPiece, {{"Idempotency-Key", "t-1/7"}}))->repeated);
  EXPECT_TRUE(verifier.accept(post(kPiece, {{"Idempotency-Key", "t-1/7"}}))->repeated);
  EXPECT_FALSE(verifier.accept(post(kPiece, {{"Idempotency-Key", "t-1/8"}}))->repeated);
}

TEST(Webhook, memory_of_repeats_is_bounded) {
  WebhookOptions options;
  options.remembered = 2;
  WebhookVerifier verifier(options);
  const auto repeated = [&](const std::string& key) {
    return verifier.accept(post(kPiece, {{"Idempotency-Key", key}}))->repeated;
  };
  EXPECT_FALSE(repeated("1"));
  EXPECT_FALSE(repeated("2"));
  EXPECT_FALSE(repeated("3"));
  EXPECT_TRUE(repeated("2"));
  EXPECT_TRUE(repeated("3"));
  EXPECT_FALSE(repeated("1"));
}

TEST(Webhook, unauthenticated_delivery_is_not_remembered) {
  WebhookVerifier verifier(guarded());
  EXPECT_FALSE(verifier.accept(post(kStatus)));
  EXPECT_FALSE(verifier.accept(post(kStatus, {{kToken, "t0ken"}}))->repeated);
}

TEST(Webhook, answers) {
  WebhookVerifier verifier(guarded());
  EXPECT_EQ(WebhookVerifier::answer(verifier.accept(post(kStatus))).status, 401);
  EXPECT_EQ(WebhookVerifier::answer(verifier.accept(post("{}", {{kToken, "t0ken"}}))).status, 400);
  EXPECT_EQ(WebhookVerifier::answer(verifier.accept(post(kStatus, {{kToken, "t0ken"}}))).status,
            204);
}

}  // namespace
}  // namespace flotilla::a2a
