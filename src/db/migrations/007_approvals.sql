-- What a person has to decide before an agent goes on: calls of tools, and questions. A row changes
-- only together with its task's journal. `part` tells rows of one call apart that different people
-- decide; `wake` is the waiting task of the agent that delegated, until it was told.
CREATE TABLE approval (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  agent TEXT NOT NULL,
  owner TEXT NOT NULL,
  task TEXT NOT NULL,
  session TEXT NOT NULL,
  parent TEXT,
  wake TEXT,
  step BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  part INTEGER NOT NULL,
  tool TEXT NOT NULL,
  arguments TEXT NOT NULL,
  arguments_hash TEXT NOT NULL,
  rules TEXT NOT NULL,
  approvers TEXT,
  state TEXT NOT NULL,
  scope TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  via TEXT NOT NULL,
  reason TEXT NOT NULL,
  edited_arguments TEXT,
  answers TEXT,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  expires_at BIGINT,
  revoked INTEGER NOT NULL
) {{clustered}};
CREATE UNIQUE INDEX approval_call ON approval (task, step, call_id, part);
CREATE INDEX approval_time ON approval (created_at, id);
CREATE INDEX approval_open ON approval (created_at, id) WHERE state = 'pending';
CREATE INDEX approval_session ON approval (session, tool) WHERE scope = 'session';
CREATE INDEX approval_wake ON approval (wake) WHERE wake IS NOT NULL;

-- Tasks that wait because of one below them: all that delegated, one to the other.
CREATE TABLE approval_waiter (
  task TEXT NOT NULL,
  approval TEXT NOT NULL,
  PRIMARY KEY (task, approval)
) {{clustered}};
