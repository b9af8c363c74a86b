#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "async/event.h"
#include "base/result.h"
#include "db/database.h"

namespace flotilla::core {

struct Metrics;

/// Something that must reach the outside world because of a committed batch.
struct OutboxEntry {
  std::int64_t id = 0;
  std::string name_space;
  std::string owner;
  std::string topic;
  std::string ordering_key;
  std::string payload;
  std::int64_t attempts = 0;
};

/// Carries out the entries of one topic, on the outbox's loop, several at once.
class OutboxDelivery {
 public:
  virtual ~OutboxDelivery() = default;
  /// At least once: the receiver may see an entry again after a crash. Has its own deadline,
  /// shorter than kOutboxClaim. An error is tried again later.
  virtual Async<Result<>> deliver(OutboxEntry entry) = 0;
};

/// Entries are written in the batch that causes them and delivered afterwards: in order within
/// topic and ordering key, with growing pauses after a failure, dead after kOutboxAttempts. An
/// entry that fails holds up its own key only. Lives on one loop; several processes share the work
/// by claiming entries.
class Outbox {
 public:
  Outbox(db::Database& database, Clock& clock, Metrics& metrics);
  /// Before run(). The delivery outlives the outbox.
  void handle(std::string topic, OutboxDelivery& delivery);

  /// Adds an entry to a batch. From any thread.
  static void add(db::Batch& batch, const OutboxEntry& entry, Time due);
  /// Delivers until cancelled.
  Async<> run();
  /// Delivers what is due now; how many entries were claimed for that.
  Async<Result<std::size_t>> deliver_due();

 private:
  Async<Result<>> postpone_unknown(std::vector<OutboxEntry>& entries);
  Async<> attempt(OutboxEntry entry, std::size_t& claimed);
  Async<Result<>> deliver(OutboxEntry entry);
  Async<bool> claim(OutboxEntry entry);
  Async<Result<>> settle(OutboxEntry entry, Result<> outcome);

  db::Database& database_;
  Clock& clock_;
  Metrics& metrics_;
  std::map<std::string, OutboxDelivery*, std::less<>> deliveries_;
};

}  // namespace flotilla::core
