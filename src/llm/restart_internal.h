#pragma once

#include <optional>
#include <utility>

#include "llm/model.h"

namespace flotilla::llm {

/// The caller's sink over several attempts: tells it of a restart once something came of an earlier
/// one, and remembers its own failure, which no other attempt mends. Of one call.
class AttemptSink final : public DeltaSink {
 public:
  explicit AttemptSink(DeltaSink& sink) : sink_(sink) {}

  Async<Result<>> receive(Delta delta) override {
    dirty_ = true;
    auto passed = co_await sink_.receive(std::move(delta));
    if (!passed) failure_ = passed.error();
    co_return passed;
  }
  Async<Result<>> restart() override { return begin(); }
  /// Before another attempt.
  Async<Result<>> begin() {
    if (!std::exchange(dirty_, false)) co_return ok();
    auto told = co_await sink_.restart();
    if (!told) failure_ = told.error();
    co_return told;
  }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  DeltaSink& sink_;
  bool dirty_ = false;
  std::optional<Error> failure_;
};

}  // namespace flotilla::llm
