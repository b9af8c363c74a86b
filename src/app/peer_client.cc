#include "app/peer_client.h"

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <string>
#include <utility>

#include "http/client.h"

namespace flotilla::app {

namespace {

Async<Result<agents::PeerClient>> connect(BlockingPool& resolver, const http::EgressPolicy& egress,
                                          std::string url, a2a::ClientOptions options) {
  auto executor = co_await boost::asio::this_coro::executor;
  http::ClientOptions http_options;
  auto http = std::make_shared<http::Client>(executor, system_clock(), resolver, egress,
                                             std::move(http_options));
  CO_TRY(client,
         co_await a2a::Client::connect(*http, system_clock(), std::move(url), std::move(options)));
  agents::PeerClient peer;
  peer.needs = std::move(http);
  peer.client = std::move(client);
  co_return peer;
}

}  // namespace

agents::ConnectPeer peer_connector(BlockingPool& resolver, const http::EgressPolicy& egress) {
  return [&resolver, &egress](std::string url, a2a::ClientOptions options) {
    return connect(resolver, egress, std::move(url), std::move(options));
  };
}

}  // namespace flotilla::app
