#include <fmt/format.h>

#include "agents/builtin_internal.h"
#include "agents/memory_command.h"

namespace flotilla::agents {

namespace {

constexpr std::int64_t kMaxListed = 200;

const db::Statement kStore{
    "INSERT INTO memory_item (namespace, owner, name, value, updated_at) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, owner, name) "
    "DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"};
const db::Statement kRecall{
    "SELECT value FROM memory_item WHERE namespace = $1 AND owner = $2 AND name = $3"};
const db::Statement kList{
    "SELECT name, value FROM memory_item WHERE namespace = $1 AND owner = $2 "
    "ORDER BY name LIMIT $3"};
const db::Statement kSearch{
    "SELECT name, value FROM memory_item WHERE namespace = $1 AND owner = $2 AND "
    "(lower(name) LIKE $4 ESCAPE '\\' OR lower(value) LIKE $4 ESCAPE '\\') ORDER BY name LIMIT $3"};
const db::Statement kForget{
    "DELETE FROM memory_item WHERE namespace = $1 AND owner = $2 AND name = $3"};

std::string like_pattern(std::string_view query) {
  std::string pattern = "%";
  for (char c : query) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return pattern + "%";
}

/// A store of named values for each owner, durable, with a command for each turn
/// (memory_command.h). Storing twice is storing once, so a turn may be repeated after a crash.
class Memory final : public core::Runner {
 public:
  Memory(db::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  Async<Result<>> run(core::Run& run) override {
    auto command = parse_memory_command(text_input(run.input()));
    if (!command) {
      auto why = run.message(command.error().message());
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    CO_TRY(answer, co_await carry_out(run.row(), std::move(*command), run.resumed()));
    if (!answer) {
      auto why = run.message("I remember nothing under that name; `list` shows all names.");
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    auto artifact = text_artifact("memory", "memory", std::move(*answer));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  /// The answer; nullopt when there is nothing under the name.
  Async<Result<std::optional<std::string>>> carry_out(core::TaskRow row, MemoryCommand command,
                                                      bool resumed) {
    std::vector<db::Value> values{row.name_space, row.owner};
    if (auto* store = std::get_if<StoreMemory>(&command)) {
      values.insert(values.end(),
                    {store->key, store->value,
                     static_cast<std::int64_t>(clock_.now().time_since_epoch().count())});
      CO_TRY_VOID(co_await change(kStore, std::move(values)));
      co_return std::optional(fmt::format("Stored {}.", store->key));
    }
    if (auto* forget = std::get_if<ForgetMemory>(&command)) {
      values.emplace_back(forget->key);
      CO_TRY(changed, co_await change(kForget, std::move(values)));
      // A turn that goes on after a crash may have forgotten it already.
      if (changed == 0 && !resumed) co_return std::optional<std::string>();
      co_return std::optional(fmt::format("Forgot {}.", forget->key));
    }
    if (auto* recall = std::get_if<RecallMemory>(&command)) {
      values.emplace_back(recall->key);
      CO_TRY(rows, co_await database_.read(kRecall, std::move(values), 1));
      if (rows.empty()) co_return std::optional<std::string>();
      co_return std::optional(db::text_at(rows.front(), 0));
    }
    if (std::holds_alternative<MemoryHelp>(command))
      co_return std::optional<std::string>(memory_help());
    values.emplace_back(kMaxListed);
    const db::Statement* statement = &kList;
    if (auto* search = std::get_if<SearchMemory>(&command)) {
      statement = &kSearch;
      values.emplace_back(like_pattern(search->query));
    }
    CO_TRY(rows, co_await database_.read(*statement, std::move(values), kMaxListed));
    co_return std::optional(table(rows));
  }

  Async<Result<std::int64_t>> change(const db::Statement& statement,
                                     std::vector<db::Value> values) {
    db::Batch batch;
    batch.add(statement, std::move(values));
    CO_TRY(done, co_await database_.write(std::move(batch)));
    co_return done.changed.at(0);
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
