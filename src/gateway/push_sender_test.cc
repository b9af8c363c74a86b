#include "gateway/push_sender.h"

#include <gtest/gtest.h>

// What a webhook is sent; that it arrives is for tests/integration/push.py.
namespace flotilla::gateway {
namespace {

core::PushRow row_of(bool legacy) {
  core::PushRow row;
  row.task = core::TaskId::parse("01900000-0000-7000-8000-000000000001").value();
  row.config.url = "https://h.example/hook?x=1";
  row.config.legacy = legacy;
  row.config.token = Secret("n-1");
  row.config.scheme = "Bearer";
  row.config.credentials = Secret("s3");
  return row;
}

core::PushPayload payload_of(core::EventKind kind, std::string json, bool whole_task = false) {
  core::PushPayload payload;
  payload.seq = 7;
  payload.kind = kind;
  payload.json = std::move(json);
  payload.whole_task = whole_task;
  return payload;
}

http::ClientRequest request_of(const core::PushRow& row, const core::PushPayload& payload) {
  auto request = push_request(row, payload);
  EXPECT_TRUE(request);
  return request ? std::move(*request) : http::ClientRequest{};
}

TEST(PushSender, an_event_is_a_stream_response) {
  const auto row = row_of(false);
  auto request = request_of(row, payload_of(core::EventKind::status, R"({"taskId":"t"})"));
  EXPECT_EQ(request.method, http::Method::post);
  EXPECT_EQ(request.url, row.config.url);
  EXPECT_EQ(request.author, http::UrlAuthor::caller);
  EXPECT_EQ(request.body, R"({"statusUpdate":{"taskId":"t"}})");
  EXPECT_EQ(request.headers.find("Content-Type"), "application/a2a+json");
  EXPECT_EQ(request.headers.find("A2A-Version"), "1.0");
  EXPECT_EQ(request.headers.find("Authorization"), "Bearer s3");
  EXPECT_EQ(request.headers.find("X-A2A-Notification-Token"), "n-1");
  EXPECT_EQ(request.headers.find("Idempotency-Key"), "01900000-0000-7000-8000-000000000001/7");
  request = request_of(row, payload_of(core::EventKind::artifact, "{}"));
  EXPECT_EQ(request.body, R"({"artifactUpdate":{}})");
}

TEST(PushSender, the_old_version_gets_the_task) {
  const auto request = request_of(
      row_of(true),
      payload_of(core::EventKind::status,
                 R"({"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}})", true));
  EXPECT_EQ(request.body,
            R"({"kind":"task","id":"t","contextId":"c","status":{"state":"completed"}})");
  EXPECT_EQ(request.headers.find("Content-Type"), "application/json");
  EXPECT_FALSE(request.headers.find("A2A-Version"));
}

TEST(PushSender, what_cannot_be_translated_is_not_sent) {
  EXPECT_FALSE(push_request(row_of(true), payload_of(core::EventKind::status, "no JSON", true)));
}

TEST(PushSender, a_webhook_without_secrets_gets_none) {
  core::PushRow row;
  row.config.url = "https://h.example/";
  auto request = request_of(row, payload_of(core::EventKind::status, "{}"));
  EXPECT_FALSE(request.headers.find("Authorization"));
  EXPECT_FALSE(request.headers.find("X-A2A-Notification-Token"));
  row.config.scheme = "Negotiate";  // one that needs no credentials
  request = request_of(row, payload_of(core::EventKind::status, "{}"));
  EXPECT_EQ(request.headers.find("Authorization"), "Negotiate");
}

}  // namespace
}  // namespace flotilla::gateway
