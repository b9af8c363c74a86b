#include "gateway/tool_source.h"

#include <stdexcept>

#include "json/json.h"

namespace flotilla::gateway {
namespace {

json::Object definition_of(const ToolText& text, json::Object input,
                           std::optional<json::Object> output) {
  json::Object hints{{"readOnlyHint", text.read_only}};
  if (!text.read_only) {
    hints.append("destructiveHint", text.destructive);
    hints.append("idempotentHint", text.idempotent);
  }
  hints.append("openWorldHint", text.open_world);
  json::Object tool{{"name", text.name}};
  if (!text.title.empty()) tool.append("title", text.title);
  tool.append("description", text.description);
  tool.append("inputSchema", std::move(input));
  if (output) tool.append("outputSchema", std::move(*output));
  tool.append("annotations", std::move(hints));
  return tool;
}

json::Object text_block(std::string text) {
  return json::Object{{"type", "text"}, {"text", std::move(text)}};
}

Error fault_error(const std::vector<json::SchemaFault>& faults) {
  Error error(Code::invalid_argument, reason::kInvalidParams, "the arguments do not fit");
  for (const auto& fault : faults) error.add_field("/arguments" + fault.instance, fault.message);
  return error;
}

}  // namespace

mcp::Reply structured_result(json::Value content) {
  mcp::Complete done;
  json::Array blocks;
  blocks.emplace_back(text_block(json::to_string(content)));
  done.result.append("content", std::move(blocks));
  done.result.append("structuredContent", std::move(content));
  return done;
}

mcp::Reply error_result(const Error& error) {
  std::string text = error.message();
  for (const auto& fault : error.violations())
    if (text.find(fault.field) == std::string::npos || text == "the arguments do not fit")
      text += "\n" + fault.field + ": " + fault.description;
  mcp::Complete done;
  json::Array blocks;
  blocks.emplace_back(text_block(std::string(error.reason()) + ": " + text));
  done.result.append("content", std::move(blocks));
  done.result.append("isError", true);
  return done;
}

namespace internal {

json::SchemaSet tool_schemas(bool closed) {
  json::SchemaSet set;
  set.base = "#/$defs/";
  set.closed = closed;
  return set;
}

json::Object root_schema(json::SchemaSet set, std::string_view root) {
  json::Object schema;
  json::Object rest;
  for (auto& [name, one] : set.schemas.members()) {
    if (name == root)
      schema = *one.if_object();
    else
      rest.append(name, std::move(one));
  }
  if (!rest.empty()) schema.set("$defs", std::move(rest));
  return schema;
}

bool is_protocol_error(const Error& error) {
  return error.code() == Code::internal || error.code() == Code::data_loss ||
         error.code() == Code::cancelled;
}

}  // namespace internal

void ToolSource::add(ToolText text, json::Object input, std::optional<json::Object> output,
                     Function function) {
  auto schema = json::Schema::compile(input);
  if (!schema)
    throw std::logic_error("schema of tool " + text.name + ": " + schema.error().message());
  Tool tool{definition_of(text, std::move(input), std::move(output)), std::move(*schema),
            std::move(function)};
  order_.push_back(text.name);
  tools_.emplace(std::move(text.name), std::move(tool));
}

bool ToolSource::has(std::string_view name) const {
  return tools_.contains(name);
}

Async<Result<mcp::ListPage>> ToolSource::list(mcp::Caller, mcp::ListKind kind,
                                              std::optional<std::string> cursor) {
  mcp::ListPage page;
  page.shared = true;
  page.ttl_ms = 60'000;
  if (cursor) co_return fail(invalid("cursor", "is none of this list"));
  if (kind == mcp::ListKind::tools)
    for (const auto& name : order_) page.items.emplace_back(tools_.at(name).definition);
  co_return page;
}

Async<Result<mcp::Reply>> ToolSource::call_tool(mcp::Exchange& exchange, mcp::CallTool request) {
  const auto found = tools_.find(request.name);
  if (found == tools_.end()) co_return fail(unknown_tool(request.name));
  json::Value arguments(std::move(request.arguments));
  const auto faults = found->second.input->validate(arguments);
  if (!faults.empty()) co_return error_result(fault_error(faults));
  co_return co_await found->second.function(exchange, std::move(*arguments.if_object()));
}

}  // namespace flotilla::gateway
