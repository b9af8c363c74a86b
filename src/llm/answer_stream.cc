#include <tuple>
#include <utility>

#include "async/cancel.h"
#include "llm/answer_stream_internal.h"
#include "llm/provider_http_internal.h"

namespace flotilla::llm {
namespace {

constexpr Duration kDrainTime = std::chrono::milliseconds(100);
constexpr std::size_t kDrainBytes = std::size_t{64} << 10;

Async<> read_rest(http::ClientStream& stream) {
  for (std::size_t bytes = 0; bytes < kDrainBytes;) {
    auto piece = co_await stream.read();
    if (!piece || !*piece) co_return;
    bytes += (*piece)->size();
  }
}

}  // namespace

Async<> drain(http::ClientStream& stream, Clock& clock) {
  auto work = read_rest(stream);
  // Whether it came in time only decides on the connection, which closes with its stream.
  std::ignore = co_await with_deadline(std::move(work), clock.steady_now() + kDrainTime, clock);
}

Async<Result<>> deliver(std::vector<Delta> deltas, DeltaSink& sink) {
  for (auto& delta : deltas) {
    CO_TRY_VOID(co_await sink.receive(std::move(delta)));
  }
  co_return ok();
}

Async<Result<Answer>> read_events(const ModelSettings& settings, http::ClientStream& stream,
                                  AnswerStream& answer, DeltaSink& sink, Clock& clock) {
  EventReader reader(settings);
  while (!answer.done()) {
    CO_TRY(events, co_await reader.next(stream));
    if (!events) break;
    for (const auto& event : *events) {
      CO_TRY_VOID(answer.feed(event));
    }
    CO_TRY_VOID(co_await deliver(answer.take_deltas(), sink));
  }
  if (answer.done()) co_await drain(stream, clock);
  auto whole = answer.finish();
  if (whole) CO_TRY_VOID(co_await deliver(answer.take_deltas(), sink));
  co_return whole;
}

}  // namespace flotilla::llm
