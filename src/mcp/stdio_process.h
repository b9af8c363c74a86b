#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace flotilla::mcp {

struct ProcessOptions {
  std::string command;  // found in our PATH unless it has a slash
  std::vector<std::string> args;
  std::vector<std::pair<std::string, Secret>> env;  // beside PATH, HOME, LANG of ours
  std::string cwd;
};

/// A child process that is spoken to by lines: no shell, a process group of its own, no other
/// descriptor of ours, default signals. Lives on one loop; one reader of each stream and one writer
/// at a time. Destruction kills the group; stop() is the polite way.
class StdioProcess {
 public:
  /// Errors: invalid_argument (command, cwd), unavailable (no processes left).
  static Result<std::unique_ptr<StdioProcess>> start(const Executor& executor,
                                                     const ProcessOptions& options);
  StdioProcess(const StdioProcess&) = delete;
  StdioProcess& operator=(const StdioProcess&) = delete;
  ~StdioProcess();

  /// All bytes; unavailable when the child does not read any more.
  Async<Result<>> write(const std::string& bytes);
  /// The next piece; nullopt at the end.
  Async<std::optional<std::string>> read_output();
  Async<std::optional<std::string>> read_errors();
  /// Waits for the end; `exit status 3`, `signal 9`.
  Async<std::string> wait();
  /// Closes its input, then asks it to end (SIGTERM), then makes it (SIGKILL); a pause after each.
  /// Somebody goes on reading the streams meanwhile.
  Async<> stop(Clock& clock, Duration pause);
  /// For a child that cannot be reasoned with.
  void kill();

 private:
  struct State;
  explicit StdioProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::mcp
