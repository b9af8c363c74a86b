#include "api/live.h"

#include <boost/asio/this_coro.hpp>
#include <tuple>
#include <utility>

#include "async/task_group.h"

namespace flotilla::api {

struct Live::Drain {
  TaskGroup* group = nullptr;
  bool asked = false;
  bool writing = false;
  bool failed = false;  // nothing more can be sent

  void ask() {
    asked = true;
    if (group != nullptr && !writing) group->cancel();
  }
};

Live::Live(http::BodyWriter& body, std::uint64_t cursor)
    : body_(body), writer_(body), drain_(std::make_shared<Drain>()), cursor_(cursor) {}

Async<> Live::run(Async<> work) {
  auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup group(executor);
  drain_->group = &group;
  body_.on_drain([weak = std::weak_ptr<Drain>(drain_)] {
    if (auto alive = weak.lock()) alive->ask();
  });
  group.spawn(std::move(work));
  co_await group.join();
  drain_->group = nullptr;
  if (drain_->failed) co_return;
  http::SseEvent bye;
  bye.event = "bye";
  bye.prefix = R"({"cursor":")" + std::to_string(cursor_) + R"(","reason":")" + reason_ + R"("})";
  std::ignore = co_await writer_.send(std::move(bye));  // the stream ends either way
}

Async<> Live::send(std::vector<http::SseEvent> events, std::uint64_t cursor) {
  drain_->writing = true;
  const auto sent = co_await writer_.send(std::move(events));
  drain_->writing = false;
  if (sent)
    cursor_ = cursor;
  else
    drain_->failed = true;
}

void Live::end(std::string_view reason) {
  reason_ = reason;
}

bool Live::over() const {
  return drain_->asked || drain_->failed;
}

}  // namespace flotilla::api
