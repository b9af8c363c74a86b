#include "core/outbox_queue.h"

#include <algorithm>

namespace flotilla::core {

bool OutboxQueue::push(const std::string& peer, PushKey key) {
  if (!known_.insert(key).second) return true;
  auto& waiting = peers_[peer];
  if (waiting.empty()) turns_.push_back(peer);
  waiting.push_back(std::move(key));
  if (known_.size() <= limit_) return true;
  drop_from_longest();
  return false;
}

void OutboxQueue::drop_from_longest() {
  auto longest = std::ranges::max_element(
      peers_, [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  known_.erase(longest->second.back());
  longest->second.pop_back();
  if (!longest->second.empty()) return;
  std::erase(turns_, longest->first);
  peers_.erase(longest);
}

std::optional<OutboxQueue::Entry> OutboxQueue::take(
    const std::function<bool(const std::string& peer)>& may) {
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    std::string peer = std::move(turns_.front());
    turns_.pop_front();
    if (!may(peer)) {
      turns_.push_back(std::move(peer));
      continue;
    }
    auto found = peers_.find(peer);
    Entry entry{peer, std::move(found->second.front())};
    found->second.pop_front();
    known_.erase(entry.key);
    if (found->second.empty())
      peers_.erase(found);
    else
      turns_.push_back(std::move(peer));
    return entry;
  }
  return std::nullopt;
}

}  // namespace flotilla::core
