#include "agents/declarative/history.h"

#include <utility>
#include <variant>
#include <vector>

#include "agents/declarative/limits.h"
#include "agents/declarative/origin.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

using Entry = std::variant<a2a::Message, Step>;

struct Part {
  core::TaskId id;
  Time ended_at;
  std::vector<Entry> entries;
};

/// Reads backwards, until what the newest summary stands for begins.
class Collector {
 public:
  /// False: no more is wanted.
  Result<bool> take(const core::EarlierTask& task) {
    Part part;
    part.id = task.id;
    for (const auto& entry : task.entries) {
      bytes_ += entry.payload.size();
      if (entry.kind == core::EventKind::message) {
        TRY(message, json::from_text<a2a::Message>(entry.payload));
        part.entries.emplace_back(std::move(message));
      } else {
        TRY(step, read_step(entry.payload));
        if (step) part.entries.emplace_back(std::move(*step));
      }
    }
    if (until_.empty()) find_summary(part);
    if (bytes_ > kMaxHistoryBytes && !parts_.empty()) return false;
    parts_.push_back(std::move(part));
    return parts_.size() < kMaxHistoryTasks && task.id.to_string() != until_;
  }

  void feed(Conversation& conversation) {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
      conversation.begin_task(part->id.to_string());
      for (auto& entry : part->entries) {
        if (auto* message = std::get_if<a2a::Message>(&entry))
          conversation.add_input(*message);
        else
          conversation.apply(std::move(std::get<Step>(entry)));
      }
    }
  }

 private:
  void find_summary(const Part& part) {
    for (auto entry = part.entries.rbegin(); entry != part.entries.rend(); ++entry) {
      const auto* step = std::get_if<Step>(&*entry);
      if (step == nullptr || step->type != StepType::compaction || !step->from) continue;
      until_ = step->from->task;
      return;
    }
  }

  std::vector<Part> parts_;  // the last one first
  std::string until_;        // the task where the summary's successor begins
  std::size_t bytes_ = 0;
};

/// The task that a fork goes on from.
Async<Result<std::optional<core::TaskRow>>> forked_from(core::TurnHistory& history,
                                                        const core::TaskRow& row,
                                                        const a2a::Message& first) {
  auto origin = origin_of(first.metadata);
  if (!origin || origin->kind == OriginKind::retry) co_return std::optional<core::TaskRow>();
  co_return co_await history.sibling(row, std::move(origin->task));
}

/// One page of a session into the collector. Where it comes to a fork, `at` becomes the task that
/// it goes on from. False: no more is wanted.
Async<Result<bool>> read_page(core::TurnHistory& history, core::TaskRow& at,
                              core::TurnHistory::Before& before, Collector& collector) {
  CO_TRY(page, co_await history.earlier(at, before, kHistoryPage));
  for (const auto& task : page) {
    CO_TRY(more, collector.take(task));
    if (!more) co_return false;
    before.emplace(task.ended_at, task.id);
    if (task.entries.empty() || task.entries.front().kind != core::EventKind::message) continue;
    CO_TRY(first, json::from_text<a2a::Message>(task.entries.front().payload));
    CO_TRY(other, co_await forked_from(history, at, first));
    if (!other) continue;
    at = std::move(*other);
    before.emplace(at.created_at, at.id);  // not the task itself, though it may have ended then
    co_return true;
  }
  co_return page.size() == kHistoryPage;
}

}  // namespace

Async<Result<>> load_history(core::TurnHistory& history, const core::TaskRow& row,
                             const a2a::Message& first, Conversation& conversation) {
  Collector collector;
  core::TurnHistory::Before before;
  CO_TRY(other, co_await forked_from(history, row, first));
  core::TaskRow at = row;
  if (other) {
    at = std::move(*other);
    before.emplace(at.created_at, at.id);
  }
  for (bool more = true; more;) {
    CO_TRY(wanted, co_await read_page(history, at, before, collector));
    more = wanted;
  }
  collector.feed(conversation);
  co_return ok();
}

}  // namespace flotilla::agents
