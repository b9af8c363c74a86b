#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agents/named_values_internal.h"
#include "async/async.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/agent_resource.h"
#include "gateway/remote_agent.h"
#include "mcp/stdio_process.h"

namespace flotilla::agents {

/// The program of one byo agent: started when it is asked for (or at once), from then on started
/// again with a growing pause when it ends, stopped with us. It serves A2A on 127.0.0.1 at the port
/// in PORT, which stays the same over restarts, so that streams find it again.
///
/// Lives on one loop; the constructor may run anywhere. stop() before the end.
class ByoProcess {
 public:
  struct Services {
    Executor home;
    Clock& clock;
    gateway::RemoteAgentServices remote;
    /// Values of spec.env; asked before each start.
    std::function<Async<Result<NamedSecrets>>()> environment;
    /// It began or ceased to answer. On the loop.
    std::function<void()> changed;
  };
  ByoProcess(Services services, std::string name, core::ByoAgent spec);

  /// Starts it if it does not run, waits until its card can be read; the base URL. unavailable says
  /// how it ended and what it said last.
  Async<Result<std::string>> ready();
  [[nodiscard]] bool running() const { return state_ == State::running; }
  /// How its last start or run ended; nullopt: it was not tried, or it runs.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  Async<> stop();

 private:
  enum class State : std::uint8_t { stopped, starting, running };
  Async<> supervise();
  Async<Result<>> start_once();
  Async<Result<std::string>> wait_for_card();
  Async<> read_output();
  Async<> read_errors();
  Async<> end_process();
  void set(State state);
  [[nodiscard]] std::string base_url() const;
  [[nodiscard]] Error ended(const std::string& how) const;

  Services services_;
  std::string name_;
  core::ByoAgent spec_;
  std::uint16_t port_ = 0;
  State state_ = State::stopped;
  bool supervised_ = false;
  std::uint64_t attempts_ = 0;  // that came to an end, well or not
  std::uint64_t waiting_ = 0;
  int failures_ = 0;  // in a row
  bool ran_ = false;  // the last time
  std::string last_words_;
  std::optional<Error> error_;
  std::unique_ptr<mcp::StdioProcess> process_;
  Notifier changed_;
  std::unique_ptr<TaskGroup> pumps_;
  std::unique_ptr<TaskGroup> group_;  // made on the loop
};

}  // namespace flotilla::agents
