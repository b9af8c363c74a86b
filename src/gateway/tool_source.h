#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gateway/mcp/partial_handler.h"
#include "json/map.h"
#include "json/schema.h"
#include "json/struct_schema.h"

/// How a room offers tools to MCP clients and agents:
///
///   struct Add { std::int64_t a = 0; std::int64_t b = 0; };   // described, with field_docs
///   struct Sum { std::int64_t sum = 0; };                     // described
///   Async<Result<Sum>> add_numbers(mcp::Exchange& exchange, Add in);
///
///   auto source = std::make_shared<ToolSource>();
///   source->add<Add, Sum>({.name = "add", .title = "Add", .description = "Adds two numbers.",
///                          .read_only = true}, add_numbers);
namespace flotilla::gateway {

/// What a client is told of a tool beside its schemas. The defaults are the protocol's: a tool that
/// says nothing may destroy.
struct ToolText {
  std::string name;
  std::string title;
  std::string description;
  bool read_only = false;
  bool destructive = true;
  bool idempotent = false;
  bool open_world = false;
};

/// The tools of one room. A function gets its arguments as a struct, checked against the schema
/// that is made of it (a fault is a result with isError that names the path), acts as
/// `exchange.caller().context.principal`, and returns its output struct, which goes out as
/// structuredContent and as text. Its Error becomes a result with isError, for the model to react
/// to; only `internal`, `data_loss` and cancellation are errors of the protocol. A function may
/// return mcp::Reply instead, to ask the client or to go on as a task.
///
/// Filled before it is shared; then any thread may call.
class ToolSource final : public PartialHandler {
 public:
  using Function = std::function<Async<Result<mcp::Reply>>(mcp::Exchange&, json::Object)>;

  template <class In, class Out, class F>
  void add(ToolText text, F function);
  /// With schemas of its own; arguments come checked against `input`.
  void add(ToolText text, json::Object input, std::optional<json::Object> output,
           Function function);
  [[nodiscard]] bool has(std::string_view name) const;

  Async<Result<mcp::ListPage>> list(mcp::Caller caller, mcp::ListKind kind,
                                    std::optional<std::string> cursor) override;
  Async<Result<mcp::Reply>> call_tool(mcp::Exchange& exchange, mcp::CallTool request) override;

 private:
  struct Tool {
    json::Object definition;
    std::shared_ptr<const json::Schema> input;
    Function function;
  };
  std::map<std::string, Tool, std::less<>> tools_;
  std::vector<std::string> order_;  // as added
};

/// A result with structuredContent and its text.
mcp::Reply structured_result(json::Value content);
/// A result with isError: `reason: message`, then a line for each field.
mcp::Reply error_result(const Error& error);

namespace internal {

/// The schema of a struct as the root of a document.
json::Object root_schema(json::SchemaSet set, std::string_view root);
json::SchemaSet tool_schemas(bool closed);

template <class T>
json::Object tool_schema(bool closed) {
  auto set = tool_schemas(closed);
  std::ignore = json::schema_of<T>(set);  // a reference to what is now in the set
  return root_schema(std::move(set), json::internal::type_name<T>());
}

/// Errors that are the server's own matter, not the model's.
bool is_protocol_error(const Error& error);

template <class In, class F>
Async<Result<mcp::Reply>> run_tool(std::shared_ptr<F> function, mcp::Exchange& exchange,
                                   json::Object arguments) {
  auto in = json::read<In>(json::Value(std::move(arguments)), {.strict = true});
  if (!in) co_return error_result(in.error());
  auto out = co_await (*function)(exchange, std::move(*in));
  if (!out) {
    if (is_protocol_error(out.error())) co_return fail(out.error());
    co_return error_result(out.error());
  }
  if constexpr (std::same_as<std::remove_cvref_t<decltype(*out)>, mcp::Reply>)
    co_return std::move(*out);
  else
    co_return structured_result(json::to_value(*out));
}

}  // namespace internal

template <class In, class Out, class F>
void ToolSource::add(ToolText text, F function) {
  auto shared = std::make_shared<F>(std::move(function));  // std::function copies
  auto run = [shared](mcp::Exchange& exchange, json::Object arguments) {
    return internal::run_tool<In>(shared, exchange, std::move(arguments));
  };
  add(std::move(text), internal::tool_schema<In>(true), internal::tool_schema<Out>(false),
      std::move(run));
}

}  // namespace flotilla::gateway
