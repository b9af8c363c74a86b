#include "a2a/grpc/lane.h"

#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "a2a/grpc/status.h"
#include "base/log.h"

namespace flotilla::a2a::rpc {
namespace {

constexpr Log kLog("grpc");
constexpr const char* kCursorTrailer = "last-event-id";

Error unknown_method(std::string_view path) {
  return Error(Code::unimplemented, reason::kMethodNotFound,
               "unknown method '" + std::string(path.substr(0, 128)) +
                   "': served are lf.a2a.v1.A2AService (A2A 1.0) and a2a.v1.A2AService (0.3)");
}

Error stopping() {
  return Error(Code::unavailable, "the server is stopping: resume elsewhere after the cursor");
}

Error too_slow() {
  return Error(Code::resource_exhausted, reason::kSlowReader,
               "the stream was read too slowly: subscribe again after the cursor");
}

Error too_many() {
  return Error(Code::resource_exhausted, reason::kLimitExceeded,
               "too many calls are under way: try again later");
}

void tell_extensions(Call& call, const Incoming& incoming) {
  std::string list;
  for (const auto& uri : incoming.extensions) list += (list.empty() ? "" : ", ") + uri;
  if (list.empty()) return;
  const bool old = incoming.method->version == Version::v0_3;
  call.context().AddInitialMetadata(old ? "x-a2a-extensions" : "a2a-extensions", list);
}

bool is_stream(Operation operation) {
  return operation == Operation::send_streaming_message ||
         operation == Operation::subscribe_to_task;
}

}  // namespace

/// Marks a call as a stream of its lane, for as long as its coroutine runs.
class Lane::Streaming {
 public:
  Streaming(Lane& lane, Call& call) : lane_(lane), call_(call) {
    lane_.streams_.insert(&call_);
    lane_.shared_.metrics.streams.add();
  }
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;
  ~Streaming() {
    lane_.streams_.erase(&call_);
    lane_.shared_.metrics.streams.sub();
  }

 private:
  Lane& lane_;
  Call& call_;
};

Lane::Lane(Executor executor, Shared& shared, std::uint64_t seed)
    : executor_(std::move(executor)), shared_(shared), seed_(seed), group_(executor_) {}

std::string Lane::make_request_id() {
  // As http's: splitmix64 over a counter, unique in this loop, and it fits a small string.
  std::uint64_t bits = seed_ += 0x9e3779b97f4a7c15ULL;
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebULL;
  bits ^= bits >> 31U;
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id(13, '0');
  for (char& c : id) {
    c = kDigits[bits & 31U];
    bits >>= 5U;
  }
  return id;
}

void Lane::begin(const std::shared_ptr<Call>& call, bool got) {
  shared_.metrics.calls.add();
  if (!got) {
    // The client left, or it closed its side without a request.
    refuse(*call, Incoming{}, Error(Code::invalid_argument, "the call has no request message"));
  } else if (draining_) {
    refuse(*call, Incoming{}, stopping());
  } else if (shared_.metrics.under_way.value() > shared_.options.max_calls) {
    refuse(*call, Incoming{}, too_many());
  } else {
    const auto child = group_.spawn(run(call));
    call->child = child;
    if (call->cancelled) cancel(call);
  }
}

void Lane::cancel(const std::shared_ptr<Call>& call) {
  call->cancelled = true;
  if (call->child && !call->finished()) group_.cancel(*call->child);
}

void Lane::refuse(Call& call, const Incoming& incoming, const Error& error) {
  shared_.metrics.failed.add();
  const std::string& request_id = incoming.http.context.request_id;
  if (is_opaque(error)) {
    kLog.error("call failed inside",
               {{"request", request_id}, {"reason", error.reason()}, {"error", error}});
  }
  if (error.code() == Code::unauthenticated)
    call.context().AddTrailingMetadata("www-authenticate", shared_.authenticator.challenge());
  call.finish(to_status(error, {shared_.config.profile, request_id}));
}

Async<> Lane::run(std::shared_ptr<Call> call) {
  Incoming incoming =
      read_incoming(call->context(), find_method(call->context().method()), make_request_id());
  std::exception_ptr broken;
  try {
    co_await serve(*call, incoming);
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::asio::error::operation_aborted) broken = std::current_exception();
  } catch (...) {
    broken = std::current_exception();
  }
  if (call->finished()) co_return;
  std::string message = "the call was cancelled";
  try {
    if (broken) std::rethrow_exception(broken);
  } catch (const std::exception& error) {
    message = error.what();
  } catch (...) {
    message = "an unknown exception";
  }
  refuse(*call, incoming, Error(broken ? Code::internal : Code::cancelled, std::move(message)));
}

