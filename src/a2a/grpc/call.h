#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/task_group.h"
#include "base/time.h"

namespace flotilla::a2a::rpc {

class Call;

/// Where calls go: one for each event loop.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  /// From gRPC's threads: the request was read, or the client went away before (`got` is false).
  virtual void begin(std::shared_ptr<Call> call, bool got) = 0;
  /// From gRPC's threads: the client cancelled, its deadline passed, or its connection broke.
  virtual void cancelled(std::shared_ptr<Call> call) = 0;
  /// From gRPC's threads: nothing of the call is left.
  virtual void ended() = 0;
};

/// One RPC, between gRPC's threads, which call On…(), and the coroutine on one of our loops, which
/// calls all else. Every call is one request message in, any number of answers and a status out;
/// unary ones are streams of one. Lives until gRPC is done with it and the coroutine has let go.
class Call final : public ::grpc::ServerGenericBidiReactor,
                   public std::enable_shared_from_this<Call> {
 public:
  using Context = ::grpc::GenericCallbackServerContext;

  /// Starts to read the request. gRPC owns the reactor until its OnDone().
  static ::grpc::ServerGenericBidiReactor* start(Dispatcher& dispatcher, Context& context,
                                                 std::size_t lane);

  // From the loop, and not after finish().
  [[nodiscard]] Context& context() { return *context_; }
  [[nodiscard]] ::grpc::ByteBuffer& request() { return request_; }
  /// Sends one message of a stream; false when the client is gone. One at a time.
  Async<bool> write(const ::grpc::ByteBuffer& message);
  /// The last word: exactly once. A message under way is still sent before.
  void finish(const ::grpc::Status& status);
  /// A message and the OK status.
  void finish(const ::grpc::ByteBuffer& message);
  [[nodiscard]] bool finished() const { return finished_; }
  /// Cuts the connection's stream if the client still has not taken the status. Also after
  /// finish().
  void cut();

  /// Which loop; from any thread.
  const std::size_t lane;

  // The loop's own notes.
  std::optional<TaskGroup::Child> child;
  bool cancelled = false;
  /// Why the coroutine was cancelled, when it was not the client.
  enum class Stop : std::uint8_t { none, draining, slow_reader };
  Stop stop = Stop::none;
  /// When the message under way was handed to gRPC.
  std::optional<SteadyTime> writing_since;
  std::string last_cursor;  // of the last item handed to gRPC

  // gRPC's threads.
  void OnReadDone(bool got) override;
  void OnWriteDone(bool sent) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  Call(Dispatcher& dispatcher, Context& context, std::size_t on)
      : lane(on), dispatcher_(dispatcher), context_(&context) {}

  Dispatcher& dispatcher_;
  Context* context_;
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer message_;  // under way
  bool finished_ = false;
  std::optional<OneShot<bool>::Setter> written_;
  std::shared_ptr<Call> self_;  // until OnDone
  std::mutex done_mutex_;       // OnDone against cut()
  bool done_ = false;
};

}  // namespace flotilla::a2a::rpc
