#include <algorithm>
#include <utility>

#include "agents/declarative/charged_embeddings.h"
#include "agents/declarative/events.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/turn_internal.h"
#include "agents/memory/declared_memory.h"
#include "core/tool_server.h"
#include "json/map.h"

// What a turn is given beside its conversation: tools, header values, memory.

namespace flotilla::agents {

namespace {

constexpr std::string_view kAgentKind = "Agent";

/// `spec.allowedNamespaces` of either kind.
Result<std::optional<core::AllowedNamespaces>> allowed_in(const core::Resource& resource) {
  if (resource.ref.kind == kAgentKind) {
    TRY(spec, core::spec_of<core::AgentSpec>(resource));
    return std::move(spec.allowedNamespaces);
  }
  TRY(spec, core::spec_of<core::ToolServerSpec>(resource));
  return std::move(spec.allowedNamespaces);
}

}  // namespace

Async<Result<bool>> Turn::may_use(core::ResourceRef ref) {
  if (ref.name_space == definition_.name_space) co_return true;
  if (services_.resources == nullptr) co_return false;
  auto resource = co_await services_.resources->get(nullptr, ref);
  if (!resource) {
    if (resource.error().code() != Code::not_found) co_return fail(resource.error());
    // The server's own agents are everybody's.
    const auto info = services_.agents.find(ref.name_space, ref.name);
    co_return ref.kind == kAgentKind&& info && !info->resource;
  }
  CO_TRY(allowed, allowed_in(*resource));
  co_return core::allows(allowed, ref.name_space, definition_.name_space);
}

Async<Result<>> Turn::load_tools() {
  const auto& spec = definition_.spec;
  std::vector<gateway::InventoryPtr> inventories;
  // Servers that were just applied are waited for, all together.
  const auto patience = std::min(deadline_, services_.clock.steady_now() + kConnectPatience);
  for (auto& ref : servers_of(spec, definition_.name_space)) {
    auto& inventory = inventories.emplace_back();
    CO_TRY(allowed, co_await may_use(ref));
    if (!allowed || services_.tool_servers == nullptr || replay_) continue;
    inventory = services_.tool_servers->inventory(ref);
    if (inventory) continue;
    auto found = co_await services_.tool_servers->await_inventory(ref, patience);
    inventories.back() = std::move(found);
  }
  std::vector<core::AgentRegistry::Ptr> agents;
  for (auto& ref : agents_of(spec, definition_.name_space)) {
    CO_TRY(allowed, co_await may_use(ref));
    agents.push_back(allowed ? services_.agents.find(ref.name_space, ref.name) : nullptr);
  }
  tools_ = tool_sets_.get(services_, definition_, inventories, agents);
  co_return ok();
}

Async<Result<std::vector<std::pair<std::string, std::string>>>> Turn::headers_of(std::size_t use) {
  std::vector<std::pair<std::string, std::string>> headers;
  const auto& values = definition_.spec.tools.at(use).toolServer->headersFrom;
  for (const auto& value : values) {
    if (value.value) headers.emplace_back(value.name, *value.value);
    if (!value.valueFrom || services_.resources == nullptr) continue;
    const auto& source = *value.valueFrom;
    if (source.configMapKeyRef) {
      CO_TRY(text, co_await services_.resources->config_value(definition_.name_space,
                                                              source.configMapKeyRef->name,
                                                              source.configMapKeyRef->key));
      headers.emplace_back(value.name, std::move(text));
    } else if (source.secretKeyRef) {
      CO_TRY(secret,
             co_await services_.resources->secret_value(
                 definition_.name_space, source.secretKeyRef->name, source.secretKeyRef->key));
      headers.emplace_back(value.name, std::string(secret.reveal()));
    }
  }
  co_return headers;
}

MemoryScope Turn::memory_scope() const {
  return {definition_.name_space, definition_.name, run_.row().owner};
}

Async<Result<Embedder>> Turn::embedder() {
  const auto& model = definition_.spec.memory->model;
  if (!model || !services_.find_embedding) co_return Embedder();
  if (!embedding_) {
    CO_TRY(found, co_await services_.find_embedding(definition_.name_space, *model));
    embedding_ = std::make_shared<ChargedEmbeddings>(std::move(found), *model, run_, account_.get(),
                                                     services_.clock);
  }
  co_return Embedder(*embedding_, call_options());
}

Async<Result<>> Turn::remember() {
  const auto& memory = definition_.spec.memory;
  if (!memory || !memory->prefetch || services_.memory == nullptr || replay_) co_return ok();
  const auto text = a2a::text_of(run_.input().parts);
  if (text.empty()) co_return ok();
  CO_TRY(with, co_await embedder());
  CO_TRY(block, co_await services_.memory->prefetch(memory_scope(), text, std::move(with)));
  remembered_ = std::move(block);
  co_return ok();
}

Async<llm::ToolResult> Turn::call_memory_tool(Planned planned) {
  // The arguments that were settled, which a person may have edited.
  planned.call.arguments = json::to_string(json::Value(std::move(planned.arguments)));
  auto with = co_await embedder();
  if (!with) co_return error_result(planned.call, with.error().message());
  co_return co_await call_memory(*services_.memory, memory_scope(), definition_.spec.memory->ttl,
                                 std::move(*with), std::move(planned.call));
}

}  // namespace flotilla::agents
