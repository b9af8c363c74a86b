#include "agents/memory/declared_memory.h"

#include <boost/describe.hpp>

#include <cmath>

#include "gateway/tool_source.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kSave = "save_memory";
constexpr std::string_view kLoad = "load_memory";

struct SaveMemoryIn {
  std::string content;
};
BOOST_DESCRIBE_STRUCT(SaveMemoryIn, (), (content))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const SaveMemoryIn*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"content", "what to remember of this user, as one text that can be understood alone"}};
  return kDocs;
}

struct LoadMemoryIn {
  std::string query;
};
BOOST_DESCRIBE_STRUCT(LoadMemoryIn, (), (query))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const LoadMemoryIn*) {
  static constexpr json::FieldDoc kDocs[] = {{"query", "what to look for, in words"}};
  return kDocs;
}

struct SavedMemory {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(SavedMemory, (), (status))

struct LoadedMemory {
  std::string content;
  double score = 0;
  Time saved;
};
BOOST_DESCRIBE_STRUCT(LoadedMemory, (), (content, score, saved))

struct LoadedMemories {
  std::vector<LoadedMemory> memories;
};
BOOST_DESCRIBE_STRUCT(LoadedMemories, (), (memories))
constexpr bool always_written(const LoadedMemories*, std::string_view) {
  return true;
}

template <class In>
llm::Tool tool_of(std::string_view name, std::string description) {
  llm::Tool tool;
  tool.name = name;
  tool.description = std::move(description);
  tool.parameters = gateway::internal::tool_schema<In>(true);
  return tool;
}

Async<Result<std::string>> save(Memory& memory, MemoryScope scope, Duration ttl, Embedder embedder,
                                std::string arguments) {
  CO_TRY(in, json::from_text<SaveMemoryIn>(arguments, {.strict = true}));
  NewMemory item;
  item.value = std::move(in.content);
  item.ttl = ttl;
  auto saved = co_await memory.save(std::move(scope), std::move(item), std::move(embedder));
  if (!saved) {
    if (saved.error().code() != Code::invalid_argument) co_return fail(saved.error());
    co_return fail(invalid("/content", "must have 1 byte to 64 KiB"));
  }
  co_return json::to_text(SavedMemory{"saved"});
}

Async<Result<std::string>> load(Memory& memory, MemoryScope scope, Embedder embedder,
                                std::string arguments) {
  CO_TRY(in, json::from_text<LoadMemoryIn>(arguments, {.strict = true}));
  CO_TRY(found, co_await memory.search(std::move(scope), std::move(in.query), MemorySearch(),
                                       std::move(embedder)));
  LoadedMemories out;
  for (auto& one : found)
    out.memories.push_back(
        {std::move(one.item.value), std::round(one.score * 1000) / 1000, one.item.updated_at});
  co_return json::to_text(out);
}

}  // namespace

std::vector<llm::Tool> memory_call_tools() {
  std::vector<llm::Tool> tools;
  tools.push_back(tool_of<SaveMemoryIn>(
      kSave, "Remembers a fact or preference of this user for later conversations."));
  tools.push_back(tool_of<LoadMemoryIn>(
      kLoad, "What was remembered of this user in earlier conversations, best match first."));
  return tools;
}

bool is_memory_call(std::string_view tool) {
  return tool == kSave || tool == kLoad;
}

Async<llm::ToolResult> call_memory(Memory& memory, MemoryScope scope, Duration ttl,
                                   Embedder embedder, llm::ToolCall call) {
  llm::ToolResult result;
  result.callId = std::move(call.id);
  result.name = call.name;
  Result<std::string> text = std::string();
  if (call.name == kSave)
    text = co_await save(memory, std::move(scope), ttl, std::move(embedder),
                         std::move(call.arguments));
  else
    text = co_await load(memory, std::move(scope), std::move(embedder), std::move(call.arguments));
  result.isError = !text;
  result.text = text ? std::move(*text) : text.error().message();
  co_return result;
}

}  // namespace flotilla::agents
