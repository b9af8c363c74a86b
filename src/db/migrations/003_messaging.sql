-- Events of topics are rows of `event` (stream `topic/<namespace>/<name>`); this finds them by
-- position over all topics. An empty owner: everybody who may enter the namespace. `principal` is
-- on whose behalf the event was published, `key` keeps a repeated publication from a second row.
CREATE TABLE topic_event (
  position BIGINT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  principal TEXT NOT NULL,
  key TEXT
) {{clustered}};
CREATE INDEX topic_event_namespace ON topic_event (namespace, position);
CREATE UNIQUE INDEX topic_event_key ON topic_event (key) WHERE key IS NOT NULL;

-- Durable subscriptions: where each reader stands. Patterns are a JSON list.
CREATE TABLE topic_subscription (
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  patterns TEXT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  acked_at BIGINT NOT NULL,
  PRIMARY KEY (namespace, owner, name)
) {{clustered}};
CREATE INDEX topic_subscription_owner ON topic_subscription (owner);
