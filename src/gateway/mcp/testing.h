#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/mcp/agent_tools.h"
#include "gateway/mcp/catalogue.h"
#include "gateway/mcp/platform_resources.h"
#include "gateway/testing.h"
#include "json/json.h"

namespace flotilla::gateway::testing {

inline mcp::Caller caller_of(std::shared_ptr<const Principal> who) {
  mcp::Caller caller;
  caller.context.principal = std::move(who);
  return caller;
}

/// A request whose notifications are kept.
class FakeExchange final : public mcp::Exchange {
 public:
  explicit FakeExchange(std::shared_ptr<const Principal> who) : caller_of_(caller_of(who)) {}
  mcp::Caller& edit() { return caller_of_; }
  [[nodiscard]] const mcp::Caller& caller() const override { return caller_of_; }
  [[nodiscard]] const json::Object& meta() const override { return meta_; }
  [[nodiscard]] bool wants_progress() const override { return true; }
  Async<> progress(json::Value value, std::optional<json::Value>, std::string message) override {
    told.push_back("progress " + json::to_string(value) + " " + message);
    co_return;
  }
  Async<> log(std::string level, std::string, json::Value data) override {
    told.push_back("log " + level + " " + json::to_string(data));
    co_return;
  }
  Async<> notify(std::string method, json::Object params) override {
    told.push_back(method + " " + json::to_string(json::Value(params)));
    co_return;
  }
  std::vector<std::string> told;

 private:
  mcp::Caller caller_of_;
  json::Object meta_;
};

inline mcp::CallTool call_of(std::string name, std::string_view arguments = "{}") {
  mcp::CallTool call;
  call.name = std::move(name);
  call.arguments = *json::parse(arguments)->if_object();
  return call;
}

inline mcp::ReadResource read_of(std::string uri) {
  mcp::ReadResource read;
  read.uri = std::move(uri);
  return read;
}

inline mcp::GetPrompt prompt_of(std::string name) {
  mcp::GetPrompt prompt;
  prompt.name = std::move(name);
  return prompt;
}

/// The result's text, `error CODE: message` for an error of the protocol.
inline std::string text_of(const Result<mcp::Reply>& reply) {
  if (!reply)
    return "error " + std::string(reply.error().reason()) + ": " + reply.error().message();
  if (const auto* rpc = std::get_if<mcp::RpcError>(&*reply))
    return "rpc " + std::to_string(rpc->code) + ": " + rpc->message;
  if (const auto* task = std::get_if<mcp::TaskCreated>(&*reply))
    return "task " + json::to_string(json::Value(task->task));
  if (const auto* input = std::get_if<mcp::InputRequired>(&*reply)) {
    std::string text = "input";
    for (const auto& [key, request] : input->requests) text += " " + key + "=" + request.method;
    return text;
  }
  const auto& result = std::get<mcp::Complete>(*reply).result;
  const auto* content = result.find("content");
  if (content == nullptr || content->if_array() == nullptr || content->if_array()->empty())
    return json::to_string(json::Value(result));
  const auto* block = content->if_array()->front().if_object();
  const auto* text = block->find("text");
  if (text == nullptr) return json::to_string(json::Value(*block));
  return (result.find("isError") != nullptr ? "isError " : "") + *text->if_string();
}

inline std::vector<std::string> names_of(const json::Array& items,
                                         std::string_view member = "name") {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(*item.if_object()->find(member)->if_string());
  return names;
}

/// The platform's half of `/mcp` over one process.
struct Endpoint {
  explicit Endpoint(Process& process)
      : handler(process.tasks, process.sessions, process.agents),
        services{handler, process.tasks, process.agents, process.messaging},
        catalogue(mcp::ServerDescription{}) {
    catalogue.add({"agents", make_agent_tools(services), nullptr});
    catalogue.add({"platform", make_platform_resources(services), nullptr});
  }
  Async<std::string> call(std::string name, std::string arguments,
                          std::shared_ptr<const Principal> who = alice()) {
    FakeExchange exchange(std::move(who));
    auto request = call_of(std::move(name), arguments);
    auto reply = co_await catalogue.call_tool(exchange, std::move(request));
    co_return text_of(reply);
  }
  A2aHandler handler;
  PlatformServices services;
  Catalogue catalogue;
};

}  // namespace flotilla::gateway::testing
