#include "a2a/grpc/call.h"

#include <utility>

namespace flotilla::a2a::rpc {

::grpc::ServerGenericBidiReactor* Call::start(Dispatcher& dispatcher, Context& context,
                                              std::size_t lane) {
  std::shared_ptr<Call> call(new Call(dispatcher, context, lane));
  Call* reactor = call.get();
  reactor->self_ = std::move(call);
  reactor->StartRead(&reactor->request_);
  return reactor;
}

Async<bool> Call::write(const ::grpc::ByteBuffer& message) {
  message_ = message;
  OneShot<bool> written;
  written_.emplace(written.setter());
  StartWrite(&message_);
  const bool sent = co_await written.wait();
  co_return sent;
}

void Call::finish(const ::grpc::Status& status) {
  finished_ = true;
  Finish(status);
}

void Call::finish(const ::grpc::ByteBuffer& message) {
  finished_ = true;
  message_ = message;
  StartWriteAndFinish(&message_, ::grpc::WriteOptions(), ::grpc::Status::OK);
}

void Call::cut() {
  const std::scoped_lock lock(done_mutex_);
  if (!done_) context_->TryCancel();
}

void Call::OnReadDone(bool got) {
  dispatcher_.begin(shared_from_this(), got);
}

void Call::OnWriteDone(bool sent) {
  // Empty for the message that went with the status.
  if (!written_) return;
  auto setter = std::move(*written_);
  written_.reset();
  setter.set(sent);
}

void Call::OnCancel() {
  dispatcher_.cancelled(shared_from_this());
}

void Call::OnDone() {
  {
    const std::scoped_lock lock(done_mutex_);
    done_ = true;
  }
  dispatcher_.ended();
  self_.reset();
}

}  // namespace flotilla::a2a::rpc
