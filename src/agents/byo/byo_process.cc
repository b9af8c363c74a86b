#include "agents/byo/byo_process.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "async/cancel.h"
#include "base/log.h"

namespace flotilla::agents {

namespace {

constexpr Log kLog("byo");
constexpr Duration kCardPause = std::chrono::milliseconds(20);
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(1);
/// One that ran so long has no fault in its start.
constexpr Duration kRanWell = std::chrono::minutes(1);
/// After its input is closed, which few programs mind, and again after SIGTERM.
constexpr Duration kStopPause = std::chrono::milliseconds(500);
constexpr std::size_t kLastWords = 2048;

/// A port of 127.0.0.1 that nobody has now. Somebody may take it before the child does: then the
/// child ends, and the next start takes another one.
Result<std::uint16_t> free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(Error(Code::unavailable, "there is no socket left"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* place = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(fd, place, size) == 0 && ::getsockname(fd, place, &size) == 0;
  ::close(fd);
  if (!bound) return fail(Error(Code::unavailable, "there is no port left"));
  return ntohs(address.sin_port);
}

Async<bool> truly(Async<> work) {
  co_await std::move(work);
  co_return true;
}

}  // namespace

ByoProcess::ByoProcess(Services services, std::string name, core::ByoAgent spec)
    : services_(std::move(services)),
      name_(std::move(name)),
      spec_(std::move(spec)),
      changed_(services_.home) {}

std::string ByoProcess::base_url() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

void ByoProcess::set(State state) {
  const bool told = (state == State::running) != (state_ == State::running);
  state_ = state;
  changed_.notify_all();
  if (told && services_.changed) services_.changed();
}

Async<Result<std::string>> ByoProcess::ready() {
  if (state_ == State::running) co_return base_url();
  if (!std::exchange(supervised_, true)) {
    group_ = std::make_unique<TaskGroup>(services_.home);
    group_->spawn(supervise());
  }
  ++waiting_;
  changed_.notify_all();
  const auto before = attempts_;
  const auto until = services_.clock.steady_now() + spec_.startTimeout + kLongestPause;
  bool late = false;
  // A cancelled wait is still taken back, by the attempt that it asked for.
  while (state_ != State::running && attempts_ == before && !late) {
    auto change = changed_.wait();
    auto done = truly(std::move(change));
    late = !co_await with_deadline(std::move(done), until, services_.clock);
  }
  if (state_ == State::running) co_return base_url();
  co_return fail(error_.value_or(Error(Code::unavailable, name_ + " was not started in time")));
}

Async<> ByoProcess::supervise() {
  for (;;) {
    // Once it has run it is kept running: tasks may be under way.
    while (waiting_ == 0 && !ran_ && spec_.start == core::ByoStart::on_demand)
      co_await changed_.wait();
    if (failures_ > 0) {
      const auto doubled = std::min(failures_ - 1, 6);
      co_await services_.clock.sleep_for(
          std::min(kLongestPause, kFirstPause * (std::int64_t{1} << doubled)));
    }
    set(State::starting);
    const auto began = services_.clock.steady_now();
    const auto started = co_await start_once();
    if (started) {
      error_.reset();
      waiting_ = 0;
      set(State::running);
      const auto how = co_await process_->wait();
      error_ = ended(how);
    } else {
      error_ = started.error();
      port_ = 0;
    }
    ran_ = started.has_value();
    const bool well = started && services_.clock.steady_now() - began >= kRanWell;
    failures_ = well ? 0 : failures_ + 1;
    kLog.warn("an agent's program ended", {{"agent", name_}, {"why", error_->message()}});
    co_await end_process();
    ++attempts_;
    waiting_ = 0;
    set(State::stopped);
  }
}

Async<Result<>> ByoProcess::start_once() {
  last_words_.clear();
  if (port_ == 0) {
    CO_TRY(port, free_port());
    port_ = port;
  }
  mcp::ProcessOptions options;
  CO_TRY(environment, co_await services_.environment());
  options.env = std::move(environment);
  options.env.emplace_back("PORT", Secret(std::to_string(port_)));
  options.command = *spec_.command;
  options.args = spec_.args;
  options.cwd = spec_.cwd.value_or("");
  auto process = mcp::StdioProcess::start(services_.home, options);
  if (!process)
    co_return fail(Error(Code::failed_precondition,
                         fmt::format("{}: {}", *spec_.command, process.error().message())));
  process_ = std::move(*process);
  pumps_ = std::make_unique<TaskGroup>(services_.home);
  pumps_->spawn(read_output());
  pumps_->spawn(read_errors());
  CO_TRY(fault, co_await wait_for_card());
  if (fault.empty()) co_return ok();
  co_return fail(Error(Code::unavailable, std::move(fault)));
}

/// Empty once its card can be read; else why it never will.
Async<Result<std::string>> ByoProcess::wait_for_card() {
  const auto until = services_.clock.steady_now() + spec_.startTimeout;
  std::string why;
  while (services_.clock.steady_now() < until) {
    gateway::RemotePeer peer;
    peer.base_url = base_url();
    const auto card = co_await gateway::read_remote_card(services_.remote, std::move(peer));
    if (card) co_return std::string();
    why = card.error().message();
    auto end = process_->wait();
    const auto next = services_.clock.steady_now() + kCardPause;
    const auto how = co_await with_deadline(std::move(end), next, services_.clock);
    if (how) co_return std::string(ended(*how).message());
  }
  co_return fmt::format("{} gave no agent card at {} within {}: {}", *spec_.command, base_url(),
                        format_duration(spec_.startTimeout), why);
}

Error ByoProcess::ended(const std::string& how) const {
  return Error(Code::unavailable,
               fmt::format("{} ended ({}){}{}", *spec_.command, how,
                           last_words_.empty() ? "" : "; it said last: ", last_words_));
}

Async<> ByoProcess::read_output() {
  while (co_await process_->read_output()) {
  }
}

/// Keeps the end of it, for whoever asks why it ended.
Async<> ByoProcess::read_errors() {
  while (auto piece = co_await process_->read_errors()) {
    last_words_ += *piece;
    if (last_words_.size() > kLastWords) last_words_.erase(0, last_words_.size() - kLastWords);
  }
}

Async<> ByoProcess::end_process() {
  if (process_) co_await process_->stop(services_.clock, kStopPause);
  if (pumps_) {
    pumps_->cancel();
    co_await pumps_->join();
  }
  pumps_.reset();
  process_.reset();
}

Async<> ByoProcess::stop() {
  if (group_) {
    group_->cancel();
    co_await group_->join();
    co_await end_process();
    group_.reset();
  }
  error_ = Error(Code::unavailable, name_ + " was stopped");
  ++attempts_;
  set(State::stopped);
}

}  // namespace flotilla::agents
