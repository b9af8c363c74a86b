-- Declarative objects as they are now. Labels, annotations, owners, spec and status are JSON.
CREATE TABLE resource (
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  labels TEXT NOT NULL,
  annotations TEXT NOT NULL,
  owners TEXT NOT NULL,
  spec TEXT NOT NULL,
  status TEXT NOT NULL,
  -- Values of a Secret as a JSON object of base64, sealed in the context `resource/UID`.
  secrets TEXT,
  generation BIGINT NOT NULL,
  -- Position of its last event; 0 only inside the transaction that makes it.
  version BIGINT NOT NULL,
  -- 1: the spec is the word of an admin.
  by_admin INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (kind, namespace, name)
) {{clustered}};
CREATE UNIQUE INDEX resource_uid ON resource (uid);

-- What a resource refers to: `owner`, by uid, or `uses`, by name, as what it names may be made
-- later.
CREATE TABLE resource_link (
  uid TEXT NOT NULL,
  relation TEXT NOT NULL,
  to_kind TEXT NOT NULL,
  to_namespace TEXT NOT NULL,
  to_name TEXT NOT NULL,
  to_uid TEXT NOT NULL,
  PRIMARY KEY (uid, relation, to_kind, to_namespace, to_name)
) {{clustered}};
CREATE INDEX resource_link_name ON resource_link (to_kind, to_namespace, to_name);
CREATE INDEX resource_link_uid ON resource_link (to_uid) WHERE relation = 'owner';

-- Changes are rows of `event` (stream `resource/<namespace>/<kind>`); this finds them by position
-- over all streams.
CREATE TABLE resource_event (
  position BIGINT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL
) {{clustered}};
CREATE INDEX resource_event_kind ON resource_event (kind, namespace, position);

-- Up to where the changes of a stream were dropped.
CREATE TABLE resource_pruned (
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (kind, namespace)
) {{clustered}};
