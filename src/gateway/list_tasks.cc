#include "core/place.h"
#include "gateway/a2a_handler.h"
#include "gateway/handover.h"

namespace flotilla::gateway {

namespace {

constexpr std::int32_t kDefaultPage = 50;

Result<core::TaskFilter> to_filter(const a2a::ListTasksRequest& request) {
  core::TaskFilter filter;
  filter.context_id = request.contextId;
  if (filter.context_id && filter.context_id->empty()) filter.context_id.reset();
  if (request.status && *request.status != a2a::TaskState::unspecified)
    filter.state = request.status;
  filter.status_since = request.statusTimestampAfter;
  filter.limit = static_cast<std::size_t>(request.pageSize.value_or(kDefaultPage));
  filter.count_all = true;
  if (request.pageToken && !request.pageToken->empty()) {
    filter.before = core::decode_place(*request.pageToken);
    if (!filter.before) return fail(invalid("/pageToken", "is not a nextPageToken of this server"));
  }
  return filter;
}

}  // namespace

Async<Result<a2a::ListTasksResponse>> A2aHandler::list_tasks(Context context, a2a::AgentRef ref,
                                                             a2a::ListTasksRequest request) {
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY(filter, to_filter(request));
  auto visible = visibility(context, *agent);
  CO_TRY(page, co_await tasks_.list(std::move(visible), filter));
  a2a::ListTasksResponse response;
  response.pageSize = static_cast<std::int32_t>(filter.limit);
  response.totalSize = static_cast<std::int32_t>(page.total);
  if (page.next) response.nextPageToken = core::encode_place(*page.next);
  for (const auto& row : page.rows) {
    auto loaded = co_await tasks_.load(row);
    if (!loaded) co_return fail(loaded.error());
    a2a::history_tail(*loaded, request.historyLength);
    if (!request.includeArtifacts.value_or(false)) loaded->artifacts.clear();
    response.tasks.push_back(std::move(*loaded));
  }
  co_return response;
}

}  // namespace flotilla::gateway
