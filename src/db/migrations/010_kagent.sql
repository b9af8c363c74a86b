-- What agents' runtimes made for kagent keep with us: sessions, their events as the runtime writes
-- them, and tasks. `owner` is the principal that wrote it, `user_id` whom it says it works for.
CREATE TABLE kagent_session (
  owner TEXT NOT NULL,
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  namespace TEXT NOT NULL,
  agent TEXT NOT NULL,
  name TEXT,
  source TEXT,
  events BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (owner, user_id, id)
) {{clustered}};
CREATE INDEX kagent_session_time ON kagent_session (owner, user_id, updated_at);

CREATE TABLE kagent_event (
  number {{identity}},
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session TEXT NOT NULL,
  id TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX kagent_event_id ON kagent_event (owner, user_id, session, id);
CREATE INDEX kagent_event_order ON kagent_event (owner, user_id, session, number);

CREATE TABLE kagent_task (
  id TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  user_id TEXT NOT NULL,
  session TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX kagent_task_session ON kagent_task (owner, user_id, session, created_at);
