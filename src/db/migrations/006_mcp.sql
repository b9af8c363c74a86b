-- Sessions of MCP clients that know sessions (up to revision 2025-11-25), and what was sent on
-- their SSE streams, so that both survive a restart. Not rows of `event`: they are one client's
-- conversation, no history, and go with the session.
CREATE TABLE mcp_session (
  id TEXT NOT NULL PRIMARY KEY,
  principal TEXT NOT NULL,
  revision TEXT NOT NULL,
  client TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX mcp_session_used ON mcp_session (used_at);
CREATE INDEX mcp_session_owner ON mcp_session (principal, used_at);

CREATE TABLE mcp_event (
  session TEXT NOT NULL,
  stream TEXT NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (session, stream, seq)
) {{clustered}};
CREATE INDEX mcp_event_time ON mcp_event (at);

-- What the tools of a tool server (its uid) were when they were first seen or last approved.
CREATE TABLE mcp_tool_pin (
  server TEXT NOT NULL,
  tool TEXT NOT NULL,
  hash TEXT NOT NULL,
  pinned_at BIGINT NOT NULL,
  pinned_by TEXT NOT NULL,
  PRIMARY KEY (server, tool)
) {{clustered}};
