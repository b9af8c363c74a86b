#include "app/cli/mcp.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <istream>
#include <optional>
#include <ostream>
#include <utility>

#include "app/cli/remote.h"
#include "app/version.h"
#include "async/blocking_pool.h"
#include "mcp/stdio_bridge.h"

namespace flotilla::app {

namespace {

constexpr std::size_t kLineLimit = std::size_t{16} << 20;

/// The next line without its end; nullopt at the end of input.
Result<std::optional<std::string>> read_line(std::istream& in) {
  std::string line;
  auto* buffer = in.rdbuf();
  for (;;) {
    const auto c = buffer->sbumpc();
    if (c == std::char_traits<char>::eof()) {
      if (line.empty()) return std::optional<std::string>();
      return std::optional<std::string>(std::move(line));
    }
    if (c == '\n') return std::optional<std::string>(std::move(line));
    if (line.size() >= kLineLimit)
      return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                        "a line of standard input is longer than 16 MiB"));
    line.push_back(static_cast<char>(c));
  }
}

mcp::BridgeOptions bridge_options(const Remote& remote, const McpOptions& options) {
  mcp::BridgeOptions out;
  out.url = remote.target().url + "/mcp" + query_of({{"profile", options.profile}});
  out.headers.add("User-Agent", fmt::format("flotilla/{}", kVersion));
  if (!remote.target().token.empty())
    out.headers.add("Authorization", "Bearer " + remote.target().token.reveal());
  return out;
}

/// Before the client is told anything: a bridge to nowhere helps nobody.
Async<Result<>> check_server(Remote& remote) {
  http::ClientRequest request;
  request.url = remote.target().url + "/health/live";
  request.timeout = std::chrono::seconds(10);
  auto response = co_await remote.http().fetch(std::move(request));
  if (response) co_return ok();
  const Error why = remote.explain(response.error());
  co_return fail(Error(why.code(), why.reason(),
                       why.message() + "; start it with `flotilla serve`, or name another with "
                                       "--server or FLOTILLA_URL"));
}

Async<Result<Exit>> bridge(Remote& remote, McpOptions options, Io& io) {
  CO_TRY_VOID(co_await check_server(remote));
  const auto executor = co_await boost::asio::this_coro::executor;
  BlockingPool reader("stdin", 1, 1);
  auto write = [&io](const std::string& line) { io.out << line << '\n' << std::flush; };
  mcp::StdioBridge stdio(executor, remote.http(), system_clock(), bridge_options(remote, options),
                         std::move(write));
  Result<> fault = ok();
  for (;;) {
    auto work = [&io] { return read_line(io.in); };
    auto line = co_await reader.run<std::optional<std::string>>(std::move(work));
    if (!line) fault = fail(line.error());
    if (!line || !*line) break;
    co_await stdio.take(std::move(**line));
  }
  co_await stdio.finish();
  if (!fault) co_return fail(fault.error());
  co_return Exit::done;
}

}  // namespace

Exit mcp_bridge(const McpOptions& options, Io& io) {
  auto work = [&options, &io](Remote& remote) { return bridge(remote, options, io); };
  return run_remote(options.client, io, std::move(work));
}

}  // namespace flotilla::app
