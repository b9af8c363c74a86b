#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "async/event.h"
#include "llm/limiter_internal.h"

namespace flotilla::llm {

struct Limiter::Place::State {
  using Turn = OneShot<bool>::Setter;

  /// A place at once, or a number in the line.
  std::optional<std::uint64_t> line_up(Turn turn) {
    const std::scoped_lock lock(mutex);
    if (free > 0) {
      --free;
      return std::nullopt;
    }
    waiting.emplace(++last, std::move(turn));
    return last;
  }
  /// False: the turn had come already.
  bool leave(std::uint64_t number) {
    const std::scoped_lock lock(mutex);
    return waiting.erase(number) > 0;
  }
  void give_back() {
    std::optional<Turn> next;
    {
      const std::scoped_lock lock(mutex);
      if (waiting.empty()) {
        ++free;
        return;
      }
      next.emplace(std::move(waiting.begin()->second));
      waiting.erase(waiting.begin());
    }
    next->set(true);
  }

  std::mutex mutex;
  std::size_t free = 0;
  std::uint64_t last = 0;
  std::map<std::uint64_t, Turn> waiting;
};

namespace {

/// Who is cancelled leaves the line, and passes on a place that came too late.
template <class State>
class InLine {
 public:
  InLine(State& state, std::uint64_t number) : state_(state), number_(number) {}
  InLine(const InLine&) = delete;
  InLine& operator=(const InLine&) = delete;
  ~InLine() {
    if (!served_ && !state_.leave(number_)) state_.give_back();
  }
  void served() { served_ = true; }

 private:
  State& state_;
  std::uint64_t number_;
  bool served_ = false;
};

}  // namespace

Limiter::Place::~Place() {
  if (state_) state_->give_back();
}

Limiter::Limiter(std::size_t places) {
  if (places == 0) return;
  state_ = std::make_shared<State>();
  state_->free = places;
}

Async<Limiter::Place> Limiter::enter() {
  return wait(state_);
}

Async<Limiter::Place> Limiter::wait(std::shared_ptr<State> state) {
  Place place;
  if (!state) co_return place;
  OneShot<bool> turn;
  if (const auto number = state->line_up(turn.setter())) {
    InLine<State> in_line(*state, *number);
    std::ignore = co_await turn.wait();
    in_line.served();
  }
  place.state_ = std::move(state);
  co_return place;
}

}  // namespace flotilla::llm
