-- Webhooks of tasks. A task's journal is the queue: `delivered` is the seq up to which a webhook
-- has been told, so that an event needs no row of its own for each of them.
CREATE TABLE push_config (
  task TEXT NOT NULL,
  id TEXT NOT NULL,
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  -- Of the protocol under which it was made: its payloads have that form.
  version TEXT NOT NULL,
  url TEXT NOT NULL,
  -- Token, scheme and credentials as a JSON object, sealed; NULL: none.
  secrets TEXT,
  -- Grows when the webhook is written again: what an older one was told does not count.
  revision BIGINT NOT NULL,
  delivered BIGINT NOT NULL,
  -- 0 once the task's end was told (or given up): nothing will follow.
  live INTEGER NOT NULL,
  -- Failed attempts since the last success, and when the next one is due; NULL: at once.
  failures INTEGER NOT NULL,
  due_at BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (task, id)
) {{clustered}};
CREATE INDEX push_config_live ON push_config (task, id) WHERE live = 1;
CREATE INDEX push_config_due ON push_config (due_at) WHERE live = 1 AND due_at IS NOT NULL;

-- Events that a webhook never took. Their payload is in the journal.
CREATE TABLE push_dead (
  id {{identity}},
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  task TEXT NOT NULL,
  config TEXT NOT NULL,
  seq BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  error TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX push_dead_owner ON push_dead (owner, id);
CREATE INDEX push_dead_time ON push_dead (at);
