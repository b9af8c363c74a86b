#include "mcp/live_stream.h"

#include <algorithm>
#include <utility>

#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

/// Of a stream without a store, for one that does not read.
constexpr std::size_t kUnreadEvents = 1'000;
constexpr std::size_t kUnreadBytes = std::size_t{16} << 20;

}  // namespace

Async<Result<>> LiveStream::append(std::string data, bool last) {
  auto guard = co_await appending_.lock();
  {
    const std::scoped_lock lock(mutex_);
    const bool full = events_ >= kMaxStreamEvents || bytes_ + data.size() > kMaxStreamBytes;
    if (store_ != nullptr && full && !last)
      co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                           "the stream of this request holds too much"));
  }
  StreamEvent event;
  if (store_ != nullptr) {
    CO_TRY(seq, co_await store_->append(session_, name_, data));
    event.seq = seq;
  } else {
    const std::scoped_lock lock(mutex_);
    event.seq = last_ + 1;
  }
  event.data = std::move(data);
  show(std::move(event));
  co_return ok();
}

void LiveStream::show(StreamEvent event) {
  const std::scoped_lock lock(mutex_);
  last_ = event.seq;
  ++events_;
  bytes_ += event.data.size();
  recent_bytes_ += event.data.size();
  recent_.push_back(std::move(event));
  if (store_ == nullptr) {
    if (recent_.size() > kUnreadEvents || recent_bytes_ > kUnreadBytes) closed_ = true;
  } else {
    while (recent_.size() > 1 && (recent_.size() > kRecentEvents || recent_bytes_ > kRecentBytes)) {
      recent_bytes_ -= recent_.front().data.size();
      recent_.pop_front();
    }
  }
  wake();
}

void LiveStream::wake() {
  if (reader_ != nullptr) reader_->notifier_.post_notify_all();
}

void LiveStream::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  wake();
}

void LiveStream::release(Duration retry) {
  const std::scoped_lock lock(mutex_);
  // A connection that has ended by itself needs no word; one that has not begun yet does.
  if (reader_ == nullptr && token_ > 0) return;
  released_ = retry;
  wake();
}

bool LiveStream::has_reader() const {
  const std::scoped_lock lock(mutex_);
  return reader_ != nullptr;
}

LiveStream::Reader::Reader(std::shared_ptr<LiveStream> stream, const Executor& executor,
                           std::uint64_t after)
    : stream_(std::move(stream)), after_(after), notifier_(executor) {
  const std::scoped_lock lock(stream_->mutex_);
  token_ = ++stream_->token_;
  stream_->wake();
  stream_->reader_ = this;
  if (token_ > 1) stream_->released_.reset();
  caught_up_ = stream_->store_ == nullptr;
}

LiveStream::Reader::~Reader() {
  const std::scoped_lock lock(stream_->mutex_);
  if (stream_->reader_ == this) stream_->reader_ = nullptr;
}

void LiveStream::Reader::stop() {
  stopped_ = true;
  notifier_.notify_all();
}

std::optional<LiveStream::Reader::Batch> LiveStream::Reader::poll(bool& ask_store) {
  Batch batch;
  LiveStream& stream = *stream_;
  const std::scoped_lock lock(stream.mutex_);
  if (token_ != stream.token_) return batch;
  auto& recent = stream.recent_;
  if (stream.store_ != nullptr && !recent.empty() && recent.front().seq > after_ + 1)
    caught_up_ = false;
  ask_store = !caught_up_;
  if (ask_store) return std::nullopt;
  for (const StreamEvent& event : recent)
    if (event.seq > after_) batch.events.push_back(event);
  if (!batch.events.empty()) {
    after_ = batch.events.back().seq;
    if (stream.store_ == nullptr) {
      recent.clear();
      stream.recent_bytes_ = 0;
    }
    return batch;
  }
  if (stream.released_) batch.retry = std::exchange(stream.released_, std::nullopt);
  if (batch.retry || stream.closed_ || stopped_) return batch;
  return std::nullopt;
}

void LiveStream::Reader::skip_gap() {
  const std::scoped_lock lock(stream_->mutex_);
  if (!stream_->recent_.empty()) after_ = std::max(after_, stream_->recent_.front().seq - 1);
}

Async<Result<LiveStream::Reader::Batch>> LiveStream::Reader::next() {
  for (;;) {
    bool ask_store = false;
    auto batch = poll(ask_store);
    if (batch) co_return std::move(*batch);
    if (!ask_store) {
      co_await notifier_.wait();
      continue;
    }
    auto page =
        co_await stream_->store_->read(stream_->session_, stream_->name_, after_, kReplayPage);
    if (!page) co_return fail(page.error());
    caught_up_ = page->size() < kReplayPage;
    if (page->empty()) {
      skip_gap();
      continue;
    }
    after_ = page->back().seq;
    Batch stored;
    stored.events = std::move(*page);
    co_return stored;
  }
}

}  // namespace flotilla::mcp
