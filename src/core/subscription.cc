#include "core/subscription.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/task_log.h"

namespace flotilla::core {

Subscription::Subscription(std::shared_ptr<TaskLog> log, std::shared_ptr<Mailbox> mailbox,
                           std::uint64_t after, std::uint64_t live_after)
    : log_(std::move(log)), mailbox_(std::move(mailbox)), cursor_(after), live_after_(live_after) {}

Subscription::~Subscription() {
  if (mailbox_) log_->unsubscribe(mailbox_);
}

Async<Result<std::vector<EventPtr>>> Subscription::next() {
  if (cursor_ < live_after_) co_return co_await catch_up();
  if (!mailbox_) co_return std::vector<EventPtr>{};
  for (;;) {
    CO_TRY(events, co_await mailbox_->receive());
    if (events.empty()) co_return events;
    std::erase_if(events, [this](const EventPtr& event) { return event->seq <= cursor_; });
    if (events.empty()) continue;
    cursor_ = events.back()->seq;
    co_return events;
  }
}

void Subscription::skip_to(std::uint64_t seq) {
  cursor_ = std::max(cursor_, seq);
  live_after_ = std::min(live_after_, cursor_);
}

Async<Result<std::vector<EventPtr>>> Subscription::catch_up() {
  CO_TRY(events, co_await log_->stored_events(cursor_, live_after_, kCatchUpPage));
  if (events.empty())
    co_return fail(Error(Code::data_loss, "events " + std::to_string(cursor_ + 1) + " to " +
                                              std::to_string(live_after_) + " are missing"));
  cursor_ = events.back()->seq;
  co_return events;
}

}  // namespace flotilla::core
