#pragma once

#include <cstddef>
#include <memory>

#include "async/async.h"

namespace flotilla::llm {

/// Places for so many at once, on any loop; first come, first served.
class Limiter {
 public:
  /// Gives its place to who waits longest. Thread-safe; may outlive the limiter.
  class Place {
   public:
    Place() = default;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Limiter;
    struct State;
    std::shared_ptr<State> state_;
  };

  /// 0: any number.
  explicit Limiter(std::size_t places);
  /// Waits for a place.
  Async<Place> enter();

 private:
  using State = Place::State;
  static Async<Place> wait(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // shared with the places; null: any number
};

}  // namespace flotilla::llm
