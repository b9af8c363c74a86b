#include "http/server.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <deque>
#include <utility>

#include "async/cancel.h"
#include "async/spawn.h"
#include "base/log.h"
#include "http/connection_internal.h"
#include "http/core_internal.h"
#include "http/limits.h"

namespace flotilla::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr Log kLog("http");

std::string text_of(const tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

Result<tcp::endpoint> endpoint_of(const ServerOptions& options) {
  std::string text = options.address == "localhost" ? "127.0.0.1" : options.address;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (!error) return tcp::endpoint(address, options.port);
  return fail(
      Error(Code::invalid_argument, reason::kInvalidConfig,
            "'" + options.address + "' is not an address to listen on; give an IP address"));
}

/// One loop's listener and its background coroutines.
struct Listener {
  Listener(std::shared_ptr<Core> core, const Executor& executor)
      : shard(std::make_shared<Shard>(std::move(core), executor)), acceptor(executor) {}

  std::shared_ptr<Shard> shard;
  tcp::acceptor acceptor;
  asio::cancellation_signal stop_accepting;
  asio::cancellation_signal stop_sweeping;

  error_code listen(const tcp::endpoint& endpoint, bool shared) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && shared) acceptor.set_option(ReusePort(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }
};

/// Whether connections in all and of this peer leave room for one more.
std::optional<Fault> refuse(Core& core, const std::string& peer) {
  const ServerOptions& options = core.options;
  if (core.connections.load() > options.max_connections) {
    return Fault{503, "the server has as many connections as it may; try again in a second"};
  }
  if (!core.peers.enter(peer, options.max_connections_per_peer)) {
    return Fault{429, "this address has as many connections as it may; close some"};
  }
  return std::nullopt;
}

void admit_connection(Listener& listener, tcp::socket socket, const std::string& peer) {
  const auto core = std::shared_ptr<Core>(listener.shard, &listener.shard->core());
  ++core->connections;
  auto refusal = refuse(*core, peer);
  if (refusal) core->metrics.refused.add();
  if (refusal && (core->tls || core->refusals.load() >= kMaxRefusals)) {
    return core->connection_ended();  // too many even to be told, or told only after a handshake
  }
  std::function<void()> ended;
  if (refusal) {
    ++core->refusals;
    ended = [core] {
      --core->refusals;
      core->connection_ended();
    };
  } else {
    core->metrics.connections.add();
    core->metrics.accepted.add();
    ended = [core, peer] {
      core->peers.leave(peer);
      core->metrics.connections.sub();
      core->connection_ended();
    };
  }
  auto transport = core->tls ? make_tls_transport(std::move(socket), *core->tls)
                             : make_tcp_transport(std::move(socket));
  const auto connection = std::make_shared<Connection>(listener.shard, std::move(transport), peer);
  Connection::start(connection, std::move(ended), std::move(refusal));
}

Async<> accept_loop(std::shared_ptr<Listener> listener) {
  Clock& clock = listener->shard->core().clock;
  while (listener->acceptor.is_open()) {
    auto [error, socket] =
        co_await listener->acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Mostly out of descriptors: waiting lets connections end; the backlog holds the rest.
      kLog.warn("accepting a connection failed", {{"what", error.message()}});
      co_await clock.sleep_for(kSweepInterval);
      continue;
    }
    error_code gone;
    const auto remote = socket.remote_endpoint(gone);
    if (gone || listener->shard->draining()) continue;
    socket.set_option(tcp::no_delay(true), gone);
    admit_connection(*listener, std::move(socket), text_of(remote));
  }
}

Async<> sweep_loop(std::shared_ptr<Listener> listener) {
  Clock& clock = listener->shard->core().clock;
  for (;;) {
    co_await clock.sleep_for(kSweepInterval);
    listener->shard->sweep();
  }
}

void close(Listener& listener) {
  error_code ignored;
  listener.acceptor.close(ignored);
  listener.stop_accepting.emit(asio::cancellation_type::terminal);
}

Async<> begin_drain(std::shared_ptr<Listener> listener) {
  close(*listener);
  listener->shard->begin_drain();
  co_return;
}

Async<> cut(std::shared_ptr<Listener> listener) {
  listener->shard->cut();
  co_return;
}

