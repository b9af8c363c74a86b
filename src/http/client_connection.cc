#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "http/client_connection_internal.h"
#include "http/client_tls_internal.h"

namespace flotilla::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Fences expect cancellation as an exception, not as a peer's fault.
void throw_if_aborted(const error_code& error) {
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
}

Error cannot_connect(const Url& url, const std::string& why) {
  return Error(Code::unavailable, "cannot connect to " + url.origin() + ": " + why);
}

std::string handshake_failure(SSL* ssl, const error_code& error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) return "TLS handshake failed: " + error.message();
  return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace

ClientConnection::ClientConnection(const Executor& executor) : socket_(executor) {}

Async<Result<std::unique_ptr<ClientConnection>>> ClientConnection::connect(Executor executor,
                                                                           Url url,
                                                                           std::string address,
                                                                           ClientTlsPtr tls) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) co_return fail(cannot_connect(url, error.message()));
  auto connection = std::make_unique<ClientConnection>(std::move(executor));
  const asio::ip::tcp::endpoint endpoint(ip, url.port);
  auto& socket = connection->socket_;
  socket.open(endpoint.protocol(), error);
  if (error) co_return fail(cannot_connect(url, error.message()));
  const auto [failure] = co_await socket.async_connect(endpoint, kTuple);
  throw_if_aborted(failure);
  if (failure) co_return fail(cannot_connect(url, failure.message()));
  socket.set_option(asio::ip::tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::keep_alive(true), error);
  if (!tls) co_return connection;
  connection->options_ = std::move(tls);
  CO_TRY_VOID(co_await connection->shake_hands(std::move(url)));
  co_return connection;
}

Async<Result<>> ClientConnection::shake_hands(Url url) {
  const ClientTls& options = *options_;
  tls_.emplace(socket_, *options.context);
  const auto& name = options.server_name.empty() ? url.host : options.server_name;
  CO_TRY_VOID(expect_server(tls_->native_handle(), name));
  const auto [failure] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kTuple);
  throw_if_aborted(failure);
  if (!failure) co_return ok();
  co_return fail(cannot_connect(url, handshake_failure(tls_->native_handle(), failure)));
}

Async<Transfer> ClientConnection::read_some(asio::mutable_buffer into) {
  Transfer transfer;
  if (tls_) {
    std::tie(transfer.error, transfer.count) = co_await tls_->async_read_some(into, kTuple);
  } else {
    std::tie(transfer.error, transfer.count) = co_await socket_.async_read_some(into, kTuple);
  }
  throw_if_aborted(transfer.error);
  co_return transfer;
}

Async<Transfer> ClientConnection::write_some(asio::const_buffer from) {
  Transfer transfer;
  if (tls_) {
    std::tie(transfer.error, transfer.count) = co_await tls_->async_write_some(from, kTuple);
  } else {
    std::tie(transfer.error, transfer.count) = co_await socket_.async_write_some(from, kTuple);
  }
  throw_if_aborted(transfer.error);
  co_return transfer;
}

bool ClientConnection::is_quiet() {
  char byte = 0;
  const auto got = recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace flotilla::http
