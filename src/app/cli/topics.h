#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/list.h"

namespace flotilla::app {

struct PublishOptions {
  ClientFlags client;
  std::string name;
  std::string data;  // JSON; `-`: standard input
  std::string agent;
  bool shared = false;
  std::string context_id;
  std::string key;
  Format format = Format::human;
};

struct SubscribeOptions {
  ClientFlags client;
  std::vector<std::string> patterns;
  std::string durable;      // name of a subscription that is remembered
  std::string from;         // now, start or a cursor; empty: now, or where the durable one stands
  std::uint64_t count = 0;  // 0: without end
  Format format = Format::human;
};

struct SubscriptionOptions {
  ClientFlags client;
  std::string name;
};

/// `flotilla publish`: one event. Sending it again after a lost answer does not publish it twice.
Exit publish(const PublishOptions& options, Io& io);

/// `flotilla subscribe`: events as they come, over restarts of the server. A durable subscription
/// acknowledges what was printed.
Exit subscribe(const SubscribeOptions& options, Io& io);

/// `flotilla subscriptions list|delete`.
Exit list_subscriptions(const ListOptions& options, Io& io);
Exit delete_subscription(const SubscriptionOptions& options, Io& io);

}  // namespace flotilla::app
