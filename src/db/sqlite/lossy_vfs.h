#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace flotilla::db::sqlite {

/// For tests: a disk that forgets. Files live in memory; what was written but not synced is lost,
/// kept, reordered or torn at sectors when the power is cut. It also fails on demand like a full,
/// read-only or broken disk. Thread-safe. Locks and shared memory are the system's, so the path of
/// the database must be a real one. One of a name at a time; it outlives its connections.
class LossyDisk {
 public:
  explicit LossyDisk(std::string vfs_name);
  LossyDisk(const LossyDisk&) = delete;
  LossyDisk& operator=(const LossyDisk&) = delete;
  ~LossyDisk();

  /// Writes, truncations and syncs so far.
  [[nodiscard]] std::uint64_t operations() const;

  /// The power goes during the n-th operation from now (1 is the next). `seed` decides what
  /// survives. Until power_on() every access fails.
  void cut_power_at(std::uint64_t operation, std::uint64_t seed);
  [[nodiscard]] bool is_off() const;
  /// As the machine comes up again; all connections must be closed.
  void power_on();

  enum class Fault : std::uint8_t { full, read_only, broken };
  /// From the n-th operation from now on those that the fault concerns fail, until lift().
  void fail_from(std::uint64_t operation, Fault fault);
  /// Only the n-th fails.
  void fail_once(std::uint64_t operation, Fault fault);
  /// The fault was met at least once.
  [[nodiscard]] bool has_failed() const;
  void lift();

  /// Stores what a power cut has left under the files' real names, for another process.
  void write_back() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::db::sqlite
