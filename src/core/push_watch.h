#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/event.h"

namespace flotilla::core {

/// Which tasks have live webhooks, roughly: it may name one too many, never one too few, in
/// constant memory. So that a task without webhooks costs a commit two loads. Thread-safe.
class PushWatch {
 public:
  void add(const TaskId& task) { cell(task).fetch_add(1, std::memory_order_relaxed); }
  /// For a task that was added.
  void drop(const TaskId& task) { cell(task).fetch_sub(1, std::memory_order_relaxed); }
  /// Until this, every task counts.
  void complete() { complete_.store(true, std::memory_order_release); }
  [[nodiscard]] bool holds(const TaskId& task) const {
    return !complete_.load(std::memory_order_acquire) ||
           cells_[index(task)].load(std::memory_order_relaxed) > 0;
  }

 private:
  static constexpr std::size_t kCells = 8192;
  static std::size_t index(const TaskId& task) { return std::hash<TaskId>{}(task) % kCells; }
  std::atomic<std::int32_t>& cell(const TaskId& task) { return cells_[index(task)]; }

  std::atomic<bool> complete_{false};
  std::array<std::atomic<std::int32_t>, kCells> cells_{};
};

}  // namespace flotilla::core
