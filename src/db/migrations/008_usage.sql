-- What model calls cost. A call adds to a row of each table, in the batch of the step that tells
-- its result. Money is in billionths of a US dollar.
CREATE TABLE usage_minute (
  -- Since 1970.
  minute BIGINT NOT NULL,
  namespace TEXT NOT NULL,
  agent TEXT NOT NULL,
  model TEXT NOT NULL,
  owner TEXT NOT NULL,
  requests BIGINT NOT NULL,
  errors BIGINT NOT NULL,
  input BIGINT NOT NULL,
  output BIGINT NOT NULL,
  cached_input BIGINT NOT NULL,
  cache_write BIGINT NOT NULL,
  reasoning BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  latency_ms BIGINT NOT NULL,
  PRIMARY KEY (minute, namespace, agent, model, owner)
) {{clustered}};

-- What budgets of a day are checked against: the minutes of a day are too many to sum.
CREATE TABLE usage_day (
  namespace TEXT NOT NULL,
  -- Since 1970, UTC.
  day BIGINT NOT NULL,
  agent TEXT NOT NULL,
  tokens BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  PRIMARY KEY (namespace, day, agent)
) {{clustered}};

-- What a task cost with all that it delegated, and its budget, which its delegated tasks share.
CREATE TABLE usage_task (
  task TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  owner TEXT NOT NULL,
  tokens BIGINT NOT NULL,
  cost BIGINT NOT NULL,
  -- NULL: none.
  limit_tokens BIGINT,
  limit_cost BIGINT
) {{clustered}};
