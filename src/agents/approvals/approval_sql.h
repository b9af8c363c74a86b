#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agents/approvals/approval.h"
#include "db/database.h"

/// The SQL of the table approval, and rows to structs: one place. What answers a person is filtered
/// by may_see() besides.
namespace flotilla::agents::sql {

extern const db::Statement kInsertApproval;
extern const db::Statement kInsertWaiter;        // $1 task, $2 approval
extern const db::Statement kSelectApproval;      // $1 id
extern const db::Statement kSelectOfStep;        // $1 task, $2 step
extern const db::Statement kSelectPendingOf;     // $1 task
extern const db::Statement kSelectPendingBelow;  // $1 a task that waits for theirs
extern const db::Statement kSelectAnyOf;         // $1 task
extern const db::Statement kSelectGrants;        // $1 session, $2 tool
extern const db::Statement kSelectDue;           // $1 now, $2 limit
extern const db::Statement kSelectNextDue;
extern const db::Statement kSelectAsleep;  // $1 limit
extern const db::Statement kSelectOpen;    // as kSelectAll, pending ones only
/// $1 owner (empty: everybody's), $2 namespace, $3 agent, $4 task, $5 state, $6 and $7 the page's
/// start, $8 limit, $9 namespaces as `,a,b,` or empty for all.
extern const db::Statement kSelectAll;
/// Of a pending one; changes one row, or somebody else was faster.
extern const db::Statement kDecide;
extern const db::Statement kWithdrawOf;   // $1 task, $2 now
extern const db::Statement kSelectEnded;  // $1 limit
extern const db::Statement kAwake;        // $1 the waiting task
extern const db::Statement kRevoke;       // $1 id

std::vector<db::Value> insert_parameters(const Approval& approval, std::int64_t part);
/// `wake`: the parent is to be told.
std::vector<db::Value> decide_parameters(const Approval& decided, bool wake);
/// A row of one of the statements that select whole rows.
Approval to_approval(const db::Row& row);

db::Value millis(Time time);

}  // namespace flotilla::agents::sql
