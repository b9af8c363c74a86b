#include <utility>

#include "http/connection_internal.h"
#include "http/limits.h"

namespace flotilla::http {

void Connection::sweep() {
  const SteadyTime now = shard_->now();
  if (write_deadline_ <= now) return end_slow_reader();
  switch (phase_) {
    case Phase::idle:
      if (deadline_ <= now) return end_read();
      if (++idle_sweeps_ >= kIdleSweeps && reader_.has_buffer() && !transport_->is_tls()) {
        give_back_buffer_ = true;
        transport_->cancel();
      }
      break;
    case Phase::handshake:
    case Phase::head:
    case Phase::body:
      if (deadline_ <= now) end_read();
      break;
    case Phase::handling:
      look_after_peer();
      break;
    case Phase::streaming:
      look_after_peer();
      if (stream_) send_heartbeat();
      break;
    case Phase::lingering:
      if (deadline_ <= now) transport_->cancel();
      break;
    case Phase::writing:
      break;
  }
}

void Connection::end_read() {
  timed_out_ = true;
  give_back_buffer_ = false;
  transport_->cancel();
}

void Connection::end_slow_reader() {
  slow_reader_ = true;
  core_.metrics.slow_readers.add();
  if (writing_) {
    transport_->cancel();  // flush() sees the error
  } else {
    fail_output();
    cancel_work();
  }
}

void Connection::look_after_peer() {
  if (!writing_ && !out_.empty()) flush_now();
  if (cancelled_ || watching_) return;
  // Requests sent ahead stay with the kernel, which bounds them; they hide the peer's end from
  // watch_peer(), not from here.
  if (transport_->hung_up()) return cancel_work();
  watch_peer();
}

void Connection::watch_peer() {
  if (std::exchange(watching_, true)) return;
  auto on_event = [self = shared_from_this()](const boost::system::error_code& error) {
    self->on_peer_event(error);
  };
  transport_->watch(std::move(on_event));
}

void Connection::on_peer_event(const boost::system::error_code& error) {
  watching_ = false;
  if (error || (phase_ != Phase::handling && phase_ != Phase::streaming)) return;
  switch (transport_->probe()) {
    case Transport::Peer::gone:
      cancel_work();
      break;
    case Transport::Peer::open:
      watch_peer();
      break;
    case Transport::Peer::has_data:
      break;
  }
}

void Connection::cancel_work() {
  cancelled_ = true;
  cancel_.emit(boost::asio::cancellation_type::terminal);
}

void Connection::begin_drain() {
  if (phase_ == Phase::idle || phase_ == Phase::handshake) return end_read();
  if (phase_ == Phase::streaming && stream_ && stream_->on_drain) {
    auto callback = std::exchange(stream_->on_drain, nullptr);
    callback();
  }
}

void Connection::cut() {
  cancel_work();
  transport_->cancel();
}

}  // namespace flotilla::http
