#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "base/result.h"
#include "core/outbox.h"
#include "http/client.h"
#include "http/egress.h"

namespace flotilla::gateway {

/// What a webhook of a task is sent (A2A 1.0 section 4.3.3, a2a.md 4.7).
Result<http::ClientRequest> push_request(const core::PushRow& row,
                                         const core::PushPayload& payload);

/// Sends what the outbox has for webhooks: one POST for each event, under the egress policy of what
/// callers write (I7). Redirects are not followed. Lives on one loop; check() from any.
class PushSender final : public core::PushDelivery {
 public:
  PushSender(Executor loop, Clock& clock, BlockingPool& resolver, const http::EgressPolicy& egress,
             http::Lookup lookup = http::system_lookup);
  Async<core::PushOutcome> deliver(const core::PushRow& row,
                                   const core::PushPayload& payload) override;
  /// Whether the URL may be stored: well-formed, resolved, and allowed. invalid_argument at
  /// `field`.
  Async<Result<>> check(std::string url, std::string field);

 private:
  Executor loop_;
  Clock& clock_;
  http::Client client_;
};

}  // namespace flotilla::gateway
