#include "core/money_budget.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/agent_resource.h"
#include "core/model_config.h"

namespace flotilla::core {

namespace {

/// The fields that limit money.
std::vector<std::string> money_fields(const AgentSpec& spec) {
  std::vector<std::string> fields;
  if (!spec.declarative || !spec.declarative->budget) return fields;
  const auto& budget = *spec.declarative->budget;
  if (budget.run && budget.run->usd) fields.emplace_back("/spec/declarative/budget/run/usd");
  if (budget.day && budget.day->usd) fields.emplace_back("/spec/declarative/budget/day/usd");
  return fields;
}

}  // namespace

Async<Result<>> check_money_budget(Resources& resources, ResourceRef agent, json::Object spec) {
  if (agent.kind != kAgentKind) co_return ok();
  CO_TRY(wanted, json::read<AgentSpec>(json::Value(std::move(spec)), {.at = "/spec"}));
  const auto fields = money_fields(wanted);
  if (fields.empty()) co_return ok();
  ResourceRef ref{"ModelConfig", agent.name_space, wanted.declarative->model};
  const auto found = co_await resources.get(nullptr, ref);
  if (!found && found.error().code() == Code::not_found) co_return ok();  // its condition tells
  if (!found) co_return fail(found.error());
  CO_TRY(model, spec_of<ModelConfigSpec>(*found));
  if (model.price) co_return ok();
  Error refused(Code::invalid_argument,
                fmt::format("{}: {} has no price, so money cannot be counted; set its spec.price "
                            "first, or limit tokens",
                            fields.front(), ref.to_string()));
  for (const auto& field : fields) refused.add_field(field, ref.to_string() + " has no price");
  co_return fail(std::move(refused));
}

}  // namespace flotilla::core
