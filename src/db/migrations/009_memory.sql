-- What agents remember of their users: of the memory agent and its tools (agent `memory`) and of
-- every agent that has a memory. `name` is given by who saves, else made of the value. `vector` is
-- its meaning as `model` sees it: little-endian 32-bit floats of length 1; NULL: not embedded yet.
CREATE TABLE memory (
  number {{identity}},
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  agent TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  metadata TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  -- How long it lives from its last save or renewal; NULL: until it is deleted.
  ttl BIGINT,
  expires_at BIGINT,
  used BIGINT NOT NULL,
  model TEXT,
  vector {{bytes}}
);
CREATE UNIQUE INDEX memory_name ON memory (namespace, owner, agent, name);
CREATE INDEX memory_number ON memory (namespace, owner, agent, number);
CREATE INDEX memory_expiry ON memory (expires_at) WHERE expires_at IS NOT NULL;

INSERT INTO memory (namespace, owner, agent, name, value, created_at, updated_at, used)
  SELECT namespace, owner, 'memory', name, value, updated_at, updated_at, 0 FROM memory_item;
DROP TABLE memory_item;
