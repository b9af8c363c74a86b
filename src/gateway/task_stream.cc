#include "gateway/task_stream.h"

#include <fmt/format.h>

#include "a2a/legacy.h"
#include "json/json.h"

namespace flotilla::gateway {

using a2a::ItemKind;
using a2a::StreamItem;

namespace {

/// The event's translation to 0.3 is made once for all its readers: it stays with the event.
std::shared_ptr<StreamItem::Legacy> legacy_of(const core::Event& event) {
  auto cell = event.derived.load();
  if (!cell) {
    std::shared_ptr<void> fresh = std::make_shared<a2a::StreamItem::Legacy>();
    if (event.derived.compare_exchange_strong(cell, fresh)) cell = fresh;
  }
  return std::static_pointer_cast<StreamItem::Legacy>(cell);
}

std::optional<StreamItem> to_item(const core::EventPtr& event) {
  if (event->kind != core::EventKind::status && event->kind != core::EventKind::artifact)
    return std::nullopt;
  StreamItem item;
  item.kind = ItemKind::artifact_update;
  if (event->kind == core::EventKind::status) item.kind = ItemKind::status_update;
  item.cursor = event->seq;
  item.json = event->payload;
  item.legacy = legacy_of(*event);
  item.state = event->state;
  return item;
}

}  // namespace

StreamItem snapshot_item(std::shared_ptr<const std::string> task, std::uint64_t seq,
                         a2a::TaskState state, std::uint64_t generation) {
  StreamItem item;
  item.kind = ItemKind::task;
  item.cursor = seq;
  item.json = std::move(task);
  item.legacy = std::make_shared<a2a::StreamItem::Legacy>();
  item.state = state;
  item.generation = generation;
  return item;
}

TaskStream::TaskStream(core::TaskLog::Ptr log, std::unique_ptr<core::Subscription> subscription,
                       Options options)
    : log_(std::move(log)), subscription_(std::move(subscription)), options_(std::move(options)) {}

StreamItem TaskStream::creation_item(const core::Event& event) const {
  const auto row = log_->committed();
  std::string task = R"({"id":")" + row.id.to_string() + R"(","contextId":)";
  json::write_string(row.context_id, task);
  task += fmt::format(R"(,"status":{{"state":"{}","timestamp":"{}"}},"history":[{}]}})",
                      wire_name(a2a::TaskState::submitted), format_time(row.created_at),
                      *event.payload);
  return snapshot_item(std::make_shared<const std::string>(std::move(task)), event.seq,
                       a2a::TaskState::submitted, 1);
}

void TaskStream::take(const core::EventPtr& event, std::vector<StreamItem>& items) {
  if (options_.opening == Opening::creation) {
    options_.opening = Opening::none;
    generation_ = 1;
    held_ = creation_item(*event);
    if (!options_.may_reply_message) items.push_back(std::move(*std::exchange(held_, {})));
    return;
  }
  // As core counts: messages change the task without being items.
  const bool changes = event->kind == core::EventKind::message ||
                       event->kind == core::EventKind::status ||
                       event->kind == core::EventKind::artifact;
  if (changes && generation_ != 0) ++generation_;
  auto item = to_item(event);
  if (!item || ended_) return;
  item->generation = generation_;
  if (held_) {
    if (log_->direct()) return settle_direct(items);
    items.push_back(std::move(*std::exchange(held_, {})));
  }
  ended_ = a2a::is_terminal(item->state) ||
           (options_.ends_at_input_required && item->state == a2a::TaskState::input_required);
  items.push_back(std::move(*item));
}

void TaskStream::settle_direct(std::vector<StreamItem>& items) {
  held_.reset();
  ended_ = true;
  StreamItem item;
  item.kind = ItemKind::message;
  item.json = std::make_shared<const std::string>(log_->committed().status_message.value_or("{}"));
  item.legacy = std::make_shared<a2a::StreamItem::Legacy>();
  items.push_back(std::move(item));
}

Async<Result<std::vector<StreamItem>>> TaskStream::next() {
  std::vector<StreamItem> items;
  if (options_.opening == Opening::snapshot) {
    options_.opening = Opening::none;
    if (log_->direct()) {
      settle_direct(items);
      co_return items;
    }
    const auto state = options_.first->state;
    generation_ = options_.first->generation;
    ended_ = a2a::is_terminal(state) ||
             (options_.first_may_end && state == a2a::TaskState::input_required);
    items.push_back(std::move(*options_.first));
    co_return items;
  }
  while (items.empty() && !ended_) {
    CO_TRY(events, co_await subscription_->next());
    if (events.empty()) break;
    for (const auto& event : events) take(event, items);
  }
  co_return items;
}

}  // namespace flotilla::gateway
