#include "gateway/mcp/partial_handler.h"

namespace flotilla::gateway {

Error unknown_tool(const std::string& name) {
  return Error(Code::invalid_argument, reason::kNotFound, "there is no tool " + name);
}

Error unknown_prompt(const std::string& name) {
  return Error(Code::invalid_argument, reason::kNotFound, "there is no prompt " + name);
}

Error unknown_resource(const std::string& uri) {
  return Error(Code::not_found, "there is no resource " + uri).with_metadata("uri", uri);
}

Error unknown_mcp_task(const std::string& id) {
  return Error(Code::not_found, reason::kTaskNotFound, "there is no task " + id);
}

bool is_unknown(const Error& error) {
  return error.code() == Code::not_found ||
         (error.code() == Code::invalid_argument && error.reason() == reason::kNotFound);
}

mcp::ServerDescription PartialHandler::describe(const mcp::Caller&) const {
  return {};
}

Async<Result<mcp::ListPage>> PartialHandler::list(mcp::Caller, mcp::ListKind,
                                                  std::optional<std::string>) {
  co_return mcp::ListPage{};
}

Async<Result<mcp::Reply>> PartialHandler::call_tool(mcp::Exchange&, mcp::CallTool request) {
  co_return fail(unknown_tool(request.name));
}

Async<std::vector<std::pair<std::string, std::vector<std::string>>>>
PartialHandler::header_parameters(mcp::Caller, std::string) {
  co_return std::vector<std::pair<std::string, std::vector<std::string>>>{};
}

Async<Result<mcp::Reply>> PartialHandler::read_resource(mcp::Exchange&, mcp::ReadResource request) {
  co_return fail(unknown_resource(request.uri));
}

Async<Result<mcp::Reply>> PartialHandler::get_prompt(mcp::Exchange&, mcp::GetPrompt request) {
  co_return fail(unknown_prompt(request.name));
}

Async<Result<json::Object>> PartialHandler::complete(mcp::Caller, mcp::Complement) {
  co_return fail(Error(Code::not_found, "ref names neither a prompt nor a resource template"));
}

Async<Result<std::unique_ptr<mcp::ChangeStream>>> PartialHandler::changes(mcp::Caller,
                                                                          mcp::ChangeFilter&) {
  co_return std::unique_ptr<mcp::ChangeStream>();
}

Async<Result<json::Object>> PartialHandler::get_task(mcp::Caller, std::string id) {
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> PartialHandler::update_task(mcp::Caller, std::string id, json::Object) {
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> PartialHandler::cancel_task(mcp::Caller, std::string id) {
  co_return fail(unknown_mcp_task(id));
}

}  // namespace flotilla::gateway
