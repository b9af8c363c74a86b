// Load for topics, over raw sockets on 127.0.0.1:
//   topics PORT SUBSCRIBERS EVENTS PUBLISHERS
// SUBSCRIBERS streams of one pattern; when all are open, PUBLISHERS connections publish EVENTS
// events, each the next one when its answer has come. Prints what came, and how long it took from
// the first request to the last receipt.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "sockets.h"
#include "sse_decoder.h"

namespace {

constexpr std::size_t kReadBytes = 65536;
constexpr std::string_view kPath = "/api/v1/namespaces/default/events";

class Load {
 public:
  Load(std::uint16_t port, std::size_t subscribers, std::size_t events, std::size_t publishers)
      : port_(port), events_(events), streams_(subscribers), publishers_(publishers) {}

  int run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die("epoll_create1");
    for (std::size_t k = 0; k < streams_.size(); ++k) open(k);
    while (ready_ < streams_.size()) pump();
    for (std::size_t k = 0; k < publishers_.size(); ++k) {
      publishers_[k].fd = connect_to(port_);
      watch(publishers_[k].fd, streams_.size() + k);
    }
    const std::int64_t begin = steady_ns();
    for (auto& publisher : publishers_) publish(publisher);
    while (received_ < streams_.size() * events_) pump();
    const std::int64_t took = steady_ns() - begin;
    std::printf("{\"deliveries\":%zu,\"seconds\":%.6f,\"publish_seconds\":%.6f,\"wrong\":%zu}\n",
                received_, static_cast<double>(took) / 1e9,
                static_cast<double>(published_ns_ - begin) / 1e9, wrong_);
    return 0;
  }

 private:
  struct Stream {
    int fd = -1;
    std::uint64_t last = 0;  // cursor of the last event
    std::size_t received = 0;
    bool open = false;
    SseDecoder decoder;
  };
  struct Publisher {
    int fd = -1;
    std::string answer;
  };

  void watch(int fd, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  void open(std::size_t k) {
    streams_[k].fd = connect_to(port_);
    send_all(streams_[k].fd, "GET " + std::string(kPath) +
                                 "?pattern=bench.* HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                 "Accept: text/event-stream\r\n\r\n");
    watch(streams_[k].fd, k);
    while (k + 1 - ready_ >= 100) pump();  // more would measure the backlog of the listener
  }

  void publish(Publisher& publisher) {
    if (sent_ == events_) return;
    const std::string body =
        R"({"name":"bench.event","data":{"number":)" + std::to_string(++sent_) +
        R"(,"text":"one of many events that a thousand subscribers wait for"}})";
    send_all(publisher.fd, "POST " + std::string(kPath) +
                               " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                               "Content-Length: " +
                               std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  void pump() {
    std::array<epoll_event, 256> found{};
    const int count = epoll_wait(epoll_, found.data(), static_cast<int>(found.size()), 30'000);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    if (count == 0) die("30 s without an event; received " + std::to_string(received_));
    for (int k = 0; k < count; ++k) {
      const std::uint64_t key = found[static_cast<std::size_t>(k)].data.u64;
      if (key < streams_.size())
        receive(streams_[key]);
      else
        answer(publishers_[key - streams_.size()]);
    }
  }

  std::string_view read(int fd) {
    const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) die("a connection ended");
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }

  void receive(Stream& stream) {
    stream.decoder.feed(read(stream.fd), [&](std::uint64_t id) {
      if (!stream.open) {  // the event that says where the stream begins
        stream.open = true;
        ++ready_;
      } else {
        if (id <= stream.last && stream.received > 0) ++wrong_;
        ++stream.received;
        ++received_;
      }
      stream.last = id;
    });
    if (stream.decoder.head_done() && !stream.decoder.ok()) die(stream.decoder.head());
  }

  void answer(Publisher& publisher) {
    publisher.answer += read(publisher.fd);
    const auto head = publisher.answer.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const auto length = publisher.answer.find("Content-Length: ");
    if (!publisher.answer.starts_with("HTTP/1.1 200 ") || length > head) die(publisher.answer);
    const std::size_t size = std::stoul(publisher.answer.substr(length + 16, 10));
    if (publisher.answer.size() < head + 4 + size) return;
    publisher.answer.clear();
    published_ns_ = steady_ns();
    publish(publisher);
  }

  std::uint16_t port_;
  std::size_t events_;
  std::vector<Stream> streams_;
  std::vector<Publisher> publishers_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::size_t sent_ = 0;
  std::size_t ready_ = 0;
  std::size_t received_ = 0;
  std::size_t wrong_ = 0;
  std::int64_t published_ns_ = 0;
  int epoll_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: topics PORT SUBSCRIBERS EVENTS PUBLISHERS\n";
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  return Load(port, std::stoul(argv[2]), std::stoul(argv[3]), std::stoul(argv[4])).run();
}
