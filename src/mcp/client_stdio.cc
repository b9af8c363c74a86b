#include <fmt/format.h>

#include <exception>

#include "async/cancel.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/log.h"
#include "mcp/client_transport_internal.h"
#include "mcp/stdio_process.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr std::size_t kQueuedMessages = 64;
constexpr Duration kStopPause = std::chrono::seconds(2);
/// What a child may say on stderr in a minute before the log stops to listen.
constexpr int kLogLinesPerMinute = 300;

/// Cuts bytes into lines of bounded length.
class LineReader {
 public:
  explicit LineReader(std::size_t limit) : limit_(limit) {}
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole line.
  std::optional<std::string> next() {
    const auto end = buffer_.find('\n', at_);
    if (end == std::string::npos) {
      buffer_.erase(0, std::exchange(at_, 0));
      return std::nullopt;
    }
    std::string line = buffer_.substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
  [[nodiscard]] bool too_long() const { return buffer_.size() - at_ > limit_; }
  /// What there is of a line that does not end.
  std::string take() {
    at_ = 0;
    return std::exchange(buffer_, {});
  }

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t at_ = 0;
};

/// A child process that speaks one message per line (mcp.md 2.1).
class StdioTransport final : public Transport {
 public:
  StdioTransport(const TransportContext& context, Executor executor,
                 std::unique_ptr<StdioProcess> process)
      : context_(context),
        process_(std::move(process)),
        queue_(executor, kQueuedMessages),
        group_(executor) {
    group_.spawn(read_messages());
    group_.spawn(read_log());
    writer_ = group_.spawn(write_messages());
  }

  Async<Result<>> send(std::shared_ptr<const Outgoing> message) override {
    const bool sent = co_await queue_.send(std::move(message));
    if (!sent) co_return fail(Error(Code::unavailable, "the process has ended"));
    co_return ok();
  }
  void agree(Revision /*revision*/) override {}
  Async<> follow() override { co_return; }
  [[nodiscard]] bool is_exchange() const override { return false; }
  [[nodiscard]] ClientTransport kind() const override { return ClientTransport::stdio; }
  [[nodiscard]] std::uint64_t session() const override { return 0; }
  void forget_session() override {}
  Async<> stop() override;

 private:
  Async<> read_messages();
  Async<Error> read_until_the_end();
  Async<> read_log();
  void log_line(const std::string& line);
  Async<> write_messages();

  TransportContext context_;
  std::unique_ptr<StdioProcess> process_;
  Channel<std::shared_ptr<const Outgoing>> queue_;
  TaskGroup::Child writer_{};
  SteadyTime log_window_;
  int log_lines_ = 0;
  TaskGroup group_;
};

Async<> StdioTransport::write_messages() {
  for (;;) {
    auto message = co_await queue_.receive();
    if (!message) co_return;
    std::string line = (*message)->text;
    line += '\n';
    auto written = co_await process_->write(line);
    if (!written) {
      // The reader notices the end too, and knows more of it.
      queue_.close();
      co_return;
    }
  }
}

Async<> StdioTransport::read_messages() {
  auto error = co_await read_until_the_end();
  // Nobody reads what it says from here on; for one that has ended this is nothing.
  process_->kill();
  queue_.close();
  context_.sink.closed(error);
}

Async<Error> StdioTransport::read_until_the_end() {
  const auto limit = context_.options.limits.message_bytes;
  LineReader lines(limit);
  for (;;) {
    auto piece = co_await process_->read_output();
    if (!piece) break;
    lines.feed(*piece);
    while (auto line = lines.next()) {
      if (line->empty()) continue;
      if (line->size() > limit) co_return broken_protocol("a message is too large");
      const bool good =
          co_await deliver(context_.sink, context_.options.limits, std::move(*line), std::nullopt);
      if (!good) co_return broken_protocol("the process prints what is no message");
    }
    if (lines.too_long()) {
      co_return Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("the process sent a message of over {} bytes", limit));
    }
  }
  auto end = process_->wait();
  const auto deadline = context_.clock.steady_now() + kStopPause;
  auto how = co_await with_deadline(std::move(end), deadline, context_.clock);
  co_return Error(Code::unavailable,
                  "the process has ended: " + how.value_or("it closed its output"));
}

Async<> StdioTransport::read_log() {
  LineReader lines(context_.options.limits.stderr_line_bytes);
  for (;;) {
    auto piece = co_await process_->read_errors();
    if (!piece) co_return;
    lines.feed(*piece);
    while (auto line = lines.next()) log_line(*line);
    if (lines.too_long()) log_line(lines.take());
  }
}

void StdioTransport::log_line(const std::string& line) {
  const auto now = context_.clock.steady_now();
  if (now - log_window_ > std::chrono::minutes(1)) {
    log_window_ = now;
    log_lines_ = 0;
  }
  if (++log_lines_ > kLogLinesPerMinute) return;
  const auto text = std::string_view(line).substr(0, context_.options.limits.stderr_line_bytes);
  kLog.info("a tool server says", {{"command", context_.options.command}, {"line", text}});
  if (log_lines_ == kLogLinesPerMinute)
    kLog.warn("a tool server says too much", {{"command", context_.options.command}});
}

Async<> StdioTransport::stop() {
  queue_.close();
  group_.cancel(writer_);
  co_await process_->stop(context_.clock, kStopPause);
  group_.cancel();
  co_await group_.join();
}

}  // namespace

Async<Result<std::unique_ptr<Transport>>> open_stdio_transport(TransportContext context) {
  auto executor = co_await boost::asio::this_coro::executor;
  ProcessOptions options;
  options.command = context.options.command;
  options.args = context.options.args;
  options.env = context.options.env;
  options.cwd = context.options.cwd;
  auto process = StdioProcess::start(executor, options);
  if (!process) co_return fail(process.error());
  co_return std::make_unique<StdioTransport>(context, executor, std::move(*process));
}

}  // namespace flotilla::mcp