Async<> stop_sweeping(std::shared_ptr<Listener> listener) {
  listener->stop_sweeping.emit(asio::cancellation_type::terminal);
  co_return;
}

}  // namespace

struct Server::State {
  std::shared_ptr<Core> core;
  std::vector<std::shared_ptr<Listener>> listeners;  // shared with their coroutines

  Result<std::uint16_t> listen();
  Async<bool> wait_empty(Duration limit);
};

Server::Server(Loops& loops, Clock& clock, ServerOptions options, Handler handler,
               telemetry::Registry& metrics)
    : state_(std::make_shared<State>()) {
  state_->core = std::make_shared<Core>(clock, std::move(options), std::move(handler), metrics);
  for (std::size_t i = 0; i < loops.size(); ++i) {
    state_->listeners.push_back(std::make_shared<Listener>(state_->core, loops.executor(i)));
  }
}

Server::~Server() {
  for (const auto& listener : state_->listeners) {
    auto stop = [listener] {
      close(*listener);
      listener->stop_sweeping.emit(asio::cancellation_type::terminal);
      listener->shard->cut();
    };
    asio::post(listener->shard->executor(), std::move(stop));
  }
}

Result<std::uint16_t> Server::State::listen() {
  TRY(endpoint, endpoint_of(core->options));
  const auto failure = [&endpoint](const error_code& error) {
    return Error(Code::unavailable, "cannot listen on " + endpoint.address().to_string() + ":" +
                                        std::to_string(endpoint.port()) + ": " + error.message() +
                                        "; choose another address or port");
  };
  const bool shared = listeners.size() > 1;
  if (shared && endpoint.port() != 0) {
    // A shared port could be shared with another program of the same user: this one finds it.
    asio::io_context scratch(1);
    Listener probe(core, scratch.get_executor());
    if (const auto error = probe.listen(endpoint, false)) return fail(failure(error));
  }
  for (const auto& listener : listeners) {
    if (const auto error = listener->listen(endpoint, shared)) return fail(failure(error));
    endpoint.port(listener->acceptor.local_endpoint().port());
  }
  return endpoint.port();
}

Result<std::uint16_t> Server::start() {
  Core& core = *state_->core;
  TRY(admission, Admission::make(core.options));
  core.admission = std::move(admission);
  if (core.options.tls) {
    TRY(context, make_server_tls(*core.options.tls));
    core.tls = std::move(context);
  }
  TRY(port, state_->listen());
  for (const auto& listener : state_->listeners) {
    const auto ignore = [](const std::exception_ptr&) {};
    asio::co_spawn(listener->shard->executor(), accept_loop(listener),
                   asio::bind_cancellation_slot(listener->stop_accepting.slot(), ignore));
    asio::co_spawn(listener->shard->executor(), sweep_loop(listener),
                   asio::bind_cancellation_slot(listener->stop_sweeping.slot(), ignore));
  }
  return port;
}

Async<bool> Server::State::wait_empty(Duration limit) {
  OneShot<bool> empty;
  {
    const std::lock_guard lock(core->empty_mutex);
    core->when_empty.emplace(empty.setter());
  }
  // After the setter is in place, so that the last connection cannot end unseen.
  if (core->connections.load() == 0) co_return true;
  const SteadyTime deadline = core->clock.steady_now() + limit;
  const auto in_time = co_await with_deadline(empty.wait(), deadline, core->clock);
  co_return in_time.has_value();
}

Async<> Server::drain(Duration grace) {
  const auto state = state_;
  for (const auto& listener : state->listeners) {
    co_await run_on(listener->shard->executor(), begin_drain(listener));
  }
  const bool ended = co_await state->wait_empty(grace);
  if (!ended) {
    kLog.info("connections outlive the grace period and are cut",
              {{"connections", state->core->connections.load()}});
    for (const auto& listener : state->listeners) {
      co_await run_on(listener->shard->executor(), cut(listener));
    }
    std::ignore = co_await state->wait_empty(kCutTime);
  }
  for (const auto& listener : state->listeners) {
    co_await run_on(listener->shard->executor(), stop_sweeping(listener));
  }
}

std::size_t Server::connections() const {
  return state_->core->connections.load();
}

}  // namespace flotilla::http
