#include <boost/asio/post.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "http/connection_internal.h"
#include "http/limits.h"

namespace flotilla::http {

namespace {

/// Assigning an empty string would keep the memory: libstdc++ copies short ones into what is there.
void give_back(std::string& text) {
  std::string().swap(text);
}

}  // namespace

Async<> Connection::stream(std::move_only_function<Async<>(BodyWriter&)> body) {
  // A stream may be silent for hours: all memory that it does not need goes back.
  reader_.release();
  give_back(extra_lines_);
  stream_ = std::make_unique<Stream>();
  stream_->last_write = shard_->now();
  if (!flush_now()) co_await flush();
  phase_ = Phase::streaming;
  core_.metrics.streams.add();
  if (!output_failed_) watch_peer();
  std::exception_ptr failure;
  try {
    if (!output_failed_) co_await body(*this);
  } catch (...) {
    failure = std::current_exception();
  }
  core_.metrics.streams.sub();
  phase_ = Phase::writing;
  stream_.reset();
  if (failure) std::ignore = answer_exception(failure);
  if (failure || output_failed_) {
    // Without the last chunk, so that the peer sees a cut and not an end.
    closing_ = true;
    lingers_ = false;
  } else if (chunked_) {
    out_ += "0\r\n\r\n";
  }
}

Async<Result<>> Connection::write(std::vector<std::string_view> pieces) {
  if (!output_failed_) {
    append_chunk(pieces);
    stream_->last_write = shard_->now();
    if (!flush_now()) co_await flush();
  }
  if (!output_failed_) co_return ok();
  if (slow_reader_) {
    co_return fail(Error(Code::unavailable, reason::kSlowReader,
                         "the reader of the stream took nothing for too long"));
  }
  co_return fail(Error(Code::unavailable, "the reader of the stream is gone"));
}

void Connection::append_chunk(const std::vector<std::string_view>& pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  if (size == 0) return;  // an empty chunk would end the body
  out_.reserve(out_.size() + size + 24);
  if (chunked_) {
    char digits[16];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), size, 16).ptr;
    out_.append(std::begin(digits), end).append("\r\n");
  }
  for (const auto piece : pieces) out_ += piece;
  if (chunked_) out_ += "\r\n";
}

void Connection::heartbeat(Duration interval, std::string_view comment) {
  stream_->interval = interval;
  stream_->comment = comment;
}

void Connection::on_drain(std::move_only_function<void()> callback) {
  if (!shard_->draining()) {
    stream_->on_drain = std::move(callback);
    return;
  }
  boost::asio::post(shard_->executor(), std::move(callback));
}

void Connection::send_heartbeat() {
  if (stream_->interval <= Duration::zero() || writing_ || !out_.empty()) return;
  if (shard_->now() - stream_->last_write < stream_->interval) return;
  stream_->last_write = shard_->now();
  append_chunk({stream_->comment});
  flush_now();
}

bool Connection::flush_now() {
  while (out_sent_ < out_.size()) {
    const auto [error, bytes] = transport_->try_write(std::string_view(out_).substr(out_sent_));
    if (error) {
      fail_output();
      return true;
    }
    if (bytes == 0) {
      if (write_deadline_ == SteadyTime::max()) {
        write_deadline_ = shard_->deadline(core_.options.write_timeout);
      }
      return false;
    }
    out_sent_ += bytes;
    write_deadline_ = SteadyTime::max();
  }
  drop_output();
  return true;
}

Async<> Connection::flush() {
  writing_ = true;
  while (out_sent_ < out_.size()) {
    write_deadline_ = shard_->deadline(core_.options.write_timeout);
    const auto rest = std::string_view(out_).substr(out_sent_);
    const auto [error, bytes] = co_await transport_->write_some(rest);
    if (error) {
      fail_output();
      break;
    }
    out_sent_ += bytes;
  }
  writing_ = false;
  drop_output();
}

void Connection::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  // Runs once the handler waits; if it does not wait, its answer goes out with the earlier ones.
  auto flush_if_waiting = [self = shared_from_this()] {
    self->flush_posted_ = false;
    if (self->phase_ == Phase::handling && !self->writing_) self->flush_now();
  };
  boost::asio::post(shard_->executor(), std::move(flush_if_waiting));
}

void Connection::drop_output() {
  out_sent_ = 0;
  write_deadline_ = SteadyTime::max();
  if (stream_ || out_.capacity() > kKeptOutput) {
    give_back(out_);
  } else {
    out_.clear();
  }
}

void Connection::fail_output() {
  output_failed_ = true;
  closing_ = true;
  lingers_ = false;
  drop_output();
}

}  // namespace flotilla::http
