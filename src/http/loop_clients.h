#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "http/client.h"

namespace flotilla::http {

/// A Client for each loop that asks for one, for code that is called on any loop. Thread-safe;
/// ends after the calls, with or after the loops.
class LoopClients {
 public:
  LoopClients(Clock& clock, BlockingPool& resolver, const EgressPolicy& egress,
              ClientOptions options);
  ~LoopClients();
  /// The client of a coroutine's own loop: `clients.on(co_await this_coro::executor)`.
  Client& on(const Executor& loop);

 private:
  struct Entry;
  Clock& clock_;
  BlockingPool& resolver_;
  const EgressPolicy& egress_;
  ClientOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace flotilla::http
