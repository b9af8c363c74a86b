#include <exception>

#include "async/cancel.h"
#include "gateway/handover.h"
#include "gateway/mcp/agent_tools_internal.h"
#include "json/map.h"
#include "telemetry/trace.h"

namespace flotilla::gateway {
namespace {

struct IdOnly {
  std::optional<std::string> id;
  std::optional<std::string> taskId;
};
BOOST_DESCRIBE_STRUCT(IdOnly, (), (id, taskId))

/// Where a stream stands.
struct Following {
  std::string task;
  std::optional<std::string> bare;
  std::int64_t events = 0;
};

std::string progress_text(const a2a::StreamItem& item) {
  if (item.kind == a2a::ItemKind::artifact_update) {
    auto update = json::from_text<a2a::TaskArtifactUpdateEvent>(*item.json);
    if (!update) return {};
    return a2a::text_of(update->artifact.parts);
  }
  std::string text = state_name(item.state);
  if (item.kind != a2a::ItemKind::status_update) return text;
  auto update = json::from_text<a2a::TaskStatusUpdateEvent>(*item.json);
  if (update && update->status.message) text += ": " + a2a::text_of(update->status.message->parts);
  return text;
}

Async<Result<>> follow(a2a::ItemStream& stream, mcp::Exchange& exchange, Following& at) {
  for (;;) {
    CO_TRY(items, co_await stream.next());
    if (items.empty()) co_return ok();
    for (const auto& item : items) {
      if (item.kind == a2a::ItemKind::message) {
        auto message = json::from_text<a2a::Message>(*item.json);
        at.bare = message ? a2a::text_of(message->parts) : std::string();
        continue;
      }
      if (item.kind == a2a::ItemKind::task && at.task.empty()) {
        CO_TRY(id, json::from_text<IdOnly>(*item.json));
        at.task = id.id.value_or("");
      }
      if (!exchange.wants_progress()) continue;
      auto text = progress_text(item);
      co_await exchange.progress(++at.events, std::nullopt, std::move(text));
    }
  }
}

Async<> cancel_task(core::Tasks& tasks, Context context, std::string id) {
  core::Visibility visibility;
  visibility.principal = context.principal;
  auto log = co_await tasks.find(std::move(id), std::move(visibility));
  if (!log) co_return;
  // Failing is ordinary: the task may have ended meanwhile.
  std::ignore = co_await tasks.cancel(*log, context.principal);
}

/// Whoever cancels the call cancels the task that it began.
Async<Result<>> follow_or_cancel(core::Tasks& tasks, a2a::ItemStream& stream,
                                 mcp::Exchange& exchange, Following& at) {
  std::exception_ptr failure;
  Result<> done = ok();
  try {
    done = co_await follow(stream, exchange, at);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return done;
  auto context = exchange.caller().context;
  if (!at.task.empty()) {
    co_await without_cancellation(cancel_task(tasks, std::move(context), at.task));
  }
  std::rethrow_exception(failure);
}

Result<Following> following_of(const a2a::SendOutcome& outcome) {
  Following at;
  if (outcome.kind == a2a::ItemKind::message) {
    TRY(message, json::from_text<a2a::Message>(outcome.json));
    at.bare = a2a::text_of(message.parts);
    return at;
  }
  TRY(id, json::from_text<IdOnly>(outcome.json));
  at.task = id.id.value_or("");
  return at;
}

}  // namespace

a2a::AgentRef agent_ref_of(const std::string& text, const Principal& principal) {
  a2a::AgentRef ref;
  const auto slash = text.find('/');
  if (text.empty()) {
    ref.name_space = kFrontDeskNamespace;
    ref.name = kFrontDesk;
  } else if (slash == std::string::npos) {
    ref.name_space = principal.home();
    ref.name = text;
  } else {
    ref.name_space = text.substr(0, slash);
    ref.name = text.substr(slash + 1);
  }
  return ref;
}

Async<Result<Sent>> load_task(PlatformServices services, Context context, std::string id) {
  core::Visibility visibility;
  visibility.principal = context.principal;
  Sent sent;
  CO_TRY(log, co_await services.tasks.find(std::move(id), std::move(visibility)));
  CO_TRY(loaded, co_await core::TaskLog::load(log));
  const auto row = log->committed();
  sent.task = detail_of(row, loaded.first);
  sent.context_id = row.context_id;
  sent.log = log;
  co_return sent;
}

Async<Result<Sent>> send_and_follow(PlatformServices services, mcp::Exchange& exchange,
                                    a2a::AgentRef agent, a2a::SendMessageRequest request,
                                    bool wait) {
  auto context = exchange.caller().context;
  // MCP says where in a trace a request stands by `_meta`, whatever its transport says.
  if (const auto* place = exchange.meta().find("traceparent");
      place != nullptr && place->if_string() != nullptr &&
      telemetry::parse_traceparent(*place->if_string()))
    context.traceparent = *place->if_string();
  const auto info = services.agents.find(agent.name_space, agent.name);
  Following at;
  if (wait && info && info->streaming) {
    CO_TRY(stream, co_await services.a2a.send_streaming_message(context, agent, request));
    CO_TRY_VOID(co_await follow_or_cancel(services.tasks, *stream, exchange, at));
  } else {
    request.configuration.emplace().returnImmediately = !wait;
    CO_TRY(outcome, co_await services.a2a.send_message(context, agent, request));
    CO_TRY(known, following_of(outcome));
    at = std::move(known);
  }
  Sent sent;
  if (at.bare) {
    sent.bare = std::move(at.bare);
    sent.context_id = request.message.contextId.value_or("");
    co_return sent;
  }
  CO_TRY(loaded, co_await load_task(services, context, at.task));
  co_return loaded;
}

}  // namespace flotilla::gateway
