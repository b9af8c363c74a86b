#include "gateway/remote_agent.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "async/cancel.h"
#include "gateway/remote_turn_internal.h"
#include "telemetry/trace.h"

namespace flotilla::gateway {

namespace {

constexpr Duration kCardTimeout = std::chrono::seconds(10);

Error named(const Error& error, const std::string& name) {
  return Error(error.code(), error.reason(),
               fmt::format("remote agent {}: {}", name, error.message()));
}

class RemoteAgent final : public core::Runner {
 public:
  RemoteAgent(RemoteAgentServices services, std::string name, FindPeer find_peer)
      : services_(services), name_(std::move(name)), find_peer_(std::move(find_peer)) {}

  Async<Result<>> run(core::Run& run) override {
    auto client = co_await connect(run);
    if (!client) co_return fail(named(client.error(), name_));
    RemoteTurn turn(run, **client, services_);
    std::exception_ptr aborted;
    Result<> result = ok();
    try {
      result = co_await turn.go();
    } catch (const boost::system::system_error&) {
      aborted = std::current_exception();
    }
    // Ended by somebody else: only then is the other side told to stop. A drain hands it over.
    if ((aborted || !result) && run.ended()) co_await without_cancellation(turn.cancel_upstream());
    if (aborted) std::rethrow_exception(aborted);
    if (!result && result.error().reason() != reason::kLeaseLost)
      co_return fail(named(result.error(), name_));
    co_return result;
  }

 private:
  Async<Result<std::unique_ptr<a2a::Client>>> connect(core::Run& run) {
    CO_TRY(peer, co_await find_peer_());
    auto& options = peer.options;
    options.random = &services_.random;
    options.repeat_sends = false;  // not every agent knows a message that comes again
    if (run.span().recording())
      options.headers.emplace_back("traceparent",
                                   Secret(telemetry::traceparent(run.span().context())));
    const auto loop = co_await boost::asio::this_coro::executor;
    auto& http = services_.http.on(loop);
    co_return co_await a2a::Client::connect(http, services_.clock, std::move(peer.base_url),
                                            std::move(options));
  }

  RemoteAgentServices services_;
  std::string name_;
  FindPeer find_peer_;
};

}  // namespace

std::shared_ptr<core::Runner> make_remote_agent(RemoteAgentServices services, std::string name,
                                                FindPeer find_peer) {
  return std::make_shared<RemoteAgent>(services, std::move(name), std::move(find_peer));
}

Async<Result<a2a::AgentCard>> read_remote_card(RemoteAgentServices services, RemotePeer peer) {
  peer.options.call_timeout = kCardTimeout;
  peer.options.retry_for = Duration::zero();
  const auto loop = co_await boost::asio::this_coro::executor;
  auto& http = services.http.on(loop);
  CO_TRY(client, co_await a2a::Client::connect(http, services.clock, std::move(peer.base_url),
                                               std::move(peer.options)));
  co_return client->card();
}

}  // namespace flotilla::gateway