Async<> Lane::serve(Call& call, Incoming& incoming) {
  if (incoming.method == nullptr) {
    refuse(call, incoming, unknown_method(incoming.http.path));
    co_return;
  }
  if (const auto may = admit(incoming, shared_.authenticator); !may) {
    refuse(call, incoming, may.error());
    co_return;
  }
  if (is_stream(incoming.method->operation)) {
    co_await serve_stream(call, incoming);
    co_return;
  }
  auto answer = co_await shared_.operations.answer(incoming, call.request());
  tell_extensions(call, incoming);
  if (answer)
    call.finish(*answer);
  else
    refuse(call, incoming, answer.error());
}

Async<Result<>> Lane::pump(Call& call, const Incoming& incoming, ItemStream& stream) {
  while (true) {
    auto items = co_await stream.next();
    if (!items) co_return fail(std::move(items.error()));
    if (items->empty()) co_return ok();
    for (const StreamItem& item : *items) {
      auto message = Operations::item(incoming, item);
      if (!message) co_return fail(std::move(message.error()));
      // What is under way arrives before any status.
      if (item.cursor != 0) call.last_cursor = std::to_string(item.cursor);
      call.writing_since = shared_.clock.steady_now();
      const bool sent = co_await call.write(*message);
      call.writing_since.reset();
      if (!sent) co_return fail(Error(Code::cancelled, "the client is gone"));
      if (call.stop == Call::Stop::draining) co_return fail(stopping());
    }
  }
}

Async<> Lane::serve_stream(Call& call, Incoming& incoming) {
  const Streaming streaming(*this, call);
  if (!sweeping_) {
    sweeping_ = true;
    group_.spawn(sweep());
  }
  Result<> ended = ok();
  try {
    auto stream = co_await shared_.operations.open(incoming, call.request());
    tell_extensions(call, incoming);
    if (stream)
      ended = co_await pump(call, incoming, **stream);
    else
      ended = fail(std::move(stream.error()));
  } catch (const boost::system::system_error&) {
    if (call.stop == Call::Stop::none) throw;
    ended = fail(call.stop == Call::Stop::draining ? stopping() : too_slow());
  }
  if (ended) {
    call.finish(::grpc::Status::OK);
    co_return;
  }
  Error error = std::move(ended.error());
  const bool counted = call.stop == Call::Stop::slow_reader;
  if (error.reason() == reason::kSlowReader && !counted) shared_.metrics.slow_readers.add();
  if (!call.last_cursor.empty()) {
    call.context().AddTrailingMetadata(kCursorTrailer, call.last_cursor);
    error = std::move(error).with_metadata("cursor", call.last_cursor);
  }
  refuse(call, incoming, error);
}

std::vector<std::shared_ptr<Call>> Lane::streams() const {
  std::vector<std::shared_ptr<Call>> out;
  out.reserve(streams_.size());
  for (Call* call : streams_) out.push_back(call->shared_from_this());
  return out;
}

void Lane::begin_drain() {
  draining_ = true;
  for (const auto& call : streams()) {
    call->stop = Call::Stop::draining;
    // One that writes ends after its message: see pump().
    if (!call->writing_since) cancel(call);
  }
}

void Lane::sweep_once() {
  for (const auto& call : std::exchange(lingering_, {})) call->cut();
  const SteadyTime late = shared_.clock.steady_now() - shared_.options.write_timeout;
  for (auto& call : streams()) {
    if (!call->writing_since || *call->writing_since > late) continue;
    call->stop = Call::Stop::slow_reader;
    shared_.metrics.slow_readers.add();
    cancel(call);
    lingering_.push_back(std::move(call));
  }
}

Async<> Lane::sweep() {
  const Duration pause = shared_.options.write_timeout / 4;
  while (true) {
    co_await shared_.clock.sleep_for(pause);
    sweep_once();
  }
}

Async<> Lane::stop() {
  group_.cancel();
  co_await group_.join();
}

}  // namespace flotilla::a2a::rpc
