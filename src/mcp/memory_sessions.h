#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/clock.h"
#include "mcp/session_store.h"

namespace flotilla::mcp {

/// Sessions that die with the process: for tests, and for servers without a database.
class MemorySessions final : public SessionStore {
 public:
  struct Limits {
    Duration idle = std::chrono::hours(1);
    std::size_t sessions = 1'000;               // of one principal
    std::size_t bytes = std::size_t{64} << 20;  // in all streams of a session
  };
  MemorySessions(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

  Async<Result<>> create(SessionRecord record) override;
  Async<Result<SessionRecord>> find(std::string id) override;
  Async<Result<>> update(SessionRecord record) override;
  Async<Result<>> remove(std::string id) override;
  Async<Result<std::uint64_t>> append(std::string session, std::string stream,
                                      std::string data) override;
  Async<Result<std::vector<StreamEvent>>> read(std::string session, std::string stream,
                                               std::uint64_t after, std::size_t limit) override;

 private:
  struct Entry {
    SessionRecord record;
    SteadyTime used;
    std::size_t bytes = 0;
    std::map<std::string, std::vector<StreamEvent>, std::less<>> streams;
  };
  /// Null when there is none; forgets the expired one. Locked.
  Entry* live(const std::string& id);
  void drop_expired();

  Clock& clock_;
  const Limits limits_;
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> sessions_;
};

}  // namespace flotilla::mcp
