// A connection over a stream that fails at its n-th operation, for all n.
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/testing.h"
#include "http/connection_internal.h"
#include "http/sse.h"

namespace flotilla::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Input in pieces, output into a string; operation `fail_at` and all later ones fail.
class ScriptedTransport final : public Transport {
 public:
  struct Script {
    std::vector<std::string> input;
    std::string output;
    std::size_t operations = 0;
    std::size_t fail_at = ~std::size_t{0};
    bool writes_wait = false;  // try_write() never has room
    bool closed = false;
  };
  explicit ScriptedTransport(Script& script) : script_(script) {}

  [[nodiscard]] bool is_tls() const override { return false; }
  Async<error_code> handshake() override { co_return error_code(); }
  Async<IoResult> read_some(std::span<char> into) override {
    co_await asio::post(asio::use_awaitable);
    if (fails()) co_return IoResult(asio::error::connection_reset, 0);
    if (next_ == script_.input.size()) co_return IoResult(asio::error::eof, 0);
    std::string& piece = script_.input[next_];
    const std::size_t size = std::min(into.size(), piece.size());
    std::copy_n(piece.begin(), size, into.begin());
    piece.erase(0, size);
    if (piece.empty()) ++next_;
    co_return IoResult(error_code(), size);
  }
  Async<IoResult> write_some(std::string_view bytes) override {
    co_await asio::post(asio::use_awaitable);
    if (fails()) co_return IoResult(asio::error::broken_pipe, 0);
    const auto part = bytes.substr(0, 100);
    script_.output += part;
    co_return IoResult(error_code(), part.size());
  }
  IoResult try_write(std::string_view bytes) override {
    if (script_.writes_wait) return {error_code(), 0};
    if (fails()) return {asio::error::broken_pipe, 0};
    const auto part = bytes.substr(0, 64);
    script_.output += part;
    return {error_code(), part.size()};
  }
  Async<std::tuple<error_code>> wait_readable() override {
    co_return std::tuple<error_code>(asio::error::operation_not_supported);
  }
  void watch(std::function<void(const error_code&)> /*ready*/) override {}
  Peer probe() override { return Peer::open; }
  bool hung_up() override { return false; }
  Async<> shutdown() override { co_return; }
  void cancel() override {}
  void close() override { script_.closed = true; }
  [[nodiscard]] std::string client_subject() override { return {}; }

 private:
  bool fails() { return ++script_.operations >= script_.fail_at; }
  Script& script_;
  std::size_t next_ = 0;
};

Async<> three_events(BodyWriter& body) {
  SseWriter writer(body);
  for (int i = 0; i < 3; ++i) {
    SseEvent event;
    event.prefix = std::string(150, 'e');
    const auto sent = co_await writer.send(std::move(event));
    if (!sent) co_return;
  }
}

Async<Response> answer(Request& request) {
  if (request.path == "/stream") co_return sse_response(three_events);
  co_await asio::post(asio::use_awaitable);
  if (request.path == "/large") co_return Response::text(200, std::string(300 << 10, 'l'));
  co_return Response::text(200, request.body);
}

/// Runs the whole life of one connection.
void run(ScriptedTransport::Script& script) {
  asio::io_context loop(1);
  ManualClock clock;
  telemetry::Registry registry;
  auto core = std::make_shared<Core>(clock, ServerOptions(), answer, registry);
  core->admission = *Admission::make(core->options);
  auto shard = std::make_shared<Shard>(core, loop.get_executor());
  bool ended = false;
  auto connection =
      std::make_shared<Connection>(shard, std::make_unique<ScriptedTransport>(script), "127.0.0.1");
  const std::weak_ptr<Connection> alive = connection;
  Connection::start(connection, [&ended] { ended = true; }, std::nullopt);
  connection.reset();
  loop.run();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(alive.expired());
  EXPECT_TRUE(script.closed);
}

ScriptedTransport::Script conversation() {
  ScriptedTransport::Script script;
  script.input = {
      "POST /a HTTP/1.1\r\nX-Request-Id: r\r\nHost: local",
      "host\r\nContent-Length: 5\r\n\r\nhe",
      "llo",
      "GET /stream HTTP/1.1\r\nX-Request-Id: r\r\nHost: localhost\r\n\r\nGET /b "
      "HTTP/1.1\r\nX-Request-Id: r\r\n",
      "Host: localhost\r\n\r\n",
      "POST /c HTTP/1.1\r\nX-Request-Id: r\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nab",
      "c\r\n0\r\n\r\n",
      "POST /d HTTP/1.1\r\nX-Request-Id: r\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Length: 1\r\n\r\n",
      "x",
      "GET /large HTTP/1.1\r\nX-Request-Id: r\r\nHost: localhost\r\n\r\n",
      "BROKEN\r\n\r\n"};
  return script;
}

TEST(Connection, a_conversation_runs_to_its_end) {
  auto script = conversation();
  run(script);
  for (const char* part : {"hello", "eee", "\r\n0\r\n\r\nHTTP/1.1 200", "abc", "100 Continue",
                           "lll", "HTTP/1.1 400 Bad Request"}) {
    EXPECT_TRUE(script.output.contains(part)) << part;
  }
}

TEST(Connection, ends_cleanly_wherever_its_stream_fails) {
  for (const bool writes_wait : {false, true}) {
    auto whole = conversation();
    whole.writes_wait = writes_wait;
    run(whole);
    ASSERT_GT(whole.operations, 20U);
    // The 300 KiB answer alone takes thousands of steps, which are all alike.
    for (std::size_t n = 1; n <= whole.operations; n += n < 100 ? 1 : 97) {
      auto script = conversation();
      script.writes_wait = writes_wait;
      script.fail_at = n;
      run(script);
      EXPECT_TRUE(whole.output.starts_with(script.output)) << n;
    }
  }
}

}  // namespace
}  // namespace flotilla::http
