#include "api/task_steps_views.h"

#include <algorithm>
#include <map>

#include "agents/declarative/again.h"
#include "agents/declarative/steps.h"
#include "api/query.h"
#include "api/route.h"
#include "api/views.h"
#include "base/id.h"

namespace flotilla::api::tasks {

namespace {

using ::flotilla::agents::Step;
using ::flotilla::agents::StepPhase;
using ::flotilla::agents::StepType;

constexpr double kNanosOfUsd = 1e9;
constexpr std::size_t kEventPage = 500;

std::string_view name_of(StepType type) {
  switch (type) {
    case StepType::model:
      return "model";
    case StepType::tool:
      return "tool";
    case StepType::agent:
      return "agent";
    case StepType::compaction:
      return "compaction";
  }
  return "";
}

/// JSON where it is that, else the text.
json::Value value_of_text(const std::string& text) {
  auto value = json::parse(text);
  return value ? std::move(*value) : json::Value(text);
}

/// Puts the entries of a journal together: one view for each call, in the order in which they
/// first appear.
class StepFolder {
 public:
  void take(const core::Event& event) {
    if (event.kind == core::EventKind::message) {
      auto message = json::from_text<a2a::Message>(*event.payload);
      if (message && message->role == a2a::MessageRole::user)
        inputs_.push_back(a2a::text_of(message->parts));
      return;
    }
    if (event.kind != core::EventKind::step) return;
    auto step = ::flotilla::agents::read_step(*event.payload);
    if (!step || !*step) return;  // of another kind of agent
    if ((*step)->type == StepType::model)
      take_answer(**step, event.at);
    else if ((*step)->type == StepType::compaction)
      take_summary(**step, event.at);
    else
      take_call(**step, event.at);
  }
  std::vector<StepView> views() && { return std::move(views_); }

 private:
  void take_answer(const Step& step, Time at) {
    auto& view = add(step, at);
    view.name = step.model.value_or("");
    const auto read = static_cast<std::size_t>(std::max<std::int64_t>(step.read.value_or(0), 0));
    json::Array seen;
    for (; read_ < std::min(read, inputs_.size()); ++read_) seen.emplace_back(inputs_[read_]);
    if (!seen.empty()) view.input = json::Value(std::move(seen));
    if (step.costNanos) view.costUsd = static_cast<double>(*step.costNanos) / kNanosOfUsd;
    end(view, step);
    if (!step.answer) return;
    view.output = llm::text_of(step.answer->message);
    const auto& usage = step.answer->usage;
    view.tokens = StepTokens{usage.inputTokens, usage.outputTokens, usage.cachedInputTokens,
                             usage.cacheWriteTokens, usage.reasoningTokens};
    for (const auto& part : step.answer->message.parts) {
      if (!part.toolCall) continue;
      auto& asked = add(step, at);
      asked.type = "tool";
      asked.state = "asked";
      asked.name = part.toolCall->name;
      asked.callId = part.toolCall->id;
      asked.at.reset();
      asked.input = value_of_text(part.toolCall->arguments);
      calls_[{step.number, part.toolCall->id}] = views_.size() - 1;
    }
  }

  void take_summary(const Step& step, Time at) {
    auto& view = add(step, at);
    view.output = step.summary;
    end(view, step);
  }

  void take_call(const Step& step, Time at) {
    const auto known = calls_.find({step.number, step.callId.value_or("")});
    auto& view = known == calls_.end() ? add(step, at) : views_[known->second];
    view.type = name_of(step.type);
    if (step.name) view.name = *step.name;
    if (step.target) view.target = step.target;
    if (step.child) view.child = step.child;
    if (step.arguments) view.input = value_of_text(*step.arguments);
    if (!view.at) view.at = at;
    if (step.phase == StepPhase::intent) {
      view.state = "begun";
      return;
    }
    end(view, step);
    if (!step.result) return;
    view.output = step.result->text;
    if (step.result->isError) view.state = "failed";
  }

  StepView& add(const Step& step, Time at) {
    auto& view = views_.emplace_back();
    view.number = step.number;
    view.type = name_of(step.type);
    view.at = at;
    return view;
  }

  static void end(StepView& view, const Step& step) {
    view.state = step.error ? "failed" : "done";
    if (step.error) view.error = step.error->message;
    if (step.latencyMs) view.latencyMs = step.latencyMs;
  }

  std::vector<StepView> views_;
  std::map<std::pair<std::int64_t, std::string>, std::size_t> calls_;
  std::vector<std::string> inputs_;
  std::size_t read_ = 0;
};

Async<Result<StepList>> load_steps(const Sources& sources, http::Request& request) {
  CO_TRY(limit, limit_of(request));
  CO_TRY(cursor, value_of(request, "cursor"));
  std::size_t begin = 0;
  if (!cursor.empty()) {
    const auto number = json::Value(json::Number{cursor}).as_uint64();
    if (!number) co_return fail(invalid("cursor", "is not the nextCursor of a page"));
    begin = *number;
  }
  core::Visibility visibility;
  visibility.principal = request.context.principal;
  const std::string id(request.param("id"));
  CO_TRY(log, co_await sources.tasks.find(id, std::move(visibility)));
  const auto seq = log->committed().seq;
  StepFolder folder;
  for (std::uint64_t after = 0; after < seq;) {
    CO_TRY(events, co_await log->stored_events(after, seq, kEventPage));
    if (events.empty()) break;
    after = events.back()->seq;
    for (const auto& event : events) folder.take(*event);
  }
  auto views = std::move(folder).views();
  StepList list;
  for (std::size_t i = begin; i < std::min(views.size(), begin + limit); ++i)
    list.items.push_back(std::move(views[i]));
  if (begin + limit < views.size()) list.nextCursor = std::to_string(begin + limit);
  co_return list;
}

::flotilla::agents::AgainServices services_of(const Sources& sources) {
  return {sources.tasks, sources.agents, sources.clock, system_random()};
}

::flotilla::agents::AgainRequest again_of(const http::Request& request) {
  ::flotilla::agents::AgainRequest again;
  again.principal = request.context.principal;
  again.task = request.param("id");
  return again;
}

Async<Result<core::TaskLog::Ptr>> make_fork(const Sources& sources, http::Request& request) {
  CO_TRY(body, body_of<ForkBody>(request));
  auto again = again_of(request);
  co_return co_await ::flotilla::agents::fork_task(services_of(sources), std::move(again),
                                                   body.step, std::move(body.message));
}

/// The new task.
http::Response made(const Result<core::TaskLog::Ptr>& log) {
  if (!log) return http::Response::problem(log.error());
  return answer(view_of((*log)->committed()));
}

}  // namespace

Async<http::Response> steps(const Sources& sources, http::Request& request) {
  auto list = co_await load_steps(sources, request);
  co_return list ? answer(*list) : http::Response::problem(list.error());
}

Async<http::Response> retry(const Sources& sources, http::Request& request) {
  auto again = again_of(request);
  auto log = co_await ::flotilla::agents::retry_task(services_of(sources), std::move(again));
  co_return made(log);
}

Async<http::Response> fork(const Sources& sources, http::Request& request) {
  auto log = co_await make_fork(sources, request);
  co_return made(log);
}

Async<http::Response> replay(const Sources& sources, http::Request& request) {
  auto again = again_of(request);
  auto log = co_await ::flotilla::agents::replay_task(services_of(sources), std::move(again));
  co_return made(log);
}

}  // namespace flotilla::api::tasks
