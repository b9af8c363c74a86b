#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "db/database.h"

namespace flotilla::core::testing {

/// A real database whose commits a test holds back, fails or cuts off. Thread-safe.
class FakeDatabase final : public db::Database {
 public:
  explicit FakeDatabase(db::Database& inner) : inner_(inner) {}

  /// What is submitted from now on waits.
  void hold() { set(true); }
  /// How many submitted batches wait.
  [[nodiscard]] std::size_t held() const {
    std::lock_guard lock(mutex_);
    return held_.size();
  }
  /// Carries out the first held batch; the others wait on.
  void pass_one() {
    auto first = take_one();
    if (first) inner_.submit(std::move(first->batch), std::move(first->done));
  }
  /// Answers the first held batch with this error.
  void fail_one(Error error) {
    auto first = take_one();
    if (first) first->done(fail(std::move(error)));
  }
  /// Ends the hold and carries out all that waits.
  void release() {
    set(false);
    while (auto first = take_one()) inner_.submit(std::move(first->batch), std::move(first->done));
  }
  /// After `passing` more batches every write answers this error and stores nothing.
  void fail_after(std::size_t passing, Error error) {
    std::lock_guard lock(mutex_);
    passing_ = passing;
    error_ = std::move(error);
  }
  void recover() {
    std::lock_guard lock(mutex_);
    error_.reset();
  }
  /// Batches that were let through since the fake exists.
  [[nodiscard]] std::size_t passed() const {
    std::lock_guard lock(mutex_);
    return passed_;
  }
  [[nodiscard]] std::size_t reads() const {
    std::lock_guard lock(mutex_);
    return reads_;
  }

  void submit(db::Batch batch,
              std::move_only_function<void(Result<db::BatchResult>)> done) override {
    if (auto error = refusal()) return done(fail(std::move(*error)));
    {
      std::lock_guard lock(mutex_);
      if (holding_) {
        held_.push_back({std::move(batch), std::move(done)});
        return;
      }
    }
    inner_.submit(std::move(batch), std::move(done));
  }
  Async<Result<db::BatchResult>> write(db::Batch batch) override {
    // An empty batch stores nothing: it only waits for those before it.
    if (!batch.empty())
      if (auto error = refusal()) co_return fail(std::move(*error));
    co_return co_await inner_.write(std::move(batch));
  }
  Async<Result<std::vector<db::Row>>> read(const db::Statement& statement,
                                           std::vector<db::Value> parameters,
                                           std::size_t limit) override {
    {
      std::lock_guard lock(mutex_);
      ++reads_;
    }
    return inner_.read(statement, std::move(parameters), limit);
  }
  Async<Result<>> backup(std::string path) override { return inner_.backup(std::move(path)); }
  [[nodiscard]] db::Stats stats() const override { return inner_.stats(); }

 private:
  struct Held {
    db::Batch batch;
    std::move_only_function<void(Result<db::BatchResult>)> done;
  };
  void set(bool holding) {
    std::lock_guard lock(mutex_);
    holding_ = holding;
  }
  std::optional<Held> take_one() {
    std::lock_guard lock(mutex_);
    if (held_.empty()) return std::nullopt;
    Held first = std::move(held_.front());
    held_.pop_front();
    return first;
  }
  std::optional<Error> refusal() {
    std::lock_guard lock(mutex_);
    if (error_ && passing_ == 0) return error_;
    if (error_) --passing_;
    ++passed_;
    return std::nullopt;
  }

  db::Database& inner_;
  mutable std::mutex mutex_;
  bool holding_ = false;
  std::deque<Held> held_;
  std::size_t passing_ = 0;
  std::optional<Error> error_;
  std::size_t passed_ = 0;
  std::size_t reads_ = 0;
};

}  // namespace flotilla::core::testing
