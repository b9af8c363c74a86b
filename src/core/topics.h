#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/mailbox.h"
#include "core/task_log.h"
#include "core/topic_event.h"

namespace flotilla::core {

using TopicMailbox = BasicMailbox<TopicEvent>;

struct TopicPage {
  std::vector<TopicEventPtr> events;
  std::uint64_t next = 0;  // cursor after this page, past events that the filter leaves out
  bool more = false;
};

class Topics;

/// One reader's view of the topics that its filter admits, from a cursor on: what is stored, then
/// what comes, in order, without gap or repeat. Used by one coroutine at a time; ends before the
/// Topics do.
class TopicReader {
 public:
  TopicReader(Topics& topics, std::shared_ptr<const TopicFilter> filter,
              std::shared_ptr<TopicMailbox> mailbox, std::uint64_t after, std::uint64_t live_after);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  /// The next events, at least one; empty once the Topics stop. SLOW_READER: go on from cursor().
  Async<Result<std::vector<TopicEventPtr>>> next();
  /// Everything up to here was given or is none of the reader's.
  [[nodiscard]] std::uint64_t cursor() const { return cursor_; }

 private:
  Topics& topics_;
  std::shared_ptr<const TopicFilter> filter_;
  std::shared_ptr<TopicMailbox> mailbox_;
  std::uint64_t cursor_;
  std::uint64_t live_after_;  // up to here from storage, later ones live
};

/// Events that are published for whoever subscribes, in the journal like all events. One coroutine
/// reads what was committed, makes its text once, and hands it to all readers, so that a reader
/// costs the store nothing. Thread-safe but for start() and stop().
///
/// Checks neither names nor permissions: Messaging does.
class Topics {
 public:
  Topics(Services& services, Executor home);

  /// Stored when it returns; a repeated key gives the first event.
  Async<Result<TopicEventPtr>> publish(Publication publication);
  /// For an event that somebody else's batch will store (sql::add_topic_event): its readers get it
  /// as soon as that is committed, instead of at the next poll.
  void expect_commit();

  /// Stored events after the cursor.
  Async<Result<TopicPage>> page(TopicFilter filter, std::uint64_t after, std::size_t limit);
  /// From the cursor on; nullopt: what comes from now on. resource_exhausted when the principal has
  /// too many readers.
  Async<Result<std::unique_ptr<TopicReader>>> subscribe(TopicFilter filter,
                                                        std::optional<std::uint64_t> after);
  /// The newest position.
  Async<Result<std::uint64_t>> head();

  /// On the home loop: begins to hand out.
  void start();
  /// Ends all readers; idempotent.
  Async<> stop();

 private:
  friend class TopicReader;
  struct Reader {
    std::shared_ptr<const TopicFilter> filter;  // shared, as the mailbox, with the TopicReader
    std::shared_ptr<TopicMailbox> mailbox;
  };

  void wake();
  Async<> hand_out_loop();
  Async<> poll_loop();
  Async<> expect_loop();
  /// True when there may be more at once.
  Async<Result<bool>> hand_out_once();
  /// The readers that are to get what ends at `position`, unless something changed since `after`.
  std::optional<std::vector<Reader>> advance(std::uint64_t after, std::uint64_t position);
  Async<Result<TopicPage>> stored(std::shared_ptr<const TopicFilter> filter, std::uint64_t after,
                                  std::uint64_t up_to, std::size_t limit);
  /// Enters a reader of what comes after the position that is returned, at least `head`.
  Result<std::uint64_t> enter(const Reader& reader, std::uint64_t head);
  void leave(const Reader& reader);

  Services& services_;
  std::mutex mutex_;
  std::vector<Reader> readers_;
  std::map<std::string, std::size_t, std::less<>> readers_of_;  // by principal
  std::uint64_t position_ = 0;  // handed out up to here, while there are readers
  bool stopped_ = false;
  std::atomic<bool> woken_{false};
  std::atomic<SteadyTime::rep> expected_until_{0};
  Notifier wake_;
  Notifier expectation_;
  TaskGroup group_;
};

}  // namespace flotilla::core
