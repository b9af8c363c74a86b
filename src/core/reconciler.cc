#include "core/reconciler.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "async/cancel.h"
#include "base/log.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("reconciler");
constexpr std::size_t kPage = 500;
constexpr Duration kStorePause = std::chrono::seconds(1);

std::size_t hash_of(const Resource& resource) {
  std::size_t hash = 0;
  const auto mix = [&](const std::string& text) {
    hash = hash * 31 + std::hash<std::string>{}(text);
  };
  for (const auto& [key, value] : resource.labels) {
    mix(key);
    mix(value);
  }
  mix("");
  for (const auto& [key, value] : resource.annotations) {
    mix(key);
    mix(value);
  }
  return hash;
}

/// For kinds that nobody runs: what passed the checks is accepted.
Async<Result<>> accept(Resources& resources, Resource resource) {
  if (resource.deleted || is_condition_true(resource, "Accepted")) co_return ok();
  auto status = resource.status;
  Condition condition;
  condition.type = "Accepted";
  condition.status = "True";
  condition.reason = "Valid";
  condition.observedGeneration = resource.generation;
  set_condition(status, std::move(condition));
  status.set("observedGeneration", resource.generation);
  CO_TRY_VOID(co_await resources.set_status(resource.ref, resource.uid, std::move(status)));
  co_return ok();
}

}  // namespace

void set_condition(json::Object& status, Condition condition) {
  auto value = json::to_value(condition);
  auto* conditions = status.find("conditions");
  if (conditions == nullptr || conditions->if_array() == nullptr) {
    status.set("conditions", json::Array{});
    conditions = status.find("conditions");
  }
  for (auto& one : *conditions->if_array()) {
    const auto* object = one.if_object();
    const auto* type = object == nullptr ? nullptr : object->find("type");
    if (type == nullptr || *type != json::Value(condition.type)) continue;
    one = std::move(value);
    return;
  }
  conditions->if_array()->push_back(std::move(value));
}

Reconciler::Reconciler(Resources& resources, Clock& clock, Executor home, ReconcilerOptions options)
    : resources_(resources), clock_(clock), options_(options), timer_(home), group_(home) {}

void Reconciler::add(std::string_view kind, Function function) {
  functions_[std::string(kind)] = std::move(function);
}

void Reconciler::start() {
  group_.spawn(watch_loop());
  group_.spawn(timer_loop());
}

Async<> Reconciler::stop() {
  group_.cancel();
  co_await group_.join();
}

void Reconciler::poke(ResourceRef ref) {
  {
    std::lock_guard lock(mutex_);
    poked_.push_back(std::move(ref));
  }
  timer_.post_notify_all();
}

Async<> Reconciler::watch_loop() {
  for (;;) {
    auto done = co_await load_all();
    if (done) done = co_await follow();
    if (done) continue;
    kLog.warn("reading resources failed", {{"why", done.error().message()}});
    co_await clock_.sleep_for(kStorePause);
  }
}

/// What is there; what was and is no more, is gone.
Async<Result<>> Reconciler::load_all() {
  auto missing = seen_;
  std::string cursor;
  bool first = true;
  do {
    CO_TRY(page, co_await resources_.list(nullptr, {}, cursor, kPage));
    if (first) cursor_ = page.version;
    first = false;
    cursor = page.next;
    for (const auto& resource : page.items) {
      missing.erase(resource.ref);
      seen_[resource.ref] = Seen{resource.uid, resource.generation, hash_of(resource)};
      enqueue(resource.ref);
    }
  } while (!cursor.empty());
  for (const auto& [ref, seen] : missing) {
    auto& gone = entries_[ref].gone.emplace();
    gone.ref = ref;
    gone.uid = seen.uid;
    gone.deleted = true;
    seen_.erase(ref);
    enqueue(ref);
  }
  resync_at_ = seen_.empty() ? SteadyTime::max() : clock_.steady_now() + options_.resync;
  timer_.notify_all();
  co_return ok();
}

/// Returns when changes were missed.
Async<Result<>> Reconciler::follow() {
  CO_TRY(watch, co_await resources_.watch(nullptr, {}, cursor_));
  for (;;) {
    CO_TRY(batch, co_await watch->next());
    if (batch.gap) co_return ok();
    for (auto& event : batch.events) CO_TRY_VOID(co_await take(std::move(event)));
    cursor_ = watch->cursor();
  }
}

