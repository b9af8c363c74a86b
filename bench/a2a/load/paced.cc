// One HTTP request again and again at a fixed rate, over raw sockets on 127.0.0.1:
//   paced PORT RATE SECONDS CONNECTIONS EXPECTED < REQUEST
// Requests are due at even distances, whatever became of those before (an open loop); a latency
// counts from when its request was due. An answer without EXPECTED in it is wrong.
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <deque>
#include <iterator>
#include <vector>

#include "sockets.h"

namespace {

constexpr std::size_t kReadBytes = 65536;

class Load {
 public:
  Load(std::uint16_t port, std::int64_t rate, std::int64_t seconds, std::size_t connections,
       std::string request, std::string expected)
      : gap_(1'000'000'000 / rate),
        wanted_(static_cast<std::size_t>(rate * seconds)),
        request_(std::move(request)),
        expected_(std::move(expected)) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (epoll_ < 0 || timer_ < 0) die("epoll_create1, timerfd_create");
    watch(timer_, kTimer);
    connections_.resize(connections);
    for (std::size_t k = 0; k < connections; ++k) {
      connections_[k].fd = connect_to(port);
      watch(connections_[k].fd, k);
      free_.push_back(k);
    }
  }

  int run() {
    begin_ = steady_ns();
    arm();
    while (latencies_.size() < wanted_) pump();
    const auto took = static_cast<double>(steady_ns() - begin_) / 1e9;
    std::ranges::sort(latencies_);
    const auto at = [&](double share) {
      return static_cast<double>(
                 latencies_[static_cast<std::size_t>(static_cast<double>(wanted_ - 1) * share)]) /
             1e3;
    };
    std::printf(
        "{\"requests\":%zu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"wrong\":%zu}\n",
        wanted_, took, at(0.5), at(0.99), wrong_);
    return 0;
  }

 private:
  static constexpr std::size_t kTimer = SIZE_MAX;
  struct Connection {
    int fd = -1;
    std::int64_t due = 0;
    std::string answer;
  };

  void watch(int fd, std::size_t what) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = what;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  [[nodiscard]] std::int64_t due(std::size_t number) const {
    return begin_ + static_cast<std::int64_t>(number) * gap_;
  }

  /// The clock of CLOCK_MONOTONIC is that of steady_ns().
  void arm() const {
    if (sent_ == wanted_) return;
    itimerspec when{};
    when.it_value.tv_sec = due(sent_) / 1'000'000'000;
    when.it_value.tv_nsec = due(sent_) % 1'000'000'000;
    if (timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr) != 0) die("timerfd_settime");
  }

  void send_due() {
    const std::int64_t now = steady_ns();
    while (sent_ < wanted_ && due(sent_) <= now && !free_.empty()) {
      auto& connection = connections_[free_.front()];
      free_.pop_front();
      connection.due = due(sent_++);
      send_all(connection.fd, request_);
    }
    arm();
  }

  void pump() {
    std::array<epoll_event, 64> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
    if (count <= 0) die("no answer in 10 s");
    for (int i = 0; i < count; ++i) {
      const auto what = events.at(static_cast<std::size_t>(i)).data.u64;
      if (what != kTimer) {
        read_from(what);
        continue;
      }
      std::uint64_t expirations = 0;
      if (read(timer_, &expirations, sizeof expirations) < 0) die("timerfd");
    }
    send_due();
  }

  void read_from(std::size_t number) {
    auto& connection = connections_[number];
    std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got = recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) die("the server closed");
    connection.answer.append(buffer.data(), static_cast<std::size_t>(got));
    const auto head = connection.answer.find("\r\n\r\n");
    if (head == std::string::npos) return;
    static constexpr std::string_view kLength = "content-length: ";
    const auto field =
        std::ranges::search(std::string_view(connection.answer).substr(0, head), kLength,
                            [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    if (field.empty()) die("an answer without Content-Length");
    std::size_t length = 0;
    std::from_chars(field.data() + kLength.size(), connection.answer.data() + head, length);
    if (connection.answer.size() < head + 4 + length) return;
    latencies_.push_back(steady_ns() - connection.due);
    if (!connection.answer.contains(expected_)) ++wrong_;
    connection.answer.clear();
    free_.push_back(number);
  }

  std::int64_t gap_;  // ns
  std::size_t wanted_;
  std::string request_;
  std::string expected_;
  int epoll_ = -1;
  int timer_ = -1;
  std::int64_t begin_ = 0;
  std::size_t sent_ = 0;
  std::size_t wrong_ = 0;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;
  std::vector<std::int64_t> latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: paced PORT RATE SECONDS CONNECTIONS EXPECTED < REQUEST\n";
    return 2;
  }
  const std::string request{std::istreambuf_iterator<char>(std::cin), {}};
  return Load(static_cast<std::uint16_t>(std::stoi(argv[1])), std::stoll(argv[2]),
              std::stoll(argv[3]), std::stoul(argv[4]), request, argv[5])
      .run();
}
