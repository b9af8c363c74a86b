#include "mcp/era_cache.h"

#include <utility>

namespace flotilla::mcp {

namespace {
constexpr std::size_t kEntriesMax = 4096;
}  // namespace

EraCache::EraCache(Clock& clock, Duration legacy_life) : clock_(clock), life_(legacy_life) {}

std::optional<EraCache::Verdict> EraCache::find(const std::string& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.until <= clock_.steady_now()) return std::nullopt;
  return found->second.verdict;
}

void EraCache::put(std::string key, Verdict verdict) {
  const std::scoped_lock lock(mutex_);
  if (entries_.size() >= kEntriesMax) {
    std::erase_if(entries_, [now = clock_.steady_now()](const auto& entry) {
      return entry.second.until <= now;
    });
    if (entries_.size() >= kEntriesMax) entries_.erase(entries_.begin());
  }
  entries_.insert_or_assign(std::move(key), Entry{verdict, clock_.steady_now() + life_});
}

void EraCache::forget(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  entries_.erase(key);
}

}  // namespace flotilla::mcp
