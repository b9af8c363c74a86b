#include "mcp/stdio_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <cstring>

#include "async/cancel.h"

namespace flotilla::mcp {

namespace asio = boost::asio;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPiece = std::size_t{64} << 10;

/// Closes what is still open.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(-1); }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  void reset(int fd) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  int fd_ = -1;
};

struct Pair {
  Descriptor ours;
  Descriptor theirs;
};

/// For the input a socket: writing to a pipe that nobody reads would be a signal for all of us.
std::optional<Pair> make_input() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) return std::nullopt;
  return Pair{Descriptor(fds[0]), Descriptor(fds[1])};
}
std::optional<Pair> make_output() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pair{Descriptor(fds[0]), Descriptor(fds[1])};
}

/// argv or envp; the texts outlive it.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> make_environment(const ProcessOptions& options) {
  std::vector<std::string> out;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    bool given = false;
    for (const auto& [own, value] : options.env) given = given || own == name;
    const char* value = std::getenv(name);
    if (!given && value != nullptr) out.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : options.env) out.push_back(name + "=" + value.reveal());
  return out;
}

class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  void connect(int input, int output, int errors, const std::string& cwd) {
    ::posix_spawn_file_actions_adddup2(&actions, input, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, 1);
    ::posix_spawn_file_actions_adddup2(&actions, errors, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, cwd.c_str());
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

Error no_process(int error) {
  return Error(Code::unavailable,
               fmt::format("no process could be started: {}", std::strerror(error)));
}

}  // namespace

struct StdioProcess::State {
  State(const Executor& executor, pid_t child, int to_child, int from_child, int child_errors,
        int pidfd)
      : pid(child),
        input(executor, asio::local::stream_protocol(), to_child),
        output(executor, from_child),
        errors(executor, child_errors),
        end(executor, pidfd) {}

  /// Takes the exit status if there is one. The rest of the group goes along, while the zombie
  /// still keeps its number from being used again.
  bool reap() {
    if (!ended.empty()) return true;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
      return false;
    ::kill(-pid, SIGKILL);
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
    ended =
        fmt::format("{} {}", info.si_code == CLD_EXITED ? "exit status" : "signal", info.si_status);
    return true;
  }
  void signal(int number) const {
    if (ended.empty()) ::kill(-pid, number);
  }

  pid_t pid;
  asio::local::stream_protocol::socket input;
  asio::posix::stream_descriptor output;
  asio::posix::stream_descriptor errors;
  asio::posix::stream_descriptor end;  // readable when the child has ended
  std::string ended;
};

StdioProcess::StdioProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

StdioProcess::~StdioProcess() {
  if (state_->reap()) return;
  state_->signal(SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(state_->pid), &info, WEXITED);
}

Result<std::unique_ptr<StdioProcess>> StdioProcess::start(const Executor& executor,
                                                          const ProcessOptions& options) {
  auto input = make_input();
  auto output = make_output();
  auto errors = make_output();
  if (!input || !output || !errors) return fail(no_process(errno));
  std::vector<std::string> words = {options.command};
  words.insert(words.end(), options.args.begin(), options.args.end());
  auto variables = make_environment(options);
  auto argv = pointers(words);
  auto envp = pointers(variables);
  SpawnSettings settings;
  settings.connect(input->theirs.get(), output->theirs.get(), errors->theirs.get(), options.cwd);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, options.command.c_str(), &settings.actions,
                                    &settings.attributes, argv.data(), envp.data());
  if (failed == ENOENT || failed == EACCES || failed == ENOTDIR || failed == ENOEXEC) {
    return fail(invalid(
        "command", fmt::format("cannot be run (or cwd is no folder): {}", std::strerror(failed))));
  }
  if (failed != 0) return fail(no_process(failed));
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const int error = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(no_process(error));
  }
  return std::unique_ptr<StdioProcess>(new StdioProcess(
      std::make_unique<State>(executor, pid, input->ours.release(), output->ours.release(),
                              errors->ours.release(), pidfd)));
}

Async<Result<>> StdioProcess::write(const std::string& bytes) {
  const auto [error, count] =
      co_await asio::async_write(state_->input, asio::buffer(bytes), kTuple);
  if (error) {
    co_return fail(
        Error(Code::unavailable, "the process does not read its input: " + error.message()));
  }
  co_return ok();
}

Async<std::optional<std::string>> StdioProcess::read_output() {
  std::string piece(kPiece, '\0');
  const auto [error, count] = co_await state_->output.async_read_some(asio::buffer(piece), kTuple);
  if (error) co_return std::nullopt;
  piece.resize(count);
  co_return piece;
}

Async<std::optional<std::string>> StdioProcess::read_errors() {
  std::string piece(kPiece, '\0');
  const auto [error, count] = co_await state_->errors.async_read_some(asio::buffer(piece), kTuple);
  if (error) co_return std::nullopt;
  piece.resize(count);
  co_return piece;
}

Async<std::string> StdioProcess::wait() {
  while (!state_->reap()) {
    const auto [error] =
        co_await state_->end.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
    if (error) throw boost::system::system_error(error);
  }
  co_return state_->ended;
}

void StdioProcess::kill() {
  state_->signal(SIGKILL);
}

Async<> StdioProcess::stop(Clock& clock, Duration pause) {
  boost::system::error_code ignored;
  state_->input.close(ignored);
  for (const int number : {SIGTERM, SIGKILL}) {
    auto end = wait();
    const auto deadline = clock.steady_now() + pause;
    auto how = co_await with_deadline(std::move(end), deadline, clock);
    if (how) co_return;
    state_->signal(number);
  }
  std::ignore = co_await wait();
}

}  // namespace flotilla::mcp
