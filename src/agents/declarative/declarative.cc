#include "agents/declarative/declarative.h"

#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "agents/declarative/turn_internal.h"
#include "async/cancel.h"

namespace flotilla::agents {

ToolSetPtr ToolSets::get(const DeclarativeServices& services,
                         const DeclarativeDefinition& definition,
                         const std::vector<gateway::InventoryPtr>& inventories,
                         const std::vector<core::AgentRegistry::Ptr>& agents) {
  BuiltinTools builtin;
  builtin.ask_user = definition.spec.askUser && services.approvals != nullptr;
  builtin.memory = definition.spec.memory && services.memory != nullptr;
  const std::lock_guard lock(mutex_);
  if (!set_ || !set_->is_of(inventories, agents))
    set_ = make_tool_set(definition.spec, definition.name_space, inventories, agents, builtin);
  return set_;
}

namespace {

class Declarative final : public core::Runner {
 public:
  Declarative(const DeclarativeServices& services, DeclarativeDefinition definition)
      : services_(services), definition_(std::move(definition)) {}

  Async<Result<>> run(core::Run& run) override {
    auto loop = co_await boost::asio::this_coro::executor;
    Turn turn(services_, definition_, tool_sets_, run, loop);
    Result<> done = ok();
    std::exception_ptr cut;
    try {
      done = co_await turn.carry_out();
    } catch (...) {
      cut = std::current_exception();  // let go on at once: the turn's own work ends first
    }
    co_await without_cancellation(turn.close());
    if (cut) std::rethrow_exception(cut);
    co_return done;
  }

 private:
  const DeclarativeServices& services_;
  DeclarativeDefinition definition_;
  ToolSets tool_sets_;
};

}  // namespace

std::shared_ptr<core::Runner> make_declarative(const DeclarativeServices& services,
                                               DeclarativeDefinition definition) {
  return std::make_shared<Declarative>(services, std::move(definition));
}

}  // namespace flotilla::agents
