#include "gateway/mcp/search_profile.h"

#include <utility>

#include "gateway/tool_search.h"
#include "gateway/tool_source.h"
#include "json/map.h"

namespace flotilla::gateway {
namespace {

constexpr std::int64_t kDefaultFound = 8;
constexpr std::int64_t kMostFound = 50;

struct FindArguments {
  std::string query;
  std::optional<std::int64_t> limit;
};
BOOST_DESCRIBE_STRUCT(FindArguments, (), (query, limit))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const FindArguments*) {
  static constexpr json::FieldDoc kDocs[] = {
      {"query", "what the tool should do, in a few words"},
      {"limit", "how many tools at most; 8 if absent, 50 at most"}};
  return kDocs;
}

struct CallArguments {
  std::string name;
  json::Object arguments;
};
BOOST_DESCRIBE_STRUCT(CallArguments, (), (name, arguments))
[[maybe_unused]] std::span<const json::FieldDoc> field_docs(const CallArguments*) {
  static constexpr json::FieldDoc kDocs[] = {{"name", "the tool's name as find_tools gave it"},
                                             {"arguments", "what the tool's inputSchema asks for"}};
  return kDocs;
}

json::Object definition(std::string_view name, std::string_view title, std::string_view text,
                        json::Object input, json::Object hints) {
  return json::Object{{"name", name},
                      {"title", title},
                      {"description", text},
                      {"inputSchema", std::move(input)},
                      {"annotations", std::move(hints)}};
}

}  // namespace

mcp::ListPage search_tools_page() {
  mcp::ListPage page;
  page.shared = true;
  page.ttl_ms = 60'000;
  page.items.emplace_back(definition(
      kFindTools, "Find tools",
      "Searches all tools of this server by words and answers their definitions, best first. "
      "Then use call_tool.",
      internal::tool_schema<FindArguments>(true),
      json::Object{{"readOnlyHint", true}, {"openWorldHint", false}}));
  page.items.emplace_back(
      definition(kCallTool, "Call a tool",
                 "Calls a tool that find_tools found, with the arguments that its inputSchema asks "
                 "for, and answers what the tool answers.",
                 internal::tool_schema<CallArguments>(true),
                 json::Object{{"readOnlyHint", false}, {"openWorldHint", true}}));
  return page;
}

mcp::Reply find_tools(const json::Array& tools, const json::Object& arguments) {
  auto read = json::read<FindArguments>(json::Value(arguments), {.strict = true});
  if (!read) return error_result(read.error());
  const auto limit = read->limit.value_or(kDefaultFound);
  if (limit < 1 || limit > kMostFound)
    return error_result(invalid("/limit", "must be from 1 to 50"));
  ToolSearch search;
  for (const auto& tool : tools) search.add(tool);
  json::Array found;
  for (const auto place : search.find(read->query, static_cast<std::size_t>(limit)))
    found.push_back(tools[place]);
  return structured_result(json::Object{{"tools", std::move(found)},
                                        {"total", static_cast<std::int64_t>(tools.size())}});
}

Result<std::variant<mcp::CallTool, mcp::Reply>> call_tool_request(mcp::CallTool request) {
  using Answer = std::variant<mcp::CallTool, mcp::Reply>;
  auto read =
      json::read<CallArguments>(json::Value(std::move(request.arguments)), {.strict = true});
  if (!read) return Answer(error_result(read.error()));
  request.name = std::move(read->name);
  request.arguments = std::move(read->arguments);
  return Answer(std::move(request));
}

}  // namespace flotilla::gateway
