#include <fmt/format.h>

#include "agents/builtin_internal.h"
#include "agents/memory/memory.h"
#include "agents/memory/memory_command.h"

namespace flotilla::agents {

namespace {

constexpr std::int64_t kMaxListed = 200;

/// A store of named values for each owner, durable, with a command for each turn
/// (memory_command.h). What a turn changes is stored with the task's completion: a turn that is
/// repeated after a crash finds nothing changed.
class MemoryAgent final : public core::Runner {
 public:
  explicit MemoryAgent(Memory& memory) : memory_(memory) {}

  Async<Result<>> run(core::Run& run) override {
    auto command = parse_memory_command(text_input(run.input()));
    if (!command) {
      auto why = run.message(command.error().message());
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    CO_TRY(answer, co_await look_up(scope_of(run.row()), *command));
    if (!answer) {
      auto why = run.message("I remember nothing under that name; `list` shows all names.");
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    auto artifact = text_artifact("memory", "memory", std::move(*answer));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    CO_TRY_VOID(stage_change(run, *command));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  static MemoryScope scope_of(const core::TaskRow& row) {
    return {row.name_space, row.agent, row.owner};
  }

  /// The answer; nullopt when there is nothing under the name.
  Async<Result<std::optional<std::string>>> look_up(MemoryScope scope,
                                                    const MemoryCommand& command) {
    if (const auto* store = std::get_if<StoreMemory>(&command)) {
      CO_TRY(there, co_await memory_.store().count(scope));
      if (there >= kMaxMemoryItems)
        co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                             "I keep 10000 items for each user; forget some first"));
      co_return std::optional(fmt::format("Stored {}.", store->key));
    }
    if (std::holds_alternative<MemoryHelp>(command))
      co_return std::optional<std::string>(memory_help());
    if (const std::string* name = named(command)) {
      CO_TRY(item, co_await memory_.store().find(std::move(scope), *name));
      if (!item) co_return std::optional<std::string>();
      if (std::holds_alternative<RecallMemory>(command)) co_return std::optional(item->value);
      co_return std::optional(fmt::format("Forgot {}.", *name));
    }
    std::string query;
    if (const auto* search = std::get_if<SearchMemory>(&command)) query = search->query;
    CO_TRY(items, co_await memory_.containing(std::move(scope), query, kMaxListed));
    co_return std::optional(table(items));
  }

  /// The name of a command that needs it to be there.
  static const std::string* named(const MemoryCommand& command) {
    if (const auto* recall = std::get_if<RecallMemory>(&command)) return &recall->key;
    if (const auto* forget = std::get_if<ForgetMemory>(&command)) return &forget->key;
    return nullptr;
  }

  Result<> stage_change(core::Run& run, const MemoryCommand& command) {
    const auto scope = scope_of(run.row());
    db::Batch batch;
    if (const auto* store = std::get_if<StoreMemory>(&command)) {
      NewMemory item;
      item.name = store->key;
      item.value = store->value;
      TRY(saving, memory_.store().saving(scope, std::move(item), nullptr));
      batch = std::move(saving);
    } else if (const auto* forget = std::get_if<ForgetMemory>(&command)) {
      batch = memory_.store().removing(scope, forget->key);
    }
    for (const auto& step : batch.steps()) run.stage(*step.statement, step.parameters);
    return ok();
  }

  static std::string table(const std::vector<MemoryItem>& items) {
    if (items.empty()) return "Nothing found.";
    std::string text;
    for (const auto& item : items) text += fmt::format("{}: {}\n", item.name, item.value);
    text.pop_back();
    return text;
  }

  Memory& memory_;
};

}  // namespace

std::shared_ptr<core::Runner> make_memory(Memory& memory) {
  return std::make_shared<MemoryAgent>(memory);
}

}  // namespace flotilla::agents
