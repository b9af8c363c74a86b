#pragma once

#include <string>

#include "a2a/types.h"
#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "core/outbox.h"
#include "gateway/push_sender.h"

namespace flotilla::gateway {

/// Webhooks as A2A says them, over core's. Thread-safe.
class Push {
 public:
  Push(core::Outbox& outbox, PushSender& sender) : outbox_(outbox), sender_(sender) {}

  /// Checks that the URL may be called; `at` is the pointer of the config, for errors.
  Async<Result<core::PushConfig>> accept(a2a::TaskPushNotificationConfig config, std::string at);
  /// As it was given; its token and credentials to its owner only.
  static a2a::TaskPushNotificationConfig to_wire(const core::PushRow& row, const Principal& reader);
  [[nodiscard]] core::Outbox& outbox() { return outbox_; }

 private:
  core::Outbox& outbox_;
  PushSender& sender_;
};

}  // namespace flotilla::gateway
