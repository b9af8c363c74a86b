#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/event.h"
#include "mcp/session_store.h"

namespace flotilla::mcp {

/// One SSE stream of a legacy client (I1, I2): messages are stored first, then read by at most one
/// connection at a time, which may end and be followed by another. With a store nothing is lost and
/// memory holds only the newest messages; without one (2024-11-05, which cannot resume) the stream
/// ends when its reader is too slow. Thread-safe; writers and the reader may be on other loops.
class LiveStream {
 public:
  /// `store` may be null and outlives the stream.
  LiveStream(SessionStore* store, std::string session, std::string name)
      : store_(store), session_(std::move(session)), name_(std::move(name)) {}
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Stores the message, then shows it. `last` messages fit always; others fail with
  /// resource_exhausted once the stream holds too much.
  Async<Result<>> append(std::string data, bool last = false);
  /// Nothing more comes: readers end after what is there.
  void close();
  /// The reader's connection ends once it has read what is there; it comes back after `retry`.
  void release(Duration retry);
  [[nodiscard]] bool has_reader() const;

  /// One connection that reads. On one loop; ends when another takes over.
  class Reader {
   public:
    /// Takes over from the reader that is there. `after` is the last seq that the client has.
    Reader(std::shared_ptr<LiveStream> stream, const Executor& executor, std::uint64_t after);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    struct Batch {
      std::vector<StreamEvent> events;  // empty: the connection ends
      std::optional<Duration> retry;    // with which word, if with one
    };
    /// At least one event, or the end.
    Async<Result<Batch>> next();
    /// Lets next() end. On the reader's loop.
    void stop();

   private:
    friend class LiveStream;
    /// What is at hand; nullopt when it has to wait or to ask the store.
    std::optional<Batch> poll(bool& ask_store);
    /// Past what the store no longer has.
    void skip_gap();

    std::shared_ptr<LiveStream> stream_;  // shared with its writers
    std::uint64_t after_;
    std::uint64_t token_ = 0;
    bool caught_up_ = false;
    bool stopped_ = false;
    Notifier notifier_;
  };

 private:
  void show(StreamEvent event);
  void wake();

  SessionStore* const store_;
  const std::string session_;
  const std::string name_;
  AsyncMutex appending_;  // seqs are shown in their order

  mutable std::mutex mutex_;
  std::deque<StreamEvent> recent_;
  std::size_t recent_bytes_ = 0;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  bool closed_ = false;
  std::optional<Duration> released_;
  std::uint64_t token_ = 0;
  Reader* reader_ = nullptr;
};

}  // namespace flotilla::mcp
