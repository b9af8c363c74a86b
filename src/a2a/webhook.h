#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

#include "a2a/types.h"
#include "a2a/version.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace flotilla::a2a {

/// What a push notification config was made with. Senders show the token, the credentials, or
/// both: one that fits is enough, one that does not fit is refused. With neither, whoever knows the
/// URL may send.
struct WebhookOptions {
  Secret token;                   // X-A2A-Notification-Token
  std::string scheme = "Bearer";  // of Authorization
  Secret credentials;
  std::string task_id;  // events of another task are refused; empty: any task
  std::size_t body_limit = std::size_t{4} << 20;
  /// So many past deliveries are recognised when they come again.
  std::size_t remembered = 4096;
};

struct WebhookEvent {
  StreamResponse item;  // one member is set
  Version version = Version::v1_0;
  /// It was accepted before: senders repeat what they got no answer to. Answer it, do nothing.
  bool repeated = false;
  /// Names the delivery; empty when equal deliveries may be different events (a piece that is
  /// appended to an artifact, from a sender without `Idempotency-Key`).
  std::string key;
};

/// The receiving end of push notifications (A2A 1.0 section 4.3.3, 0.3 section 9.5): checks who
/// sends, in constant time, reads both versions' bodies, recognises repeats. One object for each
/// config; thread-safe.
///
/// Deliveries may come out of order: where the state matters, ask for the task (GetTask).
class WebhookVerifier {
 public:
  explicit WebhookVerifier(WebhookOptions options) : options_(std::move(options)) {}

  /// unauthenticated: not from the sender of this config; invalid_argument: not an event.
  Result<WebhookEvent> accept(const http::Request& request);
  /// The event could not be dealt with: its repeat counts as new.
  void forget(const WebhookEvent& event);
  /// 204, or the error; one that says `unavailable` makes a sender try again.
  static http::Response answer(const Result<WebhookEvent>& event);

 private:
  [[nodiscard]] Result<> authenticate(const http::Request& request) const;
  bool is_repeat(const std::string& key);

  WebhookOptions options_;
  std::mutex mutex_;
  std::unordered_set<std::string> keys_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace flotilla::a2a
