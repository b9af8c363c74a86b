#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/client_pool_internal.h"
#include "http/client_tls_internal.h"

namespace flotilla::http {

ClientPool::ClientPool(Clock& clock, std::size_t max_idle_per_key, Duration max_idle_time)
    : clock_(clock), max_idle_per_key_(max_idle_per_key), max_idle_time_(max_idle_time) {}

std::string ClientPool::key(const Url& url, const std::string& address, const ClientTls* tls) {
  return fmt::format("{}|{}|{}|{}", tls == nullptr ? "http" : tls->digest, url.host, url.port,
                     address);
}

std::unique_ptr<ClientConnection> ClientPool::take(const std::string& key) {
  drop_expired();
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  auto& list = found->second;
  std::unique_ptr<ClientConnection> connection;
  while (!connection && !list.empty()) {
    connection = std::move(list.back().connection);
    list.pop_back();
    --size_;
    if (!connection->is_quiet()) connection.reset();
  }
  if (list.empty()) idle_.erase(found);
  return connection;
}

void ClientPool::put(std::string key, std::unique_ptr<ClientConnection> connection) {
  if (max_idle_per_key_ == 0) return;
  drop_expired();
  if (size_ >= kMaxIdle) drop_oldest();
  auto& list = idle_[std::move(key)];
  if (list.size() >= max_idle_per_key_) {
    list.erase(list.begin());
    --size_;
  }
  list.push_back(Idle{std::move(connection), clock_.steady_now()});
  ++size_;
}

void ClientPool::drop_expired() {
  const auto limit = clock_.steady_now() - max_idle_time_;
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    auto& list = entry->second;
    size_ -= std::erase_if(list, [&](const Idle& idle) { return idle.since <= limit; });
    entry = list.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

void ClientPool::drop_oldest() {
  const auto oldest = std::ranges::min_element(
      idle_, {}, [](const auto& entry) { return entry.second.front().since; });
  if (oldest == idle_.end()) return;
  oldest->second.erase(oldest->second.begin());
  --size_;
  if (oldest->second.empty()) idle_.erase(oldest);
}

}  // namespace flotilla::http
