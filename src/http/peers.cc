#include "http/peers_internal.h"

namespace flotilla::http {

bool Peers::enter(std::string_view peer, std::size_t limit) {
  Part& part = this->part(peer);
  const std::lock_guard lock(part.mutex);
  auto found = part.connections.find(peer);
  if (found == part.connections.end()) {
    found = part.connections.emplace(peer, 0).first;
  }
  if (found->second >= limit) {
    if (found->second == 0) part.connections.erase(found);
    return false;
  }
  ++found->second;
  return true;
}

void Peers::leave(std::string_view peer) {
  Part& part = this->part(peer);
  const std::lock_guard lock(part.mutex);
  const auto found = part.connections.find(peer);
  if (found == part.connections.end()) return;
  if (--found->second == 0) part.connections.erase(found);
}

bool Peers::count_request(std::string_view peer, std::int64_t second, std::size_t limit) {
  Part& part = this->part(peer);
  const std::lock_guard lock(part.mutex);
  if (part.second != second) {
    part.requests.clear();
    part.second = second;
  }
  auto found = part.requests.find(peer);
  if (found == part.requests.end()) found = part.requests.emplace(peer, 0).first;
  return ++found->second <= limit;
}

}  // namespace flotilla::http
