#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/connection_internal.h"
#include "http/limits.h"

namespace flotilla::http {
namespace {

constexpr Log kLog("http");
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

ReadLimits read_limits(const ServerOptions& options) {
  return ReadLimits{.header = options.header_limit, .body = options.body_limit};
}

}  // namespace

Connection::Connection(std::shared_ptr<Shard> shard, std::unique_ptr<Transport> transport,
                       std::string peer)
    : shard_(std::move(shard)),
      core_(shard_->core()),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      reader_(read_limits(core_.options)),
      trusted_proxy_(core_.admission.is_trusted_proxy(peer_)) {
  shard_->add(*this);
}

Connection::~Connection() {
  shard_->remove(*this);
}

void Connection::start(const std::shared_ptr<Connection>& self, std::function<void()> ended,
                       std::optional<Fault> refusal) {
  auto on_end = [self, ended = std::move(ended)](const std::exception_ptr&) {
    if (ended) ended();
  };
  boost::asio::co_spawn(
      self->shard_->executor(), self->run(std::move(refusal)),
      boost::asio::bind_cancellation_slot(self->cancel_.slot(), std::move(on_end)));
}

Async<> Connection::run(std::optional<Fault> refusal) {
  try {
    if (refusal) {
      queue_fault(*refusal);
    } else {
      co_await serve();
    }
    co_await linger();
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::asio::error::operation_aborted) {
      kLog.warn("a connection failed", {{"peer", peer_}, {"what", error.what()}});
    }
  } catch (const std::exception& error) {
    kLog.error("a connection ended with an exception", {{"peer", peer_}, {"what", error.what()}});
  }
  transport_->close();
}

Async<> Connection::serve() {
  if (transport_->is_tls()) {
    const bool secured = co_await handshake();
    if (!secured) co_return;
  }
  while (!closing_) {
    const bool complete = co_await read_request();
    if (!complete) co_return;
    co_await answer();
  }
}

Async<bool> Connection::handshake() {
  phase_ = Phase::handshake;
  deadline_ = shard_->deadline(core_.options.header_timeout);
  const auto error = co_await transport_->handshake();
  if (error) {
    kLog.debug("a TLS handshake failed", {{"peer", peer_}, {"what", error.message()}});
    co_return false;
  }
  client_subject_ = transport_->client_subject();
  co_return true;
}

Async<bool> Connection::read_request() {
  auto progress = reader_.parse(request_);
  while (progress == RequestReader::Progress::need_more) {
    if (reader_.take_expect_continue()) out_ += kContinue;
    if (!flush_now()) co_await flush();
    if (output_failed_) co_return false;
    if (shard_->draining() && !reader_.in_message()) co_return false;
    enter_read_phase();
    if (give_back_buffer_) {
      reader_.release();
      request_ = Request();
      const auto [waited] = co_await transport_->wait_readable();
      if (waited && !survives(waited)) co_return false;
      give_back_buffer_ = false;
    }
    const auto [error, bytes] = co_await transport_->read_some(reader_.prepare());
    if (!error) {
      note_progress(bytes);
    } else if (!survives(error)) {
      co_return false;
    }
    progress = reader_.parse(request_);
  }
  if (progress == RequestReader::Progress::failed) {
    queue_fault(reader_.fault());
    co_return false;
  }
  co_return true;
}

void Connection::enter_read_phase() {
  Phase next = Phase::idle;
  if (reader_.in_body()) {
    next = Phase::body;
  } else if (reader_.buffered() > 0) {
    next = Phase::head;
  }
  if (next == phase_) return;  // the deadline of a phase does not move with drops of bytes
  const ServerOptions& options = core_.options;
  Duration wait = options.header_timeout;
  if (next == Phase::body) wait = options.body_timeout;
  if (next == Phase::idle && served_any_) wait = options.idle_timeout;
  phase_ = next;
  deadline_ = shard_->deadline(wait);
  timed_out_ = false;
  body_progress_ = 0;
  idle_sweeps_ = 0;
}

void Connection::note_progress(std::size_t bytes) {
  reader_.commit(bytes);
  give_back_buffer_ = false;
  timed_out_ = false;
  if (phase_ != Phase::body) return;
  body_progress_ += bytes;
  if (body_progress_ < kBodyProgress) return;
  body_progress_ = 0;
  deadline_ = shard_->deadline(core_.options.body_timeout);
}

bool Connection::survives(const boost::system::error_code& error) {
  // The peer has ended its own side only: it may still read why nothing more follows.
  if (error == boost::asio::error::eof && reader_.in_message())
    queue_fault({400, "the connection ended inside a request"});
  if (error != boost::asio::error::operation_aborted) return false;
  if (timed_out_) {
    if (phase_ == Phase::body) queue_fault({408, "the body did not come in time"});
    if (phase_ == Phase::head) queue_fault({408, "the header did not come in time"});
    return false;
  }
  return give_back_buffer_;
}

Async<> Connection::linger() {
  if (!flush_now()) co_await flush();
  if (!lingers_ || output_failed_) co_return;
  phase_ = Phase::lingering;
  deadline_ = shard_->deadline(kLingerTime);
  co_await transport_->shutdown();
  std::string unread(kReadBuffer, '\0');
  for (std::size_t total = 0; total < kLingerBytes;) {
    const auto [error, bytes] = co_await transport_->read_some(unread);
    if (error) co_return;
    total += bytes;
  }
}

}  // namespace flotilla::http
