#include "api/query.h"
#include "api/resource_views.h"
#include "api/route.h"
#include "core/resource_kind.h"
#include "gateway/mcp/federation.h"

namespace flotilla::api::tool_servers {

namespace {

Async<Result<core::Resource>> approve_tools(const Sources& sources, http::Request& request) {
  ApproveToolsBody body;
  if (!request.body.empty()) {
    CO_TRY(read, body_of<ApproveToolsBody>(request));
    body = std::move(read);
  }
  core::ResourceRef ref{std::string(core::kToolServerKind), std::string(request.param("ns")),
                        std::string(request.param("name"))};
  co_return co_await sources.tool_servers->approve(request.context.principal, std::move(ref),
                                                   std::move(body.tools));
}

}  // namespace

Async<http::Response> approve(const Sources& sources, http::Request& request) {
  const auto resource = co_await approve_tools(sources, request);
  if (!resource) co_return http::Response::problem(resource.error());
  co_return http::Response::json(200, json::to_string(core::document_of(*resource)));
}

}  // namespace flotilla::api::tool_servers
