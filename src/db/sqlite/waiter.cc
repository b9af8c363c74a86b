#include "db/sqlite/waiter_internal.h"

#include <algorithm>

namespace flotilla::db::sqlite {

namespace {

/// Resumes one after the other. What an escaping exception of one coroutine leaves over is posted
/// again, so that its neighbours do not hang.
class Delivery {
 public:
  Delivery(std::vector<std::unique_ptr<Wakeup>> waiters, std::shared_ptr<std::mutex> posting)
      : waiters_(std::move(waiters)), posting_(std::move(posting)) {}
  Delivery(Delivery&&) noexcept = default;
  Delivery& operator=(Delivery&&) = delete;
  ~Delivery() = default;

  void operator()() {
    {
      const std::lock_guard posted(*posting_);
    }
    const Rest rest(*this);
    while (next_ < waiters_.size()) {
      const std::unique_ptr<Wakeup> waiter = std::move(waiters_[next_++]);
      waiter->resume();
    }
  }

 private:
  struct Rest {
    Delivery& delivery;
    explicit Rest(Delivery& of) : delivery(of) {}
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;
    ~Rest() {
      if (delivery.next_ == delivery.waiters_.size()) return;
      const Executor loop = delivery.waiters_[delivery.next_]->loop();
      boost::asio::post(loop, std::move(delivery));
    }
  };

  std::vector<std::unique_ptr<Wakeup>> waiters_;
  std::shared_ptr<std::mutex> posting_;
  std::size_t next_ = 0;
};

}  // namespace

void Wakeups::add(std::unique_ptr<Wakeup> waiter) {
  auto group = std::ranges::find(groups_, waiter->loop(), &Group::loop);
  if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{waiter->loop(), {}});
  group->waiters.push_back(std::move(waiter));
}

void Wakeups::flush() {
  for (Group& group : groups_) {
    const std::lock_guard lock(*posting_);
    boost::asio::post(group.loop, Delivery(std::move(group.waiters), posting_));
  }
  groups_.clear();
}

void wake(std::unique_ptr<Wakeup> waiter) {
  Wakeups one;
  one.add(std::move(waiter));
  one.flush();
}

}  // namespace flotilla::db::sqlite
