#include <utility>

#include "agents/declarative/turn_internal.h"
#include "json/map.h"
#include "llm/cassette.h"

// Calls of other agents in front of a cassette.

namespace flotilla::agents {

namespace {

constexpr std::string_view kKind = "agent";

}  // namespace

Async<Result<Turn::Made>> Turn::call_agent_recorded(Planned planned) {
  auto* cassette = services_.cassette;
  if (cassette == nullptr) co_return co_await call_agent(std::move(planned));
  json::Object asked;
  asked.set("agent", json::Value(planned.target->shown));
  asked.set("arguments", json::Value(planned.arguments));
  const json::Value request(std::move(asked));
  const std::string id = planned.call.id;
  if (cassette->mode() == llm::Cassette::Mode::replay) {
    CO_TRY(exchange, cassette->find(kKind, request));
    if (!exchange.answer) co_return fail(exchange.answer.error());
    CO_TRY(result, json::read<llm::ToolResult>(*exchange.answer));
    Made replayed;
    replayed.result = std::move(result);
    replayed.result->callId = id;
    co_return replayed;
  }
  CO_TRY(made, co_await call_agent(std::move(planned)));
  if (made.result) {
    llm::Cassette::Exchange exchange{json::to_value(*made.result), {}};
    CO_TRY_VOID(co_await cassette->add(std::string(kKind), request, std::move(exchange)));
  }
  co_return made;
}

}  // namespace flotilla::agents
