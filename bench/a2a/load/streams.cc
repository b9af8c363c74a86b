// Load for streams, over raw sockets on 127.0.0.1:
//   streams hold PORT COUNT   COUNT subscribers, spread over the task ids on standard input (one a
//                             line, ended by an empty line); prints `ready` when each has its first
//                             event, and when standard input or all streams have ended, what came
//                             when
//   streams first PORT COUNT  COUNT streamed messages, one after another; prints the time to the
//                             first event
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sockets.h"
#include "sse_decoder.h"

namespace {

constexpr std::size_t kReadBytes = 65536;
constexpr std::string_view kEcho = "/a2a/default/echo";

std::string post(std::string_view body) {
  std::string out = "POST " + std::string(kEcho) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  out += "Content-Type: application/json\r\nA2A-Version: 1.0\r\nAccept: text/event-stream\r\n";
  out += "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return out.append(body);
}

std::string subscribe_to(const std::string& task) {
  return post(R"({"jsonrpc":"2.0","id":1,"method":"SubscribeToTask","params":{"id":")" + task +
              R"("}})");
}

std::string streamed_message(const std::string& id) {
  return post(R"({"jsonrpc":"2.0","id":1,"method":"SendStreamingMessage","params":{"message":{)"
              R"("messageId":")" +
              id + R"(","role":"ROLE_USER","parts":[{"text":"Please echo )" + id + R"("}]}}})");
}

/// Receipts of the event of one id.
struct Receipts {
  std::size_t count = 0;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
};

class Holder {
 public:
  Holder(std::uint16_t port, std::size_t count) : port_(port), streams_(count) {}

  int run() {
    read_tasks();
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die("epoll_create1");
    for (std::size_t k = 0; k < streams_.size(); ++k) open(k);
    while (ready_ < streams_.size()) pump();
    ready_us_ = wall_us();
    std::cout << "ready" << std::endl;
    watch(STDIN_FILENO, kStdin);
    while (!stop_ && ended_ < streams_.size()) pump();
    print();
    return 0;
  }

 private:
  static constexpr std::uint64_t kStdin = UINT64_MAX;
  /// Connections whose first event has not come: more would measure the backlog of the listener.
  static constexpr std::size_t kOpening = 100;

  struct Stream {
    int fd = -1;
    bool counted = false;
    SseDecoder decoder;
  };

  void read_tasks() {
    std::string line;
    while (std::getline(std::cin, line) && !line.empty()) tasks_.push_back(line);
    if (tasks_.empty()) die("no task ids on standard input");
  }

