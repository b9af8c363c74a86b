#include <algorithm>

#include "json/json.h"
#include "mcp/probe/scenario.h"

namespace flotilla::mcp::probe {
namespace {

constexpr int kRoundsMax = 10;

std::string name_of(const json::Value& definition, std::string_view member) {
  const auto* object = definition.if_object();
  const auto* name = object == nullptr ? nullptr : object->find(member);
  return name == nullptr || name->if_string() == nullptr ? "" : *name->if_string();
}

bool has_tool(const Listing& tools, std::string_view name) {
  return std::ranges::any_of(tools.items,
                             [name](const auto& one) { return name_of(one, "name") == name; });
}

/// Accepts a form with the defaults that its schema gives.
json::Object fill_in(const json::Object& params) {
  json::Object content;
  const auto* schema = params.find("requestedSchema");
  const auto* object = schema == nullptr ? nullptr : schema->if_object();
  const auto* properties = object == nullptr ? nullptr : object->find("properties");
  if (properties != nullptr && properties->if_object() != nullptr) {
    for (const auto& [name, property] : properties->if_object()->members()) {
      const auto* default_value =
          property.if_object() == nullptr ? nullptr : property.if_object()->find("default");
      if (default_value != nullptr) content.set(name, *default_value);
    }
  }
  json::Object answer;
  answer.set("action", "accept");
  answer.set("content", std::move(content));
  return answer;
}

json::Object answer_to(const InputRequired::Request& request) {
  if (request.method == "elicitation/create") return fill_in(request.params);
  json::Object answer;
  if (request.method == "roots/list") {
    answer.set("roots", json::Array());
    return answer;
  }
  json::Object text;
  text.set("type", "text");
  text.set("text", "a text of the probe");
  answer.set("role", "assistant");
  answer.set("model", "probe");
  answer.set("content", std::move(text));
  return answer;
}

/// A call with all its rounds.
Async<Result<Reply>> call_tool(Client& client, std::string name, json::Object arguments) {
  CallTool request;
  request.name = std::move(name);
  request.arguments = std::move(arguments);
  for (int round = 0;; ++round) {
    CallOptions options;
    CO_TRY(reply, co_await client.call_tool(request, std::move(options)));
    const auto* asked = std::get_if<InputRequired>(&reply);
    if (asked == nullptr || round == kRoundsMax) co_return reply;
    request.rounds = Rounds();
    request.rounds.state = asked->state;
    for (const auto& [key, question] : asked->requests)
      request.rounds.responses.set(key, answer_to(question));
  }
}

Async<Result<>> must_succeed(Client& client, std::string name, json::Object arguments) {
  CO_TRY(reply, co_await call_tool(client, std::move(name), std::move(arguments)));
  if (const auto* error = std::get_if<RpcError>(&reply))
    co_return fail(Error(Code::failed_precondition, error->message));
  co_return ok();
}

json::Object two_numbers() {
  json::Object arguments;
  arguments.set("a", 5);
  arguments.set("b", 3);
  return arguments;
}

/// Something of everything that the server offers.
Async<Result<>> touch_everything(Client& client, const Listing& tools) {
  json::Object none;
  if (!tools.items.empty()) {
    auto name = name_of(tools.items.front(), "name");
    CO_TRY_VOID(co_await must_succeed(client, std::move(name), none));
  }
  CallOptions options;
  CO_TRY(resources, co_await client.list(ListKind::resources, options));
  if (!resources.items.empty()) {
    ReadResource read;
    read.uri = name_of(resources.items.front(), "uri");
    CO_TRY(content, co_await client.read_resource(std::move(read), options));
  }
  CO_TRY(prompts, co_await client.list(ListKind::prompts, options));
  if (!prompts.items.empty()) {
    GetPrompt get;
    get.name = name_of(prompts.items.front(), "name");
    CO_TRY(prompt, co_await client.get_prompt(std::move(get), options));
  }
  co_return ok();
}

/// Every entry of `toolCalls` in the context.
Async<Result<>> make_listed_calls(Client& client, const json::Object& context) {
  const auto* calls = context.find("toolCalls");
  if (calls == nullptr || calls->if_array() == nullptr)
    co_return fail(invalid("toolCalls", "missing in the context"));
  for (const auto& call : *calls->if_array()) {
    const auto* arguments = call.if_object() ? call.if_object()->find("arguments") : nullptr;
    json::Object given;
    if (arguments != nullptr && arguments->if_object() != nullptr) given = *arguments->if_object();
    auto name = name_of(call, "name");
    CO_TRY_VOID(co_await must_succeed(client, std::move(name), std::move(given)));
  }
  co_return ok();
}

/// `test_mrtr_unrelated` goes between the rounds of the first call.
Async<Result<>> interleave_rounds(Client& client) {
  CallTool request;
  request.name = "test_mrtr_echo_state";
  CallOptions options;
  CO_TRY(reply, co_await client.call_tool(request, options));
  const auto* asked = std::get_if<InputRequired>(&reply);
  if (asked == nullptr) co_return fail(Error(Code::internal, "nothing was asked"));
  json::Object none;
  CO_TRY_VOID(co_await must_succeed(client, "test_mrtr_unrelated", none));
  request.rounds.state = asked->state;
  for (const auto& [key, question] : asked->requests)
    request.rounds.responses.set(key, answer_to(question));
  CO_TRY(last, co_await client.call_tool(std::move(request), options));
  CO_TRY_VOID(co_await must_succeed(client, "test_mrtr_no_state", none));
  co_return co_await must_succeed(client, "test_mrtr_no_result_type", none);
}

Async<Result<>> echo_schema(Client& client, const Listing& tools) {
  json::Object arguments;
  for (const auto& tool : tools.items) {
    if (name_of(tool, "name") != "json_schema_2020_12_tool") continue;
    arguments.set("schema", *tool.if_object()->find("inputSchema"));
  }
  co_return co_await must_succeed(client, "json_schema_echo", std::move(arguments));
}

}  // namespace

Async<Result<>> run_calls(Client& client, const Scenario& scenario) {
  CallOptions options;
  CO_TRY(tools, co_await client.list(ListKind::tools, std::move(options)));
  const auto& name = scenario.name;
  json::Object none;
  if (name == "tools_call") co_return co_await must_succeed(client, "add_numbers", two_numbers());
  if (name == "elicitation-sep1034-client-defaults")
    co_return co_await must_succeed(client, "test_client_elicitation_defaults", none);
  if (name == "sse-retry") co_return co_await must_succeed(client, "test_reconnection", none);
  if (name == "http-standard-headers") co_return co_await touch_everything(client, tools);
  if (name == "http-custom-headers") co_return co_await make_listed_calls(client, scenario.context);
  if (name == "http-invalid-tool-headers") {
    if (tools.items.size() != 1)
      co_return fail(Error(Code::internal, "invalid tools were not dropped"));
    json::Object region;
    region.set("region", "us-east1");
    co_return co_await must_succeed(client, "valid_tool", std::move(region));
  }
  if (name == "sep-2322-client-request-state") co_return co_await interleave_rounds(client);
  if (name == "json-schema-2020-12-preservation") co_return co_await echo_schema(client, tools);
  if (name.starts_with("auth/") && has_tool(tools, "test-tool"))
    co_return co_await must_succeed(client, "test-tool", none);
  co_return ok();
}

}  // namespace flotilla::mcp::probe
