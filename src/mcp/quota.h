#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace flotilla::mcp {

/// How many of something each principal holds. Thread-safe; outlives its tickets.
class Quota {
 public:
  explicit Quota(std::size_t limit) : limit_(limit) {}

  class Ticket {
   public:
    Ticket(Quota& quota, std::string who) : quota_(&quota), who_(std::move(who)) {}
    Ticket(Ticket&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), who_(std::move(other.who_)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (quota_ != nullptr) quota_->give_back(who_);
    }

   private:
    Quota* quota_;
    std::string who_;
  };

  /// nullopt when the principal has as many as it may.
  std::optional<Ticket> take(const std::string& who) {
    const std::scoped_lock lock(mutex_);
    auto& count = counts_[who];
    if (count >= limit_) return std::nullopt;
    ++count;
    return std::make_optional<Ticket>(*this, who);
  }

 private:
  void give_back(const std::string& who) {
    const std::scoped_lock lock(mutex_);
    const auto found = counts_.find(who);
    if (--found->second == 0) counts_.erase(found);
  }

  const std::size_t limit_;
  std::mutex mutex_;
  std::map<std::string, std::size_t, std::less<>> counts_;
};

}  // namespace flotilla::mcp
