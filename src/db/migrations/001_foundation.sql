-- Tokens in double braces differ by driver: {{identity}} is an ever-growing integer key,
-- {{position}} the same for a table whose newest row is never deleted (which is cheaper),
-- {{number_key}} a 64-bit integer key that the writer gives,
-- {{clustered}} stores the rows in the order of their primary key where the engine can.
-- Times are UTC milliseconds. Payloads are JSON text that is written once.

CREATE TABLE event (
  position {{position}},
  stream TEXT NOT NULL,
  seq BIGINT NOT NULL,
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  lease_token BIGINT NOT NULL,
  trace_id TEXT,
  version INTEGER NOT NULL,
  payload TEXT NOT NULL
);
CREATE UNIQUE INDEX event_stream ON event (stream, seq);

CREATE TABLE task (
  id TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  agent TEXT NOT NULL,
  owner TEXT NOT NULL,
  session TEXT NOT NULL,
  context_id TEXT NOT NULL,
  parent TEXT,
  direct INTEGER NOT NULL,
  state INTEGER NOT NULL,
  status_at BIGINT NOT NULL,
  status_message TEXT,
  status_seq BIGINT NOT NULL,
  metadata TEXT,
  seq BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  lease_holder TEXT,
  lease_token BIGINT NOT NULL,
  lease_expires BIGINT,
  upstream TEXT,
  created_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX task_owner ON task (owner, status_at, id);
CREATE INDEX task_time ON task (status_at, id);
CREATE INDEX task_session ON task (session, status_at);
CREATE INDEX task_runnable ON task (lease_expires) WHERE state IN (1, 2);

CREATE TABLE session (
  uid TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  context_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  agent TEXT NOT NULL,
  title TEXT,
  metadata TEXT,
  created_at BIGINT NOT NULL,
  last_activity BIGINT NOT NULL,
  expires_at BIGINT
) {{clustered}};
-- A context that we named is the session's uid; this is for those that callers named.
CREATE UNIQUE INDEX session_context ON session (owner, context_id, namespace)
  WHERE context_id <> uid;

CREATE TABLE idempotency (
  number {{number_key}},
  check_number BIGINT NOT NULL,
  task TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX idempotency_expires ON idempotency (expires_at);

CREATE TABLE memory_item (
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (namespace, owner, name)
) {{clustered}};
