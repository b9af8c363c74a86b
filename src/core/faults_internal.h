#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"

namespace flotilla::core {

/// All that is wrong with one document, so that its writer need not find it one by one.
class Faults {
 public:
  void add(std::string field, std::string text) {
    if (!error_) {
      first_ = field + ": " + text;
      error_.emplace(Code::invalid_argument, first_);
    }
    if (error_->violations().size() < kMost) error_->add_field(std::move(field), std::move(text));
  }
  [[nodiscard]] bool empty() const { return !error_; }
  [[nodiscard]] Result<> result() const {
    if (!error_) return ok();
    return fail(*error_);
  }

 private:
  static constexpr std::size_t kMost = 32;
  std::string first_;
  std::optional<Error> error_;
};

}  // namespace flotilla::core
