#include <array>
#include <utility>

#include "base/id.h"
#include "http/connection_internal.h"
#include "http/core_internal.h"
#include "http/limits.h"
#include "http/response_head_internal.h"

namespace flotilla::http {

void Core::connection_ended() {
  if (--connections > 0) return;
  std::optional<OneShot<bool>::Setter> setter;
  {
    const std::lock_guard lock(empty_mutex);
    setter = std::exchange(when_empty, std::nullopt);
  }
  if (setter) setter->set(true);
}

Shard::Shard(std::shared_ptr<Core> core, Executor executor)
    : core_(std::move(core)), executor_(std::move(executor)) {
  system_random().fill(&id_seed_, sizeof id_seed_);
  update_time();
}

void Shard::update_time() {
  now_ = core_->clock.steady_now();
  common_lines_ = http::common_lines(core_->clock.now());
}

SteadyTime Shard::deadline(Duration wait) const {
  return now_ + wait + kSweepInterval;
}

std::string Shard::make_request_id() {
  // splitmix64 over a counter: unique in this loop, scattered over all, and it fits a small string.
  std::uint64_t bits = id_seed_ + ++id_count_ * 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31U;
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id(13, '0');
  for (char& c : id) {
    c = kDigits[bits & 31U];
    bits >>= 5U;
  }
  return id;
}

void Shard::add(Connection& connection) {
  connection.index = connections_.size();
  connections_.push_back(&connection);
}

void Shard::remove(Connection& connection) {
  Connection* last = connections_.back();
  last->index = connection.index;
  connections_[connection.index] = last;
  connections_.pop_back();
}

void Shard::sweep() {
  update_time();
  for (Connection* connection : connections_) connection->sweep();
}

void Shard::begin_drain() {
  draining_ = true;
  for (Connection* connection : connections_) connection->begin_drain();
}

void Shard::cut() {
  for (Connection* connection : connections_) connection->cut();
}

}  // namespace flotilla::http
