#pragma once

#include <chrono>
#include <cstddef>

namespace flotilla::db::sqlite {

/// How the writer groups batches, from what the last commits cost. One thread.
///
/// Callers that come back while a commit runs form the next one, so that two groups take turns:
/// while the disk stores one, processors work for the other. On a slow disk that is wrong, as each
/// group waits for two commits: there a short pause lets them share one. Where processors are what
/// is short, all callers can end up in one group, idle while the disk works: there half of them is
/// held back once, which parts them again.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  struct Commit {
    Clock::time_point began;
    Clock::time_point ended;
    Clock::duration on_disk;  // the part that waited for the disk, about
    std::size_t batches;
    bool alone;  // no batch came while it ran
  };

  void note(const Commit& commit);
  /// How long to wait for more batches before the next commit.
  [[nodiscard]] Clock::duration pause() const { return pause_; }
  /// How many of `waiting` batches belong to the next commit.
  [[nodiscard]] std::size_t share(std::size_t waiting) const;

 private:
  Clock::time_point previous_;  // when the last commit ended
  Clock::duration pause_{};
  bool part_ = false;
};

}  // namespace flotilla::db::sqlite
