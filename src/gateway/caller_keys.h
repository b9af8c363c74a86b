#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "async/clock.h"
#include "base/context.h"
#include "base/secret.h"
#include "http/message.h"

namespace flotilla::gateway {

/// Keys for models that callers send along with their messages (ModelConfig apiKeyPassthrough),
/// from the request that brought them to the run that needs them. In memory only, for kKept at
/// most: a run that goes on elsewhere has none. Thread-safe; at most kMost, the oldest go first.
class CallerKeys {
 public:
  static constexpr Duration kKept = std::chrono::hours(1);
  static constexpr std::size_t kMost = 10'000;

  explicit CallerKeys(Clock& clock) : clock_(clock) {}

  /// There is a model that needs them.
  void want() { wanted_ = true; }
  /// Keeps the key of a POST: `X-Flotilla-Model-Key`; and where callers need no credentials of
  /// ours, their bearer token. With credentials the token is ours, and goes to no provider.
  void take(const http::Request& request, bool authenticated);
  /// The request of this context brought this message.
  void bind(const Context& context, const std::string& message_id);
  /// Another message of ours that continues the work of one: a delegated task.
  void share(const std::string& owner, const std::string& message_id, const std::string& with);
  /// Of an owner's message.
  std::optional<Secret> find(const std::string& owner, const std::string& message_id);

 private:
  struct Key {
    Secret secret;
    SteadyTime since;
  };
  using Name = std::pair<std::string, std::string>;  // principal, and request or message
  struct Shelf {
    std::map<Name, Key> keys;
    std::deque<Name> order;  // as they came; some may be gone
  };
  void put(Shelf& shelf, Name name, Secret secret);

  Clock& clock_;
  std::atomic<bool> wanted_{false};
  std::mutex mutex_;
  Shelf requests_;
  Shelf messages_;
};

}  // namespace flotilla::gateway
