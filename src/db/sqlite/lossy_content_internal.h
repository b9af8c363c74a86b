#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flotilla::db::sqlite {

inline constexpr std::size_t kSector = 512;

inline void overwrite(std::string& content, std::size_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  content.replace(offset, bytes.size(), bytes);
}

/// One write or truncation.
struct Change {
  bool truncates = false;
  std::size_t offset = 0;  // or the new size
  std::string bytes;

  void apply(std::string& content) const {
    if (truncates)
      content.resize(std::min(content.size(), offset));
    else
      overwrite(content, offset, bytes);
  }
};

/// A file as it is seen and as it would survive.
struct Content {
  std::string seen;     // what readers get
  std::string durable;  // what was synced
  std::vector<Change> pending;

  void change(Change change) {
    change.apply(seen);
    pending.push_back(std::move(change));
  }
  void sync() {
    for (const Change& change : pending) change.apply(durable);
    pending.clear();
  }
};

/// What a power cut leaves of the changes that were not synced.
class Survival {
 public:
  explicit Survival(std::uint64_t seed) : random_(seed), kind_(static_cast<int>(random_() % 4)) {}

  void strike(Content& content) {
    std::string left = content.durable;
    const std::size_t whole = content.pending.empty() ? 0 : random_() % content.pending.size();
    for (std::size_t i = 0; i < content.pending.size(); ++i) {
      if (kind_ == 1 || (kind_ == 2 && i < whole))
        content.pending[i].apply(left);
      else if (kind_ == 3 || (kind_ == 2 && i == whole))
        tear(content.pending[i], left);
    }
    content = {left, left, {}};
  }

 private:
  /// Each sector on its own arrives or does not.
  void tear(const Change& change, std::string& left) {
    if (change.truncates) {
      if (coin()) change.apply(left);
      return;
    }
    std::size_t at = 0;
    while (at < change.bytes.size()) {
      const std::size_t size =
          std::min(change.bytes.size() - at, kSector - (change.offset + at) % kSector);
      if (coin()) overwrite(left, change.offset + at, change.bytes.substr(at, size));
      at += size;
    }
  }
  bool coin() { return random_() % 2 == 0; }

  std::mt19937_64 random_;
  int kind_;  // nothing, everything, a prefix with a torn end, sectors at random
};

}  // namespace flotilla::db::sqlite
