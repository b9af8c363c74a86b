#include "agents/approvals/approval_sql.h"

namespace flotilla::agents::sql {

#define FLOTILLA_APPROVAL_COLUMNS                                                          \
  "SELECT id, kind, namespace, agent, owner, task, session, parent, step, call_id, tool, " \
  "arguments, arguments_hash, rules, approvers, state, scope, decided_by, via, reason, "   \
  "edited_arguments, answers, created_at, decided_at, expires_at, revoked FROM approval "
// Rows that only approvers may see are sorted out afterwards.
#define FLOTILLA_APPROVAL_FILTER                                                          \
  "($1 = '' OR owner = $1 OR approvers IS NOT NULL) AND ($2 = '' OR namespace = $2) AND " \
  "($3 = '' OR agent = $3) AND ($4 = '' OR task = $4) AND ($5 = '' OR state = $5) AND "   \
  "(created_at < $6 OR (created_at = $6 AND id < $7)) AND "                               \
  "($9 = '' OR $9 LIKE '%,' || namespace || ',%') ORDER BY created_at DESC, id DESC LIMIT $8"

const db::Statement kInsertApproval{
    "INSERT INTO approval (id, kind, namespace, agent, owner, task, session, parent, step, "
    "call_id, part, tool, arguments, arguments_hash, rules, approvers, state, scope, decided_by, "
    "via, reason, created_at, expires_at, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "$10, $11, $12, $13, $14, $15, $16, 'pending', 'call', '', '', '', $17, $18, 0)"};
const db::Statement kSelectApproval{FLOTILLA_APPROVAL_COLUMNS "WHERE id = $1"};
const db::Statement kSelectOfStep{FLOTILLA_APPROVAL_COLUMNS
                                  "WHERE task = $1 AND step = $2 ORDER BY call_id, part"};
const db::Statement kSelectPendingOf{FLOTILLA_APPROVAL_COLUMNS
                                     "WHERE task = $1 AND state = 'pending' ORDER BY id"};
const db::Statement kInsertWaiter{"INSERT INTO approval_waiter (task, approval) VALUES ($1, $2)"};
const db::Statement kSelectPendingBelow{
    FLOTILLA_APPROVAL_COLUMNS
    "WHERE state = 'pending' AND id IN (SELECT approval FROM approval_waiter WHERE task = $1) "
    "ORDER BY id"};
const db::Statement kSelectAnyOf{
    "SELECT 1 FROM approval WHERE task = $1 OR id IN (SELECT approval FROM approval_waiter WHERE "
    "task = $1) LIMIT 1"};
const db::Statement kSelectGrants{
    FLOTILLA_APPROVAL_COLUMNS
    "WHERE session = $1 AND tool = $2 AND scope = 'session' AND state = 'approved' AND "
    "revoked = 0 ORDER BY id LIMIT 100"};
const db::Statement kSelectDue{
    FLOTILLA_APPROVAL_COLUMNS
    "WHERE state = 'pending' AND expires_at <= $1 ORDER BY created_at, id LIMIT $2"};
const db::Statement kSelectNextDue{
    "SELECT min(expires_at) FROM approval WHERE state = 'pending' AND expires_at IS NOT NULL"};
const db::Statement kSelectAsleep{
    "SELECT DISTINCT wake FROM approval WHERE wake IS NOT NULL ORDER BY wake LIMIT $1"};
const db::Statement kSelectOpen{FLOTILLA_APPROVAL_COLUMNS
                                "WHERE state = 'pending' AND " FLOTILLA_APPROVAL_FILTER};
const db::Statement kSelectAll{FLOTILLA_APPROVAL_COLUMNS "WHERE " FLOTILLA_APPROVAL_FILTER};
const db::Statement kDecide{
    "UPDATE approval SET state = $2, scope = $3, decided_by = $4, via = $5, reason = $6, "
    "edited_arguments = $7, answers = $8, decided_at = $9, wake = $10 WHERE id = $1 AND "
    "state = 'pending'"};
const db::Statement kWithdrawOf{
    "UPDATE approval SET state = 'withdrawn', decided_at = $2 WHERE task = $1 AND "
    "state = 'pending'"};
// 3, 4, 5 and 7: completed, failed, canceled, rejected.
const db::Statement kSelectEnded{
    "SELECT DISTINCT approval.task FROM approval JOIN task ON task.id = approval.task "
    "WHERE approval.state = 'pending' AND task.state IN (3, 4, 5, 7) LIMIT $1"};
const db::Statement kAwake{"UPDATE approval SET wake = NULL WHERE wake = $1"};
const db::Statement kRevoke{
    "UPDATE approval SET revoked = 1 WHERE id = $1 AND scope = 'session' AND state = 'approved'"};

db::Value millis(Time time) {
  return std::int64_t{time.time_since_epoch().count()};
}

namespace {

Time time_of(std::int64_t at) {
  return Time{std::chrono::milliseconds{at}};
}

db::Value optional_text(const std::optional<std::string>& text) {
  if (!text) return std::monostate{};
  return *text;
}

template <class T>
T enum_of(const std::string& text) {
  auto read = json::read<T>(json::Value(text));
  if (!read) throw db::WrongColumn("approval: unknown word " + text);
  return *read;
}

template <class T>
T id_of(const std::string& text) {
  auto id = T::parse(text);
  if (!id) throw db::WrongColumn("approval: no id: " + text);
  return *id;
}

/// JSON that we wrote ourselves.
template <class T>
T stored(const std::string& text) {
  auto read = json::from_text<T>(text);
  if (!read) throw db::WrongColumn("approval: " + read.error().message());
  return std::move(*read);
}

}  // namespace

std::vector<db::Value> insert_parameters(const Approval& approval, std::int64_t part) {
  std::vector<db::Value> values;
  values.reserve(18);
  values.emplace_back(approval.id.to_string());
  values.emplace_back(std::string(wire_name(approval.kind)));
  values.emplace_back(approval.name_space);
  values.emplace_back(approval.agent);
  values.emplace_back(approval.owner);
  values.emplace_back(approval.task.to_string());
  values.emplace_back(approval.session.to_string());
  if (approval.parent)
    values.emplace_back(approval.parent->to_string());
  else
    values.emplace_back(std::monostate{});
  values.emplace_back(approval.step);
  values.emplace_back(approval.call_id);
  values.emplace_back(part);
  values.emplace_back(approval.tool);
  values.emplace_back(approval.arguments);
  values.emplace_back(approval.arguments_hash);
  values.emplace_back(json::to_text(approval.rules));
  if (approval.approvers)
    values.emplace_back(json::to_text(*approval.approvers));
  else
    values.emplace_back(std::monostate{});
  values.push_back(millis(approval.created_at));
  if (approval.expires_at)
    values.push_back(millis(*approval.expires_at));
  else
    values.emplace_back(std::monostate{});
  return values;
}

std::vector<db::Value> decide_parameters(const Approval& decided, bool wake) {
  std::vector<db::Value> values{decided.id.to_string(),
                                std::string(to_string(decided.state)),
                                std::string(to_string(decided.scope)),
                                decided.decided_by,
                                decided.via,
                                decided.reason,
                                optional_text(decided.edited_arguments),
                                optional_text(decided.answers)};
  values.push_back(decided.decided_at ? millis(*decided.decided_at) : db::Value());
  if (wake && decided.parent)
    values.emplace_back(decided.parent->to_string());
  else
    values.emplace_back(std::monostate{});
  return values;
}

Approval to_approval(const db::Row& row) {
  Approval approval;
  approval.id = id_of<ApprovalId>(db::text_at(row, 0));
  approval.kind = enum_of<ApprovalKind>(db::text_at(row, 1));
  approval.name_space = db::text_at(row, 2);
  approval.agent = db::text_at(row, 3);
  approval.owner = db::text_at(row, 4);
  approval.task = id_of<core::TaskId>(db::text_at(row, 5));
  approval.session = id_of<core::SessionId>(db::text_at(row, 6));
  if (auto parent = db::optional_text_at(row, 7)) approval.parent = id_of<core::TaskId>(*parent);
  approval.step = db::int_at(row, 8);
  approval.call_id = db::text_at(row, 9);
  approval.tool = db::text_at(row, 10);
  approval.arguments = db::text_at(row, 11);
  approval.arguments_hash = db::text_at(row, 12);
  approval.rules = stored<std::vector<std::string>>(db::text_at(row, 13));
  if (auto who = db::optional_text_at(row, 14))
    approval.approvers = stored<core::PolicyApprovers>(*who);
  approval.state = enum_of<ApprovalState>(db::text_at(row, 15));
  approval.scope = enum_of<ApprovalScope>(db::text_at(row, 16));
  approval.decided_by = db::text_at(row, 17);
  approval.via = db::text_at(row, 18);
  approval.reason = db::text_at(row, 19);
  approval.edited_arguments = db::optional_text_at(row, 20);
  approval.answers = db::optional_text_at(row, 21);
  approval.created_at = time_of(db::int_at(row, 22));
  if (auto at = db::optional_int_at(row, 23)) approval.decided_at = time_of(*at);
  if (auto at = db::optional_int_at(row, 24)) approval.expires_at = time_of(*at);
  approval.revoked = db::int_at(row, 25) != 0;
  return approval;
}

}  // namespace flotilla::agents::sql
