#pragma once

#include <vector>

#include "async/clock.h"
#include "http/client.h"
#include "http/sse.h"
#include "llm/model.h"
#include "llm/settings.h"

namespace flotilla::llm {

/// One streamed answer as its events arrive; pure. After a failure of feed() it is of no use.
class AnswerStream {
 public:
  virtual ~AnswerStream() = default;
  virtual Result<> feed(const http::SseMessage& event) = 0;
  /// What came since the last time.
  virtual std::vector<Delta> take_deltas() = 0;
  /// The provider has said its last word.
  [[nodiscard]] virtual bool done() const = 0;
  /// The answer; INVALID_MODEL_ANSWER when the stream ended before it did.
  virtual Result<Answer> finish() = 0;
};

/// Reads a stream of events into `answer`, its deltas to `sink`. The caller awaits at once.
Async<Result<Answer>> read_events(const ModelSettings& settings, http::ClientStream& stream,
                                  AnswerStream& answer, DeltaSink& sink, Clock& clock);

/// Hands them over in order.
Async<Result<>> deliver(std::vector<Delta> deltas, DeltaSink& sink);

/// The end of a body after the provider's last word, so that the connection can be used again. Does
/// not wait for one that does not come.
Async<> drain(http::ClientStream& stream, Clock& clock);

}  // namespace flotilla::llm
