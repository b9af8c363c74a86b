#include <benchmark/benchmark.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/cancel.h"
#include "async/event.h"
#include "async/loops.h"
#include "async/task_group.h"

namespace {

using namespace flotilla;
namespace asio = boost::asio;

Async<> answer_early(benchmark::State& state) {
  for (auto _ : state) {
    OneShot<int> shot;
    shot.setter().set(1);
    benchmark::DoNotOptimize(co_await shot.wait());
  }
}

/// What a database commit costs its request: parked, then set from outside.
Async<> answer_parked(benchmark::State& state) {
  auto executor = co_await asio::this_coro::executor;
  for (auto _ : state) {
    OneShot<int> shot;
    auto answer = [setter = shot.setter()]() mutable { setter.set(1); };
    asio::post(executor, std::move(answer));
    benchmark::DoNotOptimize(co_await shot.wait());
  }
}

/// The part of answer_parked() that is not OneShot's.
Async<> post_alone(benchmark::State& state) {
  for (auto _ : state) co_await asio::post(asio::use_awaitable);
}

Async<> nothing() {
  co_return;
}

Async<> group_child(benchmark::State& state) {
  TaskGroup group(co_await asio::this_coro::executor);
  for (auto _ : state) {
    group.spawn(nothing());
    co_await group.join();
  }
}

Async<> deadline(benchmark::State& state) {
  Clock& clock = system_clock();
  for (auto _ : state) {
    auto when = clock.steady_now() + std::chrono::seconds(10);
    benchmark::DoNotOptimize(co_await with_deadline(nothing(), when, clock));
  }
}

template <Async<> (*Body)(benchmark::State&)>
void run(benchmark::State& state) {
  run_blocking(Body(state));
}

BENCHMARK(run<answer_early>)->Name("one_shot_set_before");
BENCHMARK(run<answer_parked>)->Name("one_shot_parked_and_posted");
BENCHMARK(run<post_alone>)->Name("post_alone");
BENCHMARK(run<group_child>)->Name("task_group_child");
BENCHMARK(run<deadline>)->Name("with_deadline");

}  // namespace

BENCHMARK_MAIN();
