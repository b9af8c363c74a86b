#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "async/event.h"
#include "async/task_group.h"
#include "base/time.h"

namespace flotilla::a2a::rpc {

class Call;

/// The thread of one completion queue, on which all of gRPC's work for its calls is done: two
/// threads at one connection get into each other's way.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  using Operation = void (Call::*)();
  /// From the loop: the operation of the call, on this thread.
  virtual void ask(std::shared_ptr<Call> call, Operation operation) = 0;

  // From this thread:
  /// A client called; its request is being read.
  virtual void came() = 0;
  /// The request was read, or the client went away before (`got` is false).
  virtual void begin(std::shared_ptr<Call> call, bool got) = 0;
  /// The client cancelled, its deadline passed, or its connection broke.
  virtual void cancelled(std::shared_ptr<Call> call) = 0;
  /// gRPC is done with the call.
  virtual void ended() = 0;
};

/// The end of one operation of a call, as its completion queue hands it out.
class Tag {
 public:
  using Over = void (Call::*)(bool ok);
  Tag(Call& call, Over over) : call_(call), over_(over) {}
  Tag(const Tag&) = delete;
  Tag& operator=(const Tag&) = delete;
  ~Tag() = default;
  void operator()(bool ok) { (call_.*over_)(ok); }

 private:
  Call& call_;
  Over over_;
};

/// One RPC, between the dispatcher's thread and the coroutine on one of our loops, which calls all
/// that is public. Every call is one request message in, any number of
/// answers and a status out; unary ones are streams of one. Lives until gRPC is done with it and
/// the coroutine has let go.
class Call final : public std::enable_shared_from_this<Call> {
 public:
  using Context = ::grpc::GenericServerContext;

  /// Waits for the next call of any client.
  static void request(Dispatcher& dispatcher, ::grpc::AsyncGenericService& service,
                      ::grpc::ServerCompletionQueue& queue);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() = default;

  [[nodiscard]] Context& context() { return context_; }
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
  void cut() { context_.TryCancel(); }

  // The loop's own notes.
  std::optional<TaskGroup::Child> child;
  bool cancelled = false;
  /// Why the coroutine was cancelled, when it was not the client.
  enum class Stop : std::uint8_t { none, draining, slow_reader };
  Stop stop = Stop::none;
  /// When the message under way was handed to gRPC.
  std::optional<SteadyTime> writing_since;
  std::string last_cursor;  // of the last item handed to gRPC

 private:
  explicit Call(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  void start_write();
  void start_status();
  void start_answer();
  void on_came(bool ok);
  void on_read(bool got);
  void on_written(bool sent);
  void on_finished(bool sent);
  void on_over(bool ok);
  void release();

  Dispatcher& dispatcher_;
  Context context_;
  ::grpc::GenericServerAsyncReaderWriter stream_{&context_};
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer message_;  // under way
  ::grpc::Status status_;
  bool finished_ = false;
  std::optional<OneShot<bool>::Setter> written_;
  Tag came_tag_{*this, &Call::on_came};
  Tag read_tag_{*this, &Call::on_read};
  Tag written_tag_{*this, &Call::on_written};
  Tag finished_tag_{*this, &Call::on_finished};
  Tag over_tag_{*this, &Call::on_over};
  std::atomic<int> tags_{3};    // still to come: read, finished, over, and that of a write
  std::shared_ptr<Call> self_;  // until there are none
};

}  // namespace flotilla::a2a::rpc
