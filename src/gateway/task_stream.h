#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "a2a/handler.h"
#include "core/subscription.h"
#include "core/task_log.h"

namespace flotilla::gateway {

/// A task's journal as A2A stream items. The first item is the task's snapshot where the protocol
/// asks for one.
class TaskStream final : public a2a::ItemStream {
 public:
  enum class Opening : std::uint8_t {
    creation,  // the snapshot is made of the first event: the task as it was submitted
    snapshot,  // `first` is given first
    none,      // resumed from a cursor
  };
  struct Options {
    Opening opening = Opening::none;
    std::optional<a2a::StreamItem> first;
    /// End at input_required, as SendStreamingMessage does (a2a.md 4.4).
    bool ends_at_input_required = false;
    /// The same for `first`: it may show how the turn ended. Else it shows the time before the
    /// turn.
    bool first_may_end = false;
    /// The agent may answer with a bare Message: hold the snapshot until the first event tells.
    bool may_reply_message = false;
  };
  TaskStream(core::TaskLog::Ptr log, std::unique_ptr<core::Subscription> subscription,
             Options options);
  Async<Result<std::vector<a2a::StreamItem>>> next() override;

 private:
  void take(const core::EventPtr& event, std::vector<a2a::StreamItem>& items);
  [[nodiscard]] a2a::StreamItem creation_item(const core::Event& event) const;
  void settle_direct(std::vector<a2a::StreamItem>& items);

  core::TaskLog::Ptr log_;  // shared with the run and other streams
  std::unique_ptr<core::Subscription> subscription_;
  Options options_;
  std::optional<a2a::StreamItem> held_;  // snapshot that waits for the first event
  bool ended_ = false;
  std::uint64_t generation_ = 0;  // after the last event; 0: not known
};

/// The committed task as first item of a stream.
a2a::StreamItem snapshot_item(std::shared_ptr<const std::string> task, std::uint64_t seq,
                              a2a::TaskState state, std::uint64_t generation = 0);

}  // namespace flotilla::gateway
