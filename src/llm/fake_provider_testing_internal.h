#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "base/id.h"
#include "http/egress.h"
#include "http/loop_clients.h"
#include "json/json.h"
#include "llm/settings.h"

/// A provider on the wire: answers requests with prepared pieces, each in a write of its own.
namespace flotilla::llm::testing {

namespace asio = boost::asio;
inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

struct FakeAnswer {
  int status = 200;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> pieces;
  std::size_t slice = 0;  // bytes of a write; 0: a piece
  bool cut = false;       // the connection ends without the end of the body
  bool open = false;      // the body stays open
};

inline FakeAnswer json_answer(std::string body, int status = 200) {
  FakeAnswer answer;
  answer.status = status;
  answer.pieces.push_back(std::move(body));
  return answer;
}

/// Each text is an event; with `named` its `type` member is also the event's name.
inline FakeAnswer event_answer(const std::vector<std::string>& events, bool named = false) {
  FakeAnswer answer;
  answer.type = "text/event-stream";
  for (const auto& event : events) {
    std::string piece;
    if (named) {
      const auto value = json::parse(event);
      if (value) piece = "event: " + *value->if_object()->find("type")->if_string() + "\n";
    }
    answer.pieces.push_back(piece + "data: " + event + "\n\n");
  }
  return answer;
}

struct FakeRequest {
  std::string head;
  std::string body;
  [[nodiscard]] std::string line() const { return head.substr(0, head.find("\r\n")); }
  /// Empty when absent.
  [[nodiscard]] std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

/// Answers the n-th request, over all connections, with the n-th answer; when none is left, it
/// keeps silent. Lives on the test's loop.
class FakeProvider {
 public:
  explicit FakeProvider(Executor executor)
      : acceptor_(executor, {asio::ip::make_address("127.0.0.1"), 0}), group_(std::move(executor)) {
    group_.spawn(accept());
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  void answer(FakeAnswer answer) { answers_.push_back(std::move(answer)); }
  Async<> stop() {
    group_.cancel();
    co_await group_.join();
  }

  std::vector<FakeRequest> requests;
  int connections = 0;
  int closed = 0;  // connections, by the peer

 private:
  using Socket = asio::ip::tcp::socket;

  Async<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (error) co_return;
      ++connections;
      group_.spawn(talk(std::make_shared<Socket>(std::move(socket))));
    }
  }
  Async<> talk(std::shared_ptr<Socket> socket) {
    std::string buffer;
    for (;;) {
      auto request = co_await read(*socket, buffer);
      if (request.head.empty()) {
        ++closed;
        co_return;
      }
      requests.push_back(std::move(request));
      if (answers_.empty()) continue;
      const FakeAnswer next = std::move(answers_.front());
      answers_.pop_front();
      co_await send(*socket, next);
      if (next.cut) co_return;
    }
  }
  static Async<> send(Socket& socket, const FakeAnswer& answer) {
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) +
                       " Status\r\nTransfer-Encoding: chunked\r\nContent-Type: " + answer.type +
                       "\r\n";
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    head += "\r\n";
    std::ignore = co_await asio::async_write(socket, asio::buffer(head), kTuple);
    for (const auto& piece : answer.pieces) {
      const std::size_t step = answer.slice == 0 ? piece.size() : answer.slice;
      for (std::size_t at = 0; at < piece.size(); at += step) {
        const auto part = std::string_view(piece).substr(at, step);
        char size[32];
        const auto end = std::to_chars(size, size + sizeof size, part.size(), 16).ptr;
        const std::string chunk = std::string(size, end) + "\r\n" + std::string(part) + "\r\n";
        std::ignore = co_await asio::async_write(socket, asio::buffer(chunk), kTuple);
        co_await asio::post(asio::use_awaitable);
      }
    }
    if (answer.cut || answer.open) co_return;
    const std::string last = "0\r\n\r\n";
    std::ignore = co_await asio::async_write(socket, asio::buffer(last), kTuple);
  }
  static Async<FakeRequest> read(Socket& socket, std::string& buffer) {
    FakeRequest request;
    for (;;) {
      const auto end = buffer.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t size = end + 4 + body_size(buffer);
        if (buffer.size() >= size) {
          request.head = buffer.substr(0, end + 2);
          request.body = buffer.substr(end + 4, size - end - 4);
          buffer.erase(0, size);
          co_return request;
        }
      }
      char bytes[16384];
      const auto [error, count] = co_await socket.async_read_some(asio::buffer(bytes), kTuple);
      if (error) co_return request;
      buffer.append(bytes, count);
    }
  }
  static std::size_t body_size(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    std::size_t size = 0;
    if (at != std::string::npos) {
      std::from_chars(head.data() + at + 16, head.data() + head.size(), size);
    }
    return size;
  }

  asio::ip::tcp::acceptor acceptor_;
  std::deque<FakeAnswer> answers_;
  TaskGroup group_;
};

/// Random bytes that are always the same.
class CountingRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override {
    auto* at = static_cast<unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) at[i] = next_++;
  }

 private:
  unsigned char next_ = 0;
};

/// What a model is made with, and a provider for it.
struct ModelWorld {
  explicit ModelWorld(Executor loop) : provider(loop) {}
  /// Of a provider at the fake's address.
  [[nodiscard]] ModelSettings settings(Provider kind, std::string model) const {
    ModelSettings out;
    out.provider = kind;
    out.model = std::move(model);
    out.base_url = provider.url();
    out.api_key = Secret("key-of-the-test");
    return out;
  }
  [[nodiscard]] ModelServices services() { return ModelServices{clients, clock, random}; }
  Async<> stop() { co_await provider.stop(); }

  ManualClock clock;
  CountingRandom random;
  BlockingPool pool{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({});
  FakeProvider provider;
  http::LoopClients clients{clock, pool, egress, http::ClientOptions()};
};

/// A question that the tool `weather` would help with.
inline Request question() {
  Request request;
  request.system = "Be brief.";
  request.messages.push_back(text_message(MessageRole::user, "What is it like in Kiel?"));
  Tool tool;
  tool.name = "weather";
  tool.description = "The weather of a town";
  request.tools.push_back(tool);
  return request;
}

/// Keeps what it hears.
class Listener final : public DeltaSink {
 public:
  Async<Result<>> receive(Delta delta) override {
    deltas.push_back(std::move(delta));
    co_return ok();
  }
  Async<Result<>> restart() override {
    deltas.clear();
    ++restarts;
    co_return ok();
  }
  [[nodiscard]] std::string text(Delta::Kind kind = Delta::Kind::text) const {
    std::string out;
    for (const auto& delta : deltas) {
      if (delta.kind == kind) out += delta.text;
    }
    return out;
  }

  std::vector<Delta> deltas;
  int restarts = 0;
};

}  // namespace flotilla::llm::testing

/// `MODEL_TEST(Suite, what_holds) { … world … }`: ends the provider after the body.
#define MODEL_TEST(Suite, name)                                          \
  static ::flotilla::Async<> Suite##_##name##_in_world(                  \
      ::flotilla::llm::testing::ModelWorld& world);                      \
  ASYNC_TEST(Suite, name) {                                              \
    auto world = std::make_unique<::flotilla::llm::testing::ModelWorld>( \
        co_await boost::asio::this_coro::executor);                      \
    co_await Suite##_##name##_in_world(*world);                          \
    co_await world->stop();                                              \
  }                                                                      \
  static ::flotilla::Async<> Suite##_##name##_in_world(::flotilla::llm::testing::ModelWorld& world)
