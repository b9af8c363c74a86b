#include "db/sqlite/pace_internal.h"

#include <algorithm>

namespace flotilla::db::sqlite {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMany = 8;
constexpr auto kSlowCommit = 1ms;
constexpr auto kLongestPause = 2ms;
constexpr auto kWorthOverlapping = 300us;  // below it a second commit costs what it saves

}  // namespace

void Pace::note(const Commit& commit) {
  const auto cycle = commit.ended - previous_;
  previous_ = commit.ended;
  const auto took = commit.ended - commit.began;
  pause_ = {};
  part_ = false;
  if (commit.batches < kMany) return;
  // Far apart, so that parting does not make a disk look slow.
  if (took >= kSlowCommit && commit.on_disk * 4 > cycle * 3)
    pause_ = std::min<Clock::duration>(took / 4, kLongestPause);
  else if (commit.alone && commit.on_disk >= kWorthOverlapping && commit.on_disk * 5 < cycle * 2)
    part_ = true;
}

std::size_t Pace::share(std::size_t waiting) const {
  return part_ && waiting >= 2 * kMany ? (waiting + 1) / 2 : waiting;
}

}  // namespace flotilla::db::sqlite
