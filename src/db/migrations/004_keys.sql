-- Keys that sign agent cards. They are of the whole server: no namespace, no owner.
CREATE TABLE signing_key (
  -- Thumbprint of the public key (RFC 7638): the `kid` of signatures.
  id TEXT NOT NULL PRIMARY KEY,
  algorithm TEXT NOT NULL,
  -- PKCS #8, sealed in the context `signing-key/ID`.
  sealed TEXT NOT NULL,
  -- 1: signs. 0: retired, only published, for cards that others have kept.
  signs INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  retired_at BIGINT
) {{clustered}};