  void watch(int fd, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  void open(std::size_t k) {
    streams_[k].fd = connect_to(port_);
    send_all(streams_[k].fd, subscribe_to(tasks_[k % tasks_.size()]));
    watch(streams_[k].fd, k);
    ++opened_;
    while (opened_ - ready_ >= kOpening) pump();
  }

  void pump() {
    std::array<epoll_event, 256> events{};
    const int found = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 30'000);
    if (found < 0 && errno != EINTR) die("epoll_wait");
    if (found == 0 && ready_ < streams_.size()) die("30 s without an answer");
    for (int k = 0; k < found; ++k) {
      const std::uint64_t key = events[static_cast<std::size_t>(k)].data.u64;
      if (key == kStdin)
        stop_ = true;
      else
        receive(streams_[key]);
    }
  }

  void receive(Stream& stream) {
    const ssize_t got = recv(stream.fd, buffer_.data(), buffer_.size(), 0);
    const std::int64_t now = wall_us();
    if (got < 0) die("recv");
    if (got == 0) return end(stream);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    stream.decoder.feed(bytes, [&](std::uint64_t id) { note(stream, id, now); });
    if (stream.decoder.head_done() && !stream.decoder.ok()) die(std::string(bytes));
  }

  void note(Stream& stream, std::uint64_t id, std::int64_t now) {
    if (!std::exchange(stream.counted, true)) ++ready_;
    Receipts& receipts = receipts_[id];
    if (receipts.count++ == 0) receipts.first_us = now;
    receipts.last_us = now;
  }

  void end(Stream& stream) {
    if (!stream.counted) die("a stream ended before its first event: " + stream.decoder.head());
    close(stream.fd);
    stream.fd = -1;
    ++ended_;
    if (!stream.decoder.ended()) ++cut_;
  }

  void print() const {
    std::size_t heartbeats = 0;
    for (const Stream& stream : streams_) heartbeats += stream.decoder.heartbeats();
    std::cout << "{\"ready_us\":" << ready_us_ << ",\"ended\":" << ended_ << ",\"cut\":" << cut_
              << ",\"heartbeats\":" << heartbeats << ",\"events\":[";
    const char* comma = "";
    for (const auto& [id, seen] : receipts_) {
      std::cout << comma << "{\"id\":" << id << ",\"count\":" << seen.count
                << ",\"first_us\":" << seen.first_us << ",\"last_us\":" << seen.last_us << '}';
      comma = ",";
    }
    std::cout << "]}" << std::endl;
  }

  std::uint16_t port_;
  std::vector<Stream> streams_;
  std::vector<std::string> tasks_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::map<std::uint64_t, Receipts> receipts_;
  std::int64_t ready_us_ = 0;
  std::size_t opened_ = 0;
  std::size_t ready_ = 0;
  std::size_t ended_ = 0;
  std::size_t cut_ = 0;
  int epoll_ = -1;
  bool stop_ = false;
};

struct Timing {
  std::int64_t from_connect = 0;
  std::int64_t from_send = 0;
};

Timing stream_once(std::uint16_t port, const std::string& request) {
  static std::vector<char> buffer(kReadBytes);
  SseDecoder decoder;
  Timing timing;
  const std::int64_t begin = steady_ns();
  const int fd = connect_to(port);
  const std::int64_t connected = steady_ns();
  send_all(fd, request);
  for (;;) {
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    const std::int64_t now = steady_ns();
    if (got < 0) die("recv");
    if (got == 0) break;
    decoder.feed({buffer.data(), static_cast<std::size_t>(got)}, [&](std::uint64_t) {
      if (timing.from_connect == 0) timing = {now - begin, now - connected};
    });
  }
  close(fd);
  if (!decoder.ok() || !decoder.ended() || !decoder.completed())
    die("not a whole stream: " + decoder.head());
  return timing;
}

double percentile_us(std::vector<std::int64_t> values, std::size_t percent) {
  std::ranges::sort(values);
  return static_cast<double>(values[(values.size() - 1) * percent / 100]) / 1000.0;
}

int time_first_events(std::uint16_t port, std::size_t count) {
  std::vector<std::int64_t> connect;
  std::vector<std::int64_t> send;
  const std::string run = std::to_string(wall_us());
  const std::size_t warm = std::min<std::size_t>(count / 10, 200);
  for (std::size_t k = 0; k < count + warm; ++k) {
    const Timing timing = stream_once(port, streamed_message(run + "-" + std::to_string(k)));
    if (k < warm) continue;
    connect.push_back(timing.from_connect);
    send.push_back(timing.from_send);
  }
  std::printf(R"({"connect_p50":%.1f,"connect_p99":%.1f,"send_p50":%.1f,"send_p99":%.1f})"
              "\n",
              percentile_us(connect, 50), percentile_us(connect, 99), percentile_us(send, 50),
              percentile_us(send, 99));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (argc != 4 || (arguments[1] != "hold" && arguments[1] != "first")) {
    std::cerr << "usage: streams hold|first PORT COUNT\n";
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::stoul(arguments[2]));
  const std::size_t count = std::stoul(arguments[3]);
  return arguments[1] == "hold" ? Holder(port, count).run() : time_first_events(port, count);
}
