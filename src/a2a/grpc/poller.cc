#include "a2a/grpc/poller.h"

#include <grpc/support/time.h>
#include <pthread.h>
#include <sched.h>

#include <boost/asio/post.hpp>
#include <iterator>
#include <tuple>

namespace flotilla::a2a::rpc {
namespace {

/// Calls that gRPC may take before we have looked at one; more wait in a list of its own.
constexpr int kAhead = 16;
constexpr std::size_t kMostAtOnce = 64;

}  // namespace

Poller::Poller(Lane& lane, Metrics& metrics, ::grpc::AsyncGenericService& service,
               std::unique_ptr<::grpc::ServerCompletionQueue> queue)
    : lane_(lane), metrics_(metrics), service_(service), queue_(std::move(queue)) {}

Poller::~Poller() {
  queue_->Shutdown();
  if (thread_.joinable())
    thread_.join();
  else
    run();  // a queue must be empty when it goes
}

void Poller::start() {
  for (int i = 0; i < kAhead; ++i) Call::request(*this, service_, *queue_);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "grpc-poller");
    // As the database's writer: the loop that wakes it goes on until it has no more to do.
    const sched_param priority{};
    std::ignore = sched_setscheduler(0, SCHED_BATCH, &priority);
    run();
  });
}

void Poller::run() {
  using Next = ::grpc::CompletionQueue::NextStatus;
  void* tag = nullptr;
  bool ok = false;
  while (true) {
    const auto until =
        begun_.empty() ? gpr_inf_future(GPR_CLOCK_REALTIME) : gpr_inf_past(GPR_CLOCK_REALTIME);
    const Next next = queue_->AsyncNext(&tag, &ok, until);
    if (next == Next::SHUTDOWN) return;
    if (next == Next::GOT_EVENT && tag == nullptr)
      start_operations();
    else if (next == Next::GOT_EVENT)
      (*static_cast<Tag*>(tag))(ok);
    if (next == Next::TIMEOUT || begun_.size() >= kMostAtOnce) hand_over();
  }
}

void Poller::hand_over() {
  boost::asio::post(lane_.executor(), [&lane = lane_, calls = std::exchange(begun_, {})] {
    for (const auto& [call, got] : calls) lane.begin(call, got);
  });
}

void Poller::ask(std::shared_ptr<Call> call, Operation operation) {
  asked_.emplace_back(call, operation);
  if (asked_.size() > 1) return;
  // When the loop has done what was ready. While the call is there, so is its poller.
  boost::asio::post(lane_.executor(), [this, call = std::move(call)] { hand_back(); });
}

void Poller::hand_back() {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = handed_back_.empty();
    handed_back_.insert(handed_back_.end(), std::move_iterator(asked_.begin()),
                        std::move_iterator(asked_.end()));
  }
  asked_.clear();
  if (first) alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_REALTIME), nullptr);
}

void Poller::start_operations() {
  Operations operations;
  {
    const std::lock_guard lock(mutex_);
    operations.swap(handed_back_);
  }
  for (const auto& [call, operation] : operations) (*call.*operation)();
}

void Poller::came() {
  metrics_.under_way.add();
  Call::request(*this, service_, *queue_);
}

void Poller::begin(std::shared_ptr<Call> call, bool got) {
  begun_.emplace_back(std::move(call), got);
}

void Poller::cancelled(std::shared_ptr<Call> call) {
  boost::asio::post(lane_.executor(),
                    [&lane = lane_, call = std::move(call)] { lane.cancel(call); });
}

void Poller::ended() {
  metrics_.under_way.sub();
}

}  // namespace flotilla::a2a::rpc
