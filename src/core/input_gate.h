#pragma once

#include <memory>
#include <vector>

#include "a2a/types.h"
#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "core/draft.h"
#include "core/task.h"
#include "db/database.h"

namespace flotilla::core {

/// What is stored together with a caller's message, in its batch: journal entries before the
/// message, and rows.
struct InputAddition {
  std::vector<Draft> entries;
  db::Batch rows;
};

/// Looks at every message to a task that exists already, with the principal that sends it, before
/// it is journaled. Agents judge by what the gate stored, never by who a message says it is from.
///
/// `row` is committed when the gate is asked, and what it answers is appended only if the task's
/// journal is still at `row.seq`; else it is asked again. So rows that change with the task's
/// journal only may be read and changed here without a race.
class InputGate {
 public:
  virtual ~InputGate() = default;
  /// An error refuses the message: nothing of it is stored.
  virtual Async<Result<InputAddition>> admit(const TaskRow& row,
                                             std::shared_ptr<const Principal> principal,
                                             const a2a::Message& message) = 0;
  /// What admit() answered is stored; cheap, from any thread.
  virtual void admitted(const TaskRow& row) = 0;
  /// Whether the gate has to be asked about the message; cheap.
  [[nodiscard]] virtual bool concerns(const TaskRow& row, const a2a::Message& message) const = 0;
  /// Rows that a cancellation of the waiting task changes.
  virtual db::Batch at_cancel(const TaskRow& row) = 0;
};

}  // namespace flotilla::core
