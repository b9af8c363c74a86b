// Load for push notifications, over raw sockets on 127.0.0.1:
//   push PORT RECEIVERS CHUNKS SLOW_MS
// Begins RECEIVERS tasks of CHUNKS events, each with a webhook of its own, and is their receiver:
// all answer at once, but the first one only after SLOW_MS. Prints how many deliveries the others
// got, and how long that took from the first request to the last of their tasks' ends.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <deque>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "sockets.h"

namespace {

constexpr std::size_t kReadBytes = 65536;
constexpr std::string_view kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::size_t number_after(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) die("a delivery without " + std::string(name));
  std::size_t value = 0;
  std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
  return value;
}

class Load {
 public:
  Load(std::uint16_t port, std::size_t receivers, std::size_t chunks, std::int64_t slow_ms)
      : port_(port), chunks_(chunks), slow_ns_(slow_ms * 1'000'000), receivers_(receivers) {}

  int run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die("epoll_create1");
    listen_here();
    const std::int64_t begin = steady_ns();
    const int fd = connect_to(port_);
    for (std::size_t k = 0; k < receivers_.size(); ++k) {
      send_all(fd, request(k));
      await_answer(fd);
    }
    while (ended_ < receivers_.size() - 1) pump();
    const std::int64_t took = steady_ns() - begin;
    std::size_t others = 0;
    for (std::size_t k = 1; k < receivers_.size(); ++k) others += receivers_[k].received;
    std::printf("{\"deliveries\":%zu,\"seconds\":%.6f,\"slow\":%zu,\"wrong\":%zu}\n", others,
                static_cast<double>(took) / 1e9, receivers_[0].received, wrong_);
    return 0;
  }

 private:
  struct Receiver {
    std::size_t received = 0;
    std::size_t last = 0;
    bool ended = false;
  };
  struct Peer {
    int fd = -1;
    std::string text;
  };
  struct Answer {
    std::int64_t due = 0;
    int fd = -1;
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  void listen_here() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) die("bind");
    if (listen(listener_, 1024) != 0) die("listen");
    if (getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) die("name");
    own_port_ = ntohs(address.sin_port);
    watch(listener_);
  }

  std::string request(std::size_t k) const {
    const std::string number = std::to_string(k);
    const std::string body =
        R"({"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"push-)" +
        number + R"(","role":"ROLE_USER","parts":[{"text":"@echo chunks=)" +
        std::to_string(chunks_) + " of task " + number +
        R"("}]},"configuration":{"returnImmediately":true,"taskPushNotificationConfig":)" +
        R"({"url":"http://127.0.0.1:)" + std::to_string(own_port_) + "/" + number +
        R"(","token":"bench"}}}})";
    return "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nA2A-Version: 1.0\r\nContent-Type: "
           "application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  /// Deliveries come while tasks begin: they are taken in between.
  void await_answer(int fd) {
    std::string text;
    for (;;) {
      pump(0);
      const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) die("the server closed");
      if (got < 0) continue;
      text.append(buffer_.data(), static_cast<std::size_t>(got));
      const auto head = text.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      if (text.size() < head + 4 + number_after(text, "Content-Length: ")) continue;
      if (text.find("\"error\"") != std::string::npos) die(text);
      return;
    }
  }

  void pump(int wait_ms = 1000) {
    std::array<epoll_event, 256> found{};
    if (!waiting_.empty()) wait_ms = std::min(wait_ms, 1);
    const int count = epoll_wait(epoll_, found.data(), static_cast<int>(found.size()), wait_ms);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    idle_ = count > 0 || wait_ms < 1000 ? 0 : idle_ + 1;
    if (idle_ > 30) die("30 s without a delivery; ended " + std::to_string(ended_));
    for (int k = 0; k < count; ++k) {
      const int fd = found[static_cast<std::size_t>(k)].data.fd;
      if (fd == listener_)
        accept_one();
      else
        receive(peers_[fd]);
    }
    while (!waiting_.empty() && waiting_.front().due <= steady_ns()) {
      send_all(waiting_.front().fd, kTaken);
      waiting_.pop_front();
    }
  }

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) die("accept");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peers_[fd].fd = fd;
    watch(fd);
  }

  void receive(Peer& peer) {
    const ssize_t got = recv(peer.fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
      close(peer.fd);
      peers_.erase(peer.fd);
      return;
    }
    peer.text.append(buffer_.data(), static_cast<std::size_t>(got));
    const auto head = peer.text.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::size_t size = head + 4 + number_after(peer.text, "Content-Length: ");
    if (peer.text.size() < size) return;
    take(peer.fd, std::string_view(peer.text).substr(0, size));
    peer.text.erase(0, size);
  }

  void take(int fd, std::string_view text) {
    const std::size_t who = number_after(text, "POST /");
    auto& receiver = receivers_.at(who);
    const auto key = text.substr(text.find("Idempotency-Key: "));
    const std::size_t seq = number_after(key, "/");
    if (seq <= receiver.last) ++wrong_;
    receiver.last = seq;
    ++receiver.received;
    if (!receiver.ended && text.find("TASK_STATE_COMPLETED") != std::string_view::npos) {
      receiver.ended = true;
      if (who > 0) ++ended_;
    }
    if (who == 0)
      waiting_.push_back({steady_ns() + slow_ns_, fd});
    else
      send_all(fd, kTaken);
  }

  std::uint16_t port_;
  std::uint16_t own_port_ = 0;
  std::size_t chunks_;
  std::int64_t slow_ns_;
  std::vector<Receiver> receivers_;
  std::unordered_map<int, Peer> peers_;
  std::deque<Answer> waiting_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::size_t ended_ = 0;
  std::size_t wrong_ = 0;
  int idle_ = 0;
  int listener_ = -1;
  int epoll_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: push PORT RECEIVERS CHUNKS SLOW_MS\n";
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  return Load(port, std::stoul(argv[2]), std::stoul(argv[3]), std::stol(argv[4])).run();
}
