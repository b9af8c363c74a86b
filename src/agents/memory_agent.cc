#include <fmt/format.h>

#include "agents/builtin_internal.h"
#include "agents/memory_command.h"
#include "agents/memory_sql.h"

namespace flotilla::agents {

namespace {

constexpr std::int64_t kMaxListed = 200;

const db::Statement kList{
    "SELECT name, value FROM memory_item WHERE namespace = $1 AND owner = $2 "
    "ORDER BY name LIMIT $3"};
const db::Statement kForget{
    "DELETE FROM memory_item WHERE namespace = $1 AND owner = $2 AND name = $3"};

/// A store of named values for each owner, durable, with a command for each turn
/// (memory_command.h). What a turn changes is stored with the task's completion: a turn that is
/// repeated after a crash finds nothing changed.
class Memory final : public core::Runner {
 public:
  Memory(db::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  Async<Result<>> run(core::Run& run) override {
    auto command = parse_memory_command(text_input(run.input()));
    if (!command) {
      auto why = run.message(command.error().message());
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    CO_TRY(answer, co_await look_up(run.row(), *command));
    if (!answer) {
      auto why = run.message("I remember nothing under that name; `list` shows all names.");
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    auto artifact = text_artifact("memory", "memory", std::move(*answer));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    stage_change(run, *command);
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  /// The answer; nullopt when there is nothing under the name.
  Async<Result<std::optional<std::string>>> look_up(core::TaskRow row,
                                                    const MemoryCommand& command) {
    std::vector<db::Value> values{row.name_space, row.owner};
    if (const auto* store = std::get_if<StoreMemory>(&command))
      co_return std::optional(fmt::format("Stored {}.", store->key));
    if (std::holds_alternative<MemoryHelp>(command))
      co_return std::optional<std::string>(memory_help());
    if (const std::string* name = named(command)) {
      values.emplace_back(*name);
      CO_TRY(rows, co_await database_.read(kRecallMemory, std::move(values), 1));
      if (rows.empty()) co_return std::optional<std::string>();
      if (std::holds_alternative<RecallMemory>(command))
        co_return std::optional(db::text_at(rows.front(), 0));
      co_return std::optional(fmt::format("Forgot {}.", *name));
    }
    values.emplace_back(kMaxListed);
    const db::Statement* statement = &kList;
    if (const auto* search = std::get_if<SearchMemory>(&command)) {
      statement = &kSearchMemory;
      values.emplace_back(like_pattern(search->query));
    }
    CO_TRY(rows, co_await database_.read(*statement, std::move(values), kMaxListed));
    co_return std::optional(table(rows));
  }

  /// The name of a command that needs it to be there.
  static const std::string* named(const MemoryCommand& command) {
    if (const auto* recall = std::get_if<RecallMemory>(&command)) return &recall->key;
    if (const auto* forget = std::get_if<ForgetMemory>(&command)) return &forget->key;
    return nullptr;
  }

  void stage_change(core::Run& run, const MemoryCommand& command) {
    std::vector<db::Value> values{run.row().name_space, run.row().owner};
    if (const auto* store = std::get_if<StoreMemory>(&command)) {
      values.insert(values.end(),
                    {store->key, store->value,
                     static_cast<std::int64_t>(clock_.now().time_since_epoch().count())});
      run.stage(kStoreMemory, std::move(values));
    } else if (const auto* forget = std::get_if<ForgetMemory>(&command)) {
      values.emplace_back(forget->key);
      run.stage(kForget, std::move(values));
    }
  }

  static std::string table(const std::vector<db::Row>& rows) {
    if (rows.empty()) return "Nothing found.";
    std::string text;
    for (const auto& row : rows)
      text += fmt::format("{}: {}\n", db::text_at(row, 0), db::text_at(row, 1));
    text.pop_back();
    return text;
  }

  db::Database& database_;
  Clock& clock_;
};

}  // namespace

std::shared_ptr<core::Runner> make_memory(db::Database& database, Clock& clock) {
  return std::make_shared<Memory>(database, clock);
}

}  // namespace flotilla::agents
