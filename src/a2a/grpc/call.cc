#include "a2a/grpc/call.h"

#include <utility>

namespace flotilla::a2a::rpc {

void Call::request(Dispatcher& dispatcher, ::grpc::AsyncGenericService& service,
                   ::grpc::ServerCompletionQueue& queue) {
  const std::shared_ptr<Call> call(new Call(dispatcher));
  call->self_ = call;
  call->context_.AsyncNotifyWhenDone(&call->over_tag_);
  service.RequestCall(&call->context_, &call->stream_, &queue, &queue, &call->came_tag_);
}

Async<bool> Call::write(const ::grpc::ByteBuffer& message) {
  message_ = message;
  OneShot<bool> written;
  written_.emplace(written.setter());
  ++tags_;
  dispatcher_.ask(shared_from_this(), &Call::start_write);
  const bool sent = co_await written.wait();
  co_return sent;
}

void Call::finish(const ::grpc::Status& status) {
  finished_ = true;
  status_ = status;
  dispatcher_.ask(shared_from_this(), &Call::start_status);
}

void Call::finish(const ::grpc::ByteBuffer& message) {
  finished_ = true;
  message_ = message;
  dispatcher_.ask(shared_from_this(), &Call::start_answer);
}

void Call::start_write() {
  stream_.Write(message_, &written_tag_);
}

void Call::start_status() {
  stream_.Finish(status_, &finished_tag_);
}

void Call::start_answer() {
  stream_.WriteAndFinish(message_, ::grpc::WriteOptions(), ::grpc::Status::OK, &finished_tag_);
}

void Call::on_came(bool ok) {
  if (!ok) {  // the server stops: no other tag comes
    const auto last = std::move(self_);
    return;
  }
  dispatcher_.came();
  stream_.Read(&request_, &read_tag_);
}

void Call::on_read(bool got) {
  dispatcher_.begin(shared_from_this(), got);
  release();
}

void Call::on_written(bool sent) {
  auto setter = std::move(*written_);
  written_.reset();
  setter.set(sent);
  release();
}

void Call::on_finished(bool /*sent*/) {
  release();
}

void Call::on_over(bool /*ok*/) {
  if (context_.IsCancelled()) dispatcher_.cancelled(shared_from_this());
  release();
}

void Call::release() {
  if (--tags_ > 0) return;
  const auto last = std::move(self_);
  dispatcher_.ended();
}

}  // namespace flotilla::a2a::rpc
