// What the server itself costs, without the house on top of it:
//   http_bench serve PORT [LOOPS]   /health/live, /echo (POST) and /events for a load generator
//   http_bench idle COUNT           resident memory of COUNT idle subscribers
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "async/event.h"
#include "async/loops.h"
#include "http/router.h"
#include "http/server.h"
#include "http/sse.h"
#include "telemetry/metrics.h"

namespace {

using namespace flotilla;

Async<http::Response> live(http::Request& /*request*/) {
  co_return http::Response::json(200, R"({"status":"ok"})");
}

Async<http::Response> echo(http::Request& request) {
  co_return http::Response::json(200, std::move(request.body));
}

Async<> wait_for_ever(http::BodyWriter& body) {
  http::SseWriter writer(body);
  http::SseEvent event;
  event.id = "1";
  event.prefix = R"({"hello":"subscriber"})";
  const auto sent = co_await writer.send(std::move(event));
  if (!sent) co_return;
  Notifier never(co_await boost::asio::this_coro::executor);
  co_await never.wait();
}

Async<http::Response> events(http::Request& /*request*/) {
  co_return http::sse_response(wait_for_ever);
}

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

/// Runs in a child process, so that its memory does not count.
[[noreturn]] void subscribe(std::uint16_t port, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    // Several source addresses, for more connections than one has ports.
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::_Exit(1);
    constexpr std::string_view kRequest =
        "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        "User-Agent: node\r\nAccept-Language: *\r\nSec-Fetch-Mode: cors\r\n"
        "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n\r\n";
    if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) std::_Exit(1);
    char head[1024];
    if (::recv(fd, head, sizeof head, 0) <= 0) std::_Exit(1);
  }
  ::pause();
  std::_Exit(0);
}

void allow_descriptors(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, count + 100);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void measure_idle(http::Server& server, std::uint16_t port, std::size_t count) {
  const std::size_t before = resident_kib();
  const pid_t child = ::fork();
  if (child == 0) subscribe(port, count);
  while (server.connections() < count && ::waitpid(child, nullptr, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const std::size_t grown = resident_kib() - before;
  fmt::print("{} idle subscribers: {} KiB more, {:.2f} KiB each\n", server.connections(), grown,
             static_cast<double>(grown) / static_cast<double>(count));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  const bool serves = arguments.size() >= 3 && arguments[1] == "serve";
  const auto number = arguments.size() >= 3 ? std::strtoull(arguments[2].c_str(), nullptr, 10) : 0;
  Loops loops(arguments.size() >= 4 ? std::strtoull(arguments[3].c_str(), nullptr, 10) : 1);
  http::Router router;
  router.add(http::Method::get, "/health/live", live);
  router.add(http::Method::post, "/echo", echo);
  router.add(http::Method::get, "/events", events);
  http::ServerOptions options;
  options.port = serves ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
  telemetry::Registry metrics;
  const auto route = [&router](http::Request& request) { return router.route(request); };
  http::Server server(loops, system_clock(), options, route, metrics);
  const auto port = server.start();
  if (!port) {
    fmt::print(stderr, "{}\n", port.error().message());
    return 1;
  }
  if (serves) {
    fmt::print("http_bench listening on http://127.0.0.1:{}\n", *port);
    std::fflush(stdout);
    loops.run_here();
    return 0;
  }
  const std::size_t count = number > 0 ? number : 1000;
  allow_descriptors(2 * count);
  loops.start();
  measure_idle(server, *port, count);
  return 0;
}
