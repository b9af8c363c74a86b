-- The server's own agents are in no other table; what tells them apart from others of their name
-- stays the same over restarts.
CREATE TABLE agent_identity (
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (namespace, name)
);
