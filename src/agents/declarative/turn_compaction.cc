#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agents/declarative/events.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/turn_internal.h"
#include "base/log.h"

// Keeps prompts short: older parts of the conversation become a summary (spec.compaction).

namespace flotilla::agents {

namespace {

constexpr Log kLog("agents");

constexpr std::string_view kPrompt =
    "Summarize the conversation below between a user and an assistant, for the assistant to go on "
    "with. Keep what was asked, decided, found out and left open, with names, numbers and "
    "identifiers as they are. Write the summary and nothing else.";

void add_part(std::string& text, const llm::Part& part) {
  if (part.text) text += *part.text;
  if (part.media) text += "[" + part.media->mediaType + "]";
  if (part.toolCall)
    text += fmt::format("[calls {} {}]", part.toolCall->name, part.toolCall->arguments);
  if (part.toolResult)
    text += fmt::format("[result of {}: {}]", part.toolResult->name,
                        shortened(part.toolResult->text, kMaxSummarizedResult));
}

std::string transcript(const std::vector<llm::Message>& messages, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& message = messages[i];
    text += message.role == llm::MessageRole::user        ? "User: "
            : message.role == llm::MessageRole::assistant ? "Assistant: "
                                                          : "Tools: ";
    for (const auto& part : message.parts) add_part(text, part);
    text += "\n\n";
  }
  return text;
}

}  // namespace

/// The first of what stays. Nothing to do: nullopt.
std::optional<std::size_t> Turn::mark_to_cut() const {
  const auto& rules = *definition_.spec.compaction;
  const auto& marks = conversation_.marks();
  if (marks.empty()) return std::nullopt;
  if (rules.tokenThreshold && conversation_.tokens() >= *rules.tokenThreshold) {
    const auto keep = static_cast<std::size_t>(std::max<std::int64_t>(rules.retain.value_or(2), 0));
    const auto all = conversation_.messages().size();
    for (std::size_t i = marks.size(); i-- > 0;)
      if (marks[i].index + keep <= all && marks[i].index > conversation_.summarized()) return i;
  }
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < marks.size(); ++i)
    if (marks[i].turn) turns.push_back(i);
  const auto overlap = static_cast<std::size_t>(std::max<std::int64_t>(rules.overlap, 1));
  const auto interval = static_cast<std::size_t>(std::max<std::int64_t>(rules.interval, 1));
  if (turns.size() < interval + overlap) return std::nullopt;
  return turns[turns.size() - overlap];
}

Async<Result<std::optional<std::string>>> Turn::summarize(std::size_t mark) {
  std::optional<std::string> none;
  const auto& rules = *definition_.spec.compaction;
  if (!rules.summarizer) co_return none;
  ModelUse use = model_;
  if (rules.summarizer->model) {
    CO_TRY(other, co_await services_.find_model(definition_.name_space, *rules.summarizer->model));
    use = std::move(other);
  }
  // What stays is told, too: so summaries overlap.
  const auto& messages = conversation_.messages();
  const auto& marks = conversation_.marks();
  std::size_t upto = messages.size();
  if (!marks[mark].turn) upto = marks[mark].index;
  llm::Request request;
  request.system = rules.summarizer->prompt.value_or(std::string(kPrompt));
  request.messages.push_back(llm::text_message(llm::MessageRole::user, transcript(messages, upto)));
  CO_TRY(answer, co_await ask_aside(std::move(use), std::move(request)));
  none = well_formed(llm::text_of(answer.message));
  co_return none;
}

Async<Result<>> Turn::compact() {
  if (!definition_.spec.compaction || replay_) co_return ok();
  const auto mark = mark_to_cut();
  if (!mark || conversation_.marks()[*mark].index <= conversation_.summarized()) co_return ok();
  co_return co_await cut_at(*mark);
}

/// The prompt is too long for the model: only the newest part stays. False: it is all there is.
Async<Result<bool>> Turn::squeeze() {
  if (!definition_.spec.compaction || replay_ || std::exchange(squeezed_, true)) co_return false;
  const auto& marks = conversation_.marks();
  if (marks.empty() || marks.back().index <= conversation_.summarized()) co_return false;
  CO_TRY_VOID(co_await cut_at(marks.size() - 1));
  co_return true;
}

Async<Result<>> Turn::cut_at(std::size_t mark) {
  const auto begin = services_.clock.steady_now();
  const auto place = conversation_.marks()[mark].place;
  auto summary = co_await summarize(mark);
  if (!summary) {
    // The conversation goes on as it is; the next turn tries again.
    kLog.warn("a conversation could not be summarized",
              {{"agent", definition_.name_space + "/" + definition_.name},
               {"why", summary.error().message()}});
    co_return ok();
  }
  Step step;
  step.type = StepType::compaction;
  step.number = conversation_.last_number();
  step.summary = std::move(*summary);
  step.from = place;
  step.latencyMs =
      std::chrono::duration_cast<std::chrono::milliseconds>(services_.clock.steady_now() - begin)
          .count();
  CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
  conversation_.apply(std::move(step));
  co_return ok();
}

}  // namespace flotilla::agents
