#include "agents/messenger.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

std::shared_ptr<const Principal> agent_principal(const core::TaskRow& row) {
  auto principal = std::make_shared<Principal>();
  principal->kind = PrincipalKind::agent;
  principal->name = row.agent;
  principal->role = Role::operator_;
  principal->namespaces = {row.name_space};
  return principal;
}

}  // namespace

Messenger::Messenger(core::Messaging& messaging, core::Run& run)
    : messaging_(messaging), run_(run) {
  const auto turn =
      std::ranges::count(run.task().history, a2a::MessageRole::user, &a2a::Message::role);
  key_ = fmt::format("{}/{}", run.row().id.to_string(), turn);
}

std::string Messenger::next_key() {
  return fmt::format("{}/{}", key_, ++keys_);
}

Async<Result<>> Messenger::publish(std::string event, json::Value data, bool shared) {
  db::Batch batch;
  CO_TRY_VOID(co_await messaging_.publish_in(run_.row(), std::move(event), std::move(data), shared,
                                             next_key(), batch));
  for (const auto& step : batch.steps()) run_.stage(*step.statement, step.parameters);
  messaging_.announce();
  co_return ok();
}

Async<Result<core::TaskLog::Ptr>> Messenger::send(std::string agent, a2a::Message message) {
  auto key = next_key();
  json::Object sent;
  sent.set("to", agent);
  sent.set("key", key);
  json::Object step;
  step.set("message", std::move(sent));
  // The intent stands in the journal before the other's task, and what was published before it.
  CO_TRY_VOID(co_await run_.record(core::EventKind::step, json::to_string(json::Value(step))));
  CO_TRY_VOID(co_await run_.flush());
  core::DirectMessage direct;
  direct.name_space = run_.row().name_space;
  direct.to = std::move(agent);
  direct.message = std::move(message);
  direct.sender = agent_principal(run_.row());
  direct.owner = run_.row().owner;
  direct.parent = run_.row().id;
  direct.context_id = run_.row().context_id;
  direct.key = std::move(key);
  direct.traceparent = telemetry::traceparent(run_.span().context());
  co_return co_await messaging_.send(std::move(direct));
}

Async<Result<a2a::Task>> Messenger::ask(std::string agent, std::string text, Duration patience) {
  a2a::Message message;
  message.parts.push_back(a2a::text_part(std::move(text)));
  const std::string name = agent;
  CO_TRY(task, co_await send(std::move(agent), std::move(message)));
  if (!task)
    co_return fail(Error(Code::failed_precondition,
                         fmt::format("{} is no agent of ours: it has the message in its mailbox, "
                                     "and its answer will be an event",
                                     name)));
  auto& clock = run_.clock();
  const auto deadline = clock.steady_now() + patience;
  auto waiting = messaging_.answer(task);
  auto answer = co_await with_deadline(std::move(waiting), deadline, clock);
  if (answer) co_return std::move(*answer);
  co_return fail(Error(Code::deadline_exceeded, fmt::format("{} did not answer within {}", name,
                                                            format_duration(patience))));
}

Async<Result<std::optional<core::TaskId>>> Messenger::tell(std::string agent,
                                                           a2a::Message message) {
  CO_TRY(task, co_await send(std::move(agent), std::move(message)));
  std::optional<core::TaskId> id;
  if (task) id = task->committed().id;
  co_return id;
}

core::TopicFilter Messenger::filter(std::vector<std::string> patterns) const {
  auto owner = std::make_shared<Principal>(*agent_principal(run_.row()));
  owner->name = run_.row().owner;
  core::TopicFilter filter;
  filter.name_space = run_.row().name_space;
  filter.patterns = std::move(patterns);
  filter.principal = std::move(owner);
  return filter;
}

Async<Result<core::TopicPage>> Messenger::events(std::vector<std::string> patterns,
                                                 std::uint64_t after, std::size_t limit) {
  return messaging_.page(filter(std::move(patterns)), after, limit);
}

Async<Result<std::unique_ptr<core::TopicReader>>> Messenger::subscribe(
    std::vector<std::string> patterns, std::optional<std::uint64_t> after) {
  return messaging_.subscribe(filter(std::move(patterns)), after);
}

}  // namespace flotilla::agents