Async<Result<>> Reconciler::take(ResourceEvent event) {
  const auto ref = event.resource.ref;
  const bool deleted = event.type == ResourceEvent::Type::deleted;
  const Seen now{event.resource.uid, event.resource.generation, hash_of(event.resource)};
  if (const auto before = seen_.find(ref);
      !deleted && before != seen_.end() && before->second == now)
    co_return ok();
  if (deleted) {
    seen_.erase(ref);
    entries_[ref].gone = std::move(event.resource);
  } else {
    seen_[ref] = now;
    if (resync_at_ == SteadyTime::max()) {
      resync_at_ = clock_.steady_now() + options_.resync;
      timer_.notify_all();
    }
  }
  enqueue(ref);
  CO_TRY(users, co_await resources_.users_of(ref));
  for (const auto& user : users) enqueue(user);
  co_return ok();
}

void Reconciler::enqueue(const ResourceRef& ref) {
  auto& entry = entries_[ref];
  entry.due.reset();
  if (entry.running) {
    entry.again = true;
    return;
  }
  if (entry.queued) return;
  entry.queued = true;
  queue_.push_back(ref);
  if (busy_ >= options_.workers) return;
  ++busy_;
  group_.spawn(work());
}

Async<> Reconciler::work() {
  while (!queue_.empty()) {
    const auto ref = queue_.front();
    queue_.pop_front();
    auto& entry = entries_[ref];
    entry.queued = false;
    entry.running = true;
    auto gone = std::exchange(entry.gone, std::nullopt);
    const auto result = co_await guarded(ref, std::move(gone));
    finished(ref, result);
  }
  --busy_;
}

/// One function that breaks must not end the others.
Async<Result<>> Reconciler::guarded(ResourceRef ref, std::optional<Resource> gone) {
  try {
    co_return co_await run(std::move(ref), std::move(gone));
  } catch (const boost::system::system_error& aborted) {
    if (aborted.code() == boost::asio::error::operation_aborted) throw;
    co_return fail(Error(Code::internal, aborted.what()));
  } catch (const std::exception& broken) {
    co_return fail(Error(Code::internal, broken.what()));
  }
}

Async<Result<>> Reconciler::run(ResourceRef ref, std::optional<Resource> gone) {
  auto found = co_await resources_.get(nullptr, ref);
  if (!found && found.error().code() != Code::not_found) co_return fail(found.error());
  if (!found && !gone) co_return ok();
  Resource resource;
  if (found) {
    resource = std::move(*found);
  } else {
    resource = std::move(*gone);
    resource.deleted = true;
  }
  const auto function = functions_.find(ref.kind);
  auto result = ok();
  if (function != functions_.end()) {
    result = co_await function->second(resource);
  } else {
    result = co_await accept(resources_, resource);
  }
  // It went while it was looked at: its deletion comes as a change of its own.
  if (!result && result.error().code() == Code::not_found && !resource.deleted) {
    const auto again = co_await resources_.get(nullptr, ref);
    if (!again && again.error().code() == Code::not_found) co_return ok();
  }
  co_return result;
}

void Reconciler::finished(const ResourceRef& ref, const Result<>& result) {
  auto& entry = entries_[ref];
  entry.running = false;
  if (result) {
    entry.failures = 0;
  } else {
    const auto doubled = std::min<std::size_t>(entry.failures, 20);  // no overflow
    const auto pause =
        std::min(options_.longest_pause, options_.first_pause * (std::int64_t{1} << doubled));
    ++entry.failures;
    entry.due = clock_.steady_now() + pause;
    kLog.warn("a resource is not as it should be; it is tried again",
              {{"resource", ref.to_string()},
               {"failures", entry.failures},
               {"why", result.error().message()}});
    timer_.notify_all();
  }
  if (std::exchange(entry.again, false)) {
    enqueue(ref);
  } else if (result) {
    entries_.erase(ref);
  }
}

SteadyTime Reconciler::next_due() const {
  auto next = resync_at_;
  for (const auto& [ref, entry] : entries_)
    if (entry.due) next = std::min(next, *entry.due);
  return next;
}

void Reconciler::enqueue_due(SteadyTime now) {
  std::vector<ResourceRef> due;
  {
    std::lock_guard lock(mutex_);
    due.swap(poked_);
  }
  for (const auto& [ref, entry] : entries_)
    if (entry.due && *entry.due <= now) due.push_back(ref);
  if (resync_at_ <= now) {
    for (const auto& [ref, seen] : seen_) due.push_back(ref);
    resync_at_ = seen_.empty() ? SteadyTime::max() : now + options_.resync;
  }
  for (const auto& ref : due) enqueue(ref);
}

Async<> Reconciler::timer_loop() {
  for (;;) {
    enqueue_due(clock_.steady_now());
    const auto until = next_due();
    if (until == SteadyTime::max()) {
      co_await timer_.wait();
    } else {
      auto wait = timer_.wait();
      std::ignore = co_await with_deadline(std::move(wait), until, clock_);
    }
  }
}

}  // namespace flotilla::core
