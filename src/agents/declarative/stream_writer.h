#pragma once

#include <optional>
#include <string>

#include "async/async.h"
#include "async/clock.h"
#include "async/task_group.h"
#include "core/runner.h"
#include "llm/model.h"

namespace flotilla::agents {

/// Writes the text of an answer into the turn's artifact as it comes: the first piece at once, then
/// a chunk per kChunkPause or kChunkBytes. Another answer (a later step, another attempt of the
/// model) replaces what is there, so that at the end the artifact is the answer.
///
/// One loop, that of the run. close() is awaited before it dies, cancelled or not. Errors are those
/// of Run; LIMIT_EXCEEDED when the answer is too long.
class StreamWriter final : public llm::DeltaSink {
 public:
  /// `id` names the artifact.
  StreamWriter(core::Run& run, Executor loop, std::string id);

  Async<Result<>> receive(llm::Delta delta) override;
  Async<Result<>> restart() override;
  /// Text of the answer is whole: what waits, as the last chunk. `text` is all of it, for a model
  /// that did not stream.
  Async<Result<>> finish(const std::string& text);
  /// Nothing more comes of this answer, which was not the last: what waits is written.
  Async<Result<>> end_step();
  Async<> close();

 private:
  Async<Result<>> write(bool last);
  Async<> write_later();

  core::Run& run_;
  std::string id_;
  std::string waiting_;
  std::size_t bytes_ = 0;  // of this answer
  bool begun_ = false;     // something of this answer is written
  bool ever_ = false;      // something is in the artifact
  SteadyTime next_{};      // before it only full chunks are written
  bool timer_ = false;
  std::optional<Error> failure_;  // of the timer's write
  TaskGroup group_;
};

}  // namespace flotilla::agents
