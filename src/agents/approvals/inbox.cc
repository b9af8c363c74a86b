#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "agents/approvals/approval_sql.h"
#include "agents/approvals/approvals_internal.h"
#include "agents/approvals/limits.h"
#include "base/log.h"

namespace flotilla::agents {

namespace {

constexpr Log kLog("approvals");

Error no_approval(const std::string& id) {
  return {Code::not_found, fmt::format("there is no approval {} here", id)};
}

std::string namespaces_of(const Principal& principal) {
  if (principal.all_namespaces) return {};
  std::string names = ",";  // labels hold no comma and nothing that LIKE takes for a wildcard
  for (const auto& name : principal.namespaces) names += name + ",";
  return names;
}

std::vector<db::Value> list_parameters(const Principal& principal, const ApprovalFilter& filter,
                                       std::size_t limit) {
  const std::int64_t newest = std::numeric_limits<std::int64_t>::max();
  std::vector<db::Value> values;
  values.reserve(9);
  values.emplace_back(principal.role == Role::admin ? std::string() : principal.name);
  values.emplace_back(filter.name_space);
  values.emplace_back(filter.agent);
  values.emplace_back(filter.task ? filter.task->to_string() : std::string());
  values.emplace_back(filter.state ? std::string(to_string(*filter.state)) : std::string());
  values.push_back(filter.before ? sql::millis(filter.before->first) : db::Value(newest));
  values.emplace_back(filter.before ? filter.before->second.to_string() : std::string());
  values.emplace_back(static_cast<std::int64_t>(limit));
  values.emplace_back(namespaces_of(principal));
  return values;
}

}  // namespace

std::shared_ptr<const Principal> server_principal() {
  auto principal = std::make_shared<Principal>();
  principal->kind = PrincipalKind::agent;
  principal->name = "flotilla";
  principal->role = Role::admin;
  principal->all_namespaces = true;
  return principal;
}

Async<Result<core::TaskLog::Ptr>> Approvals::Impl::find(core::TaskId task) {
  core::Visibility all;
  all.principal = server_principal();
  return services.tasks.find(task.to_string(), std::move(all));
}

Async<Result<std::vector<Approval>>> Approvals::Impl::read(const db::Statement& statement,
                                                           std::vector<db::Value> values,
                                                           std::size_t limit) {
  CO_TRY(rows, co_await services.database.read(statement, std::move(values), limit));
  std::vector<Approval> items;
  for (const auto& row : rows) items.push_back(sql::to_approval(row));
  co_return items;
}

Async<Result<Approval>> Approvals::Impl::get(std::shared_ptr<const Principal> principal,
                                             std::string id) {
  const auto parsed = ApprovalId::parse(id);
  if (!parsed) co_return fail(no_approval(id));
  std::vector<db::Value> values{parsed->to_string()};
  CO_TRY(items, co_await read(sql::kSelectApproval, std::move(values), 1));
  if (items.empty() || !may_see(*principal, items.front())) co_return fail(no_approval(id));
  co_return std::move(items.front());
}

Async<Result<ApprovalPage>> Approvals::Impl::list(std::shared_ptr<const Principal> principal,
                                                  ApprovalFilter filter) {
  ApprovalPage page;
  const db::Statement* select = &sql::kSelectAll;
  if (filter.state == ApprovalState::pending) select = &sql::kSelectOpen;
  const std::size_t chunk = std::max<std::size_t>(filter.limit + 1, 100);
  std::size_t looked = 0;
  for (;;) {
    auto values = list_parameters(*principal, filter, chunk);
    CO_TRY(items, co_await read(*select, std::move(values), chunk));
    const bool more = items.size() == chunk;
    for (auto& item : items) {
      if (page.items.size() == filter.limit) {
        page.next = filter.before;
        co_return page;
      }
      filter.before = std::make_pair(item.created_at, item.id);
      ++looked;
      if (may_see(*principal, item)) page.items.push_back(std::move(item));
    }
    if (!more) co_return page;
    if (looked >= kMaxInboxScan) {
      page.next = filter.before;
      co_return page;
    }
  }
}

Async<Result<Approval>> Approvals::Impl::revoke(std::shared_ptr<const Principal> principal,
                                                std::string id) {
  CO_TRY(item, co_await get(principal, id));
  if (!may_decide(*principal, item))
    co_return fail(Error(Code::permission_denied,
                         fmt::format("{} may not decide approval {}", principal->name, id)));
  if (item.state != ApprovalState::approved || item.scope != ApprovalScope::session)
    co_return fail(Error(Code::failed_precondition,
                         fmt::format("approval {} does not count for a session", id)));
  db::Batch batch;
  batch.add(sql::kRevoke, {item.id.to_string()});
  CO_TRY_VOID(co_await services.database.write(std::move(batch)));
  // Its task may have ended: then only the log knows.
  kLog.info("an approval of a session was revoked", {{"approval", id}, {"by", principal->name}});
  co_return co_await get(std::move(principal), std::move(id));
}

Async<Result<>> Approvals::Impl::expire(core::TaskId task, std::vector<Approval> items) {
  const auto server = server_principal();
  CO_TRY(log, co_await find(task));
  CO_TRY_VOID(co_await core::TaskLog::durable(log));
  const auto row = log->committed();
  if (a2a::is_terminal(row.state)) co_return ok();
  Decided decided;
  Decision late;
  late.reason = "nobody decided in time";
  for (auto& item : items) {
    // As it is now: the list of what is due may be older than the journal's place.
    std::vector<db::Value> values{item.id.to_string()};
    CO_TRY(now, co_await read(sql::kSelectApproval, std::move(values), 1));
    if (now.empty() || now.front().state != ApprovalState::pending) continue;
    item.state = ApprovalState::expired;
    item.decided_at = services.clock.now();
    decided.told.emplace_back(item, late);
    decided.items.push_back(std::move(item));
  }
  if (decided.items.empty()) co_return ok();
  auto stored = co_await store(log, row, server, std::move(decided));
  if (!stored) co_return fail(stored.error());
  co_return ok();  // else the next sweep
}

Async<Result<>> Approvals::Impl::sweep() {
  std::vector<db::Value> due{sql::millis(services.clock.now()),
                             static_cast<std::int64_t>(kSweepPage)};
  CO_TRY(items, co_await read(sql::kSelectDue, std::move(due), kSweepPage));
  std::map<core::TaskId, std::vector<Approval>> by_task;
  for (auto& item : items) by_task[item.task].push_back(std::move(item));
  std::optional<Error> failure;
  for (auto& [task, theirs] : by_task) {
    auto expired = co_await expire(task, std::move(theirs));
    if (!expired) failure = expired.error();
  }
  std::vector<db::Value> some{static_cast<std::int64_t>(kSweepPage)};
  CO_TRY(asleep, co_await services.database.read(sql::kSelectAsleep, std::move(some), kSweepPage));
  for (const auto& row : asleep) {
    const auto task = core::TaskId::parse(db::text_at(row, 0));
    if (!task) continue;
    auto woken = co_await wake_up(*task);
    if (!woken) failure = woken.error();
  }
  std::vector<db::Value> few{static_cast<std::int64_t>(kSweepPage)};
  CO_TRY(ended, co_await services.database.read(sql::kSelectEnded, std::move(few), kSweepPage));
  db::Batch withdrawn;
  for (const auto& row : ended)
    withdrawn.add(sql::kWithdrawOf, {db::text_at(row, 0), sql::millis(services.clock.now())});
  if (!withdrawn.empty()) CO_TRY_VOID(co_await services.database.write(std::move(withdrawn)));
  if (failure) co_return fail(std::move(*failure));
  co_return ok();
}

Async<> Approvals::Impl::sweep_loop() {
  for (;;) {
    auto swept = co_await sweep();
    if (!swept) kLog.warn("approvals are swept again", {{"why", swept.error().message()}});
    co_await services.clock.sleep_for(kSweepPause);
  }
}

}  // namespace flotilla::agents
