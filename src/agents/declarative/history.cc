#include "agents/declarative/history.h"

#include <utility>
#include <variant>
#include <vector>

#include "agents/declarative/limits.h"
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

}  // namespace

Async<Result<>> load_history(core::TurnHistory& history, const core::TaskRow& row,
                             Conversation& conversation) {
  Collector collector;
  core::TurnHistory::Before before;
  for (bool more = true; more;) {
    CO_TRY(page, co_await history.earlier(row, before, kHistoryPage));
    for (const auto& task : page) {
      CO_TRY(wanted, collector.take(task));
      more = wanted;
      if (!more) break;
    }
    if (page.size() < kHistoryPage) break;
    before.emplace(page.back().ended_at, page.back().id);
  }
  collector.feed(conversation);
  co_return ok();
}

}  // namespace flotilla::agents
