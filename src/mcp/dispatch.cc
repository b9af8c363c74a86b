#include "mcp/dispatch.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "base/log.h"
#include "mcp/error.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");

std::string_view items_name(ListKind kind) {
  switch (kind) {
    case ListKind::tools:
      return "tools";
    case ListKind::resources:
      return "resources";
    case ListKind::resource_templates:
      return "resourceTemplates";
    case ListKind::prompts:
      return "prompts";
  }
  return {};
}

Reply refuse(RpcError error) {
  return Reply(std::move(error));
}

Reply completed(json::Object result) {
  return Reply(Complete{std::move(result)});
}

json::Object page_result(ListKind kind, ListPage page, Revision revision) {
  json::Object result;
  result.append(std::string(items_name(kind)), std::move(page.items));
  if (page.next_cursor) result.append("nextCursor", std::move(*page.next_cursor));
  if (is_modern(revision)) {
    result.append("ttlMs", page.ttl_ms);
    result.append("cacheScope", page.shared ? "public" : "private");
  }
  return result;
}

Async<Reply> list(Handler& handler, Caller caller, ListKind kind, json::Object params) {
  auto cursor = read_cursor(params);
  if (!cursor) co_return refuse(cursor.error());
  const Revision revision = caller.revision;
  const std::string request_id = caller.context.request_id;
  auto page = co_await handler.list(std::move(caller), kind, std::move(*cursor));
  if (!page) co_return refuse(to_rpc(page.error(), request_id));
  co_return completed(page_result(kind, std::move(*page), revision));
}

Async<Reply> complete(Handler& handler, Caller caller, json::Object params) {
  auto request = read_complete(params);
  if (!request) co_return refuse(request.error());
  const std::string request_id = caller.context.request_id;
  auto found = co_await handler.complete(std::move(caller), std::move(*request));
  if (!found) co_return refuse(to_rpc(found.error(), request_id));
  json::Object result;
  result.append("completion", std::move(*found));
  co_return completed(std::move(result));
}

Async<Reply> get_task(Handler& handler, Caller caller, json::Object params) {
  auto id = read_task_id(params);
  if (!id) co_return refuse(id.error());
  const std::string request_id = caller.context.request_id;
  auto task = co_await handler.get_task(std::move(caller), std::move(*id));
  if (!task) co_return refuse(to_rpc(task.error(), request_id));
  co_return completed(std::move(*task));
}

Async<Reply> update_task(Handler& handler, Caller caller, json::Object params) {
  auto update = read_task_update(params);
  if (!update) co_return refuse(update.error());
  const std::string request_id = caller.context.request_id;
  const auto done = co_await handler.update_task(std::move(caller), std::move(update->id),
                                                 std::move(update->responses));
  if (!done) co_return refuse(to_rpc(done.error(), request_id));
  co_return completed(json::Object());
}

Async<Reply> cancel_task(Handler& handler, Caller caller, json::Object params) {
  auto id = read_task_id(params);
  if (!id) co_return refuse(id.error());
  const std::string request_id = caller.context.request_id;
  const auto done = co_await handler.cancel_task(std::move(caller), std::move(*id));
  if (!done) co_return refuse(to_rpc(done.error(), request_id));
  co_return completed(json::Object());
}

}  // namespace

Read<Question> read_question(Method method, json::Object& params) {
  if (method == Method::call_tool) {
    auto request = read_call_tool(params);
    if (!request) return std::unexpected(request.error());
    return Question(std::move(*request));
  }
  if (method == Method::read_resource) {
    auto request = read_read_resource(params);
    if (!request) return std::unexpected(request.error());
    return Question(std::move(*request));
  }
  auto request = read_get_prompt(params);
  if (!request) return std::unexpected(request.error());
  return Question(std::move(*request));
}

Async<Reply> ask_handler(Handler& handler, Exchange& exchange, Question question, Rounds rounds) {
  const std::string& request_id = exchange.caller().context.request_id;
  std::visit([&](auto& request) { request.rounds = std::move(rounds); }, question);
  if (auto* call = std::get_if<CallTool>(&question)) {
    auto reply = co_await handler.call_tool(exchange, std::move(*call));
    if (!reply) co_return refuse(to_rpc(reply.error(), request_id));
    co_return std::move(*reply);
  }
  if (auto* read = std::get_if<ReadResource>(&question)) {
    const std::string uri = read->uri;
    auto reply = co_await handler.read_resource(exchange, std::move(*read));
    if (reply) co_return std::move(*reply);
    if (reply.error().code() == Code::not_found)
      co_return refuse(resource_not_found(exchange.caller().revision, uri));
    co_return refuse(to_rpc(reply.error(), request_id));
  }
  auto reply = co_await handler.get_prompt(exchange, std::move(std::get<GetPrompt>(question)));
  if (!reply) co_return refuse(to_rpc(reply.error(), request_id));
  co_return std::move(*reply);
}

Async<Reply> answer_plainly(Handler& handler, Caller caller, Method method, json::Object params) {
  if (const auto kind = list_kind(method))
    return list(handler, std::move(caller), *kind, std::move(params));
  if (method == Method::complete) return complete(handler, std::move(caller), std::move(params));
  if (method == Method::get_task) return get_task(handler, std::move(caller), std::move(params));
  if (method == Method::update_task)
    return update_task(handler, std::move(caller), std::move(params));
  return cancel_task(handler, std::move(caller), std::move(params));
}

Async<Reply> fenced(Async<Reply> work, std::string request_id) {
  try {
    co_return co_await std::move(work);
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;
    kLog.error("a handler threw",
               {{"request", std::string_view(request_id)}, {"what", error.what()}});
  } catch (const std::exception& error) {
    kLog.error("a handler threw",
               {{"request", std::string_view(request_id)}, {"what", error.what()}});
  }
  co_return refuse(to_rpc(Error(Code::internal, "a handler threw"), request_id));
}

}  // namespace flotilla::mcp
