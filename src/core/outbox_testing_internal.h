#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/sealing.h"
#include "core/limits.h"
#include "core/outbox.h"
#include "core/testing.h"

// A receiver and an outbox for tests.
namespace flotilla::core::testing {

/// Notes what each webhook is told, as `id:kind`; fails or waits as a test says.
class Receiver final : public PushDelivery {
 public:
  explicit Receiver(Executor loop) : gate(std::move(loop)) {}

  Async<PushOutcome> deliver(const PushRow& row, const PushPayload& payload) override {
    const std::string id = row.config.id;
    seen.push_back(id + ":" + std::string(to_string(payload.kind)));
    tokens[id] = row.config.token.reveal() + "/" + row.config.credentials.reveal();
    seqs[id].push_back(payload.seq);
    bodies.push_back(payload.json);
    while (hanging == id) co_await gate.wait();
    PushOutcome outcome;
    auto left = failures.find(id);
    outcome.delivered = left == failures.end() || left->second <= 0;
    if (!outcome.delivered) {
      --left->second;
      outcome.error = "answered 503";
      outcome.retry_after = retry_after;
    }
    if (throwing == id) throw std::runtime_error("lost");
    co_return outcome;
  }

  std::vector<std::string> of(const std::string& id) const {
    std::vector<std::string> out;
    for (const auto& one : seen)
      if (one.starts_with(id + ":")) out.push_back(one.substr(id.size() + 1));
    return out;
  }

  Notifier gate;
  std::vector<std::string> seen;
  std::vector<std::string> bodies;
  std::map<std::string, std::vector<std::uint64_t>> seqs;
  std::map<std::string, std::string> tokens;
  std::map<std::string, int> failures;
  std::string hanging;
  std::string throwing;
  std::optional<Duration> retry_after;
};

/// The outbox of a process, as app wires it.
struct Post {
  explicit Post(World& world)
      : process(world.process()),
        sealer(auth::Sealer::ephemeral(world.random)),
        configs(*world.database, world.clock, world.random, sealer),
        receiver(world.loops.executor(0)) {
    open(world);
  }
  void open(World& world) {
    outbox = std::make_unique<Outbox>(world.loops.executor(0), *world.database, world.clock,
                                      world.random, process.metrics, configs, receiver);
    process.services.outbox = outbox.get();
    outbox->start();
  }
  [[nodiscard]] std::uint64_t delivered() const { return process.metrics.outbox_delivered.value(); }

  Process& process;
  auth::Sealer sealer;
  PushConfigs configs;
  Receiver receiver;
  std::unique_ptr<Outbox> outbox;
};

/// Nothing may commit once the outbox is gone.
inline Async<> finish(World& world, Post& post) {
  co_await post.outbox->stop();
  co_await world.stop_all();
}

inline PushConfig webhook(std::string id, std::string url = "http://hook.example/a") {
  PushConfig config;
  config.id = std::move(id);
  config.url = std::move(url);
  return config;
}

inline NewTask pushed(std::string agent, std::string text, PushConfig config) {
  auto task = new_task(std::move(agent), std::move(text));
  task.push = std::move(config);
  return task;
}

inline Async<Result<TaskLog::Ptr>> begin(Post& post, NewTask task) {
  CO_TRY(log, co_await post.process.tasks.create(std::move(task)));
  CO_TRY_VOID(co_await TaskLog::durable(log));
  co_return log;
}

/// So many tasks that end at once, each with a webhook of its own.
inline Async<Result<>> begin_many(Post& post, int count) {
  for (int i = 0; i < count; ++i) {
    auto task = pushed("quick", "x", webhook("w" + std::to_string(i)));
    task.message.messageId = "m" + std::to_string(i);
    CO_TRY_VOID(co_await begin(post, std::move(task)));
  }
  co_return ok();
}

inline Async<PushRow> row_of(Post& post, TaskLog::Ptr log, std::string id) {
  auto row = co_await post.configs.find(log->committed().id, std::move(id));
  co_return row.value().value();
}

/// Moves the clock until the condition holds, one second at a time.
template <class Condition>
Async<> after_some_time(World& world, Condition holds) {
  while (!holds()) {
    for (int i = 0; i < 200 && !holds(); ++i) {
      std::this_thread::yield();
      co_await boost::asio::post(boost::asio::use_awaitable);
    }
    if (!holds()) world.clock.advance(std::chrono::seconds(1));
  }
}

}  // namespace flotilla::core::testing
