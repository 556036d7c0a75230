-- Instants are whole seconds since 1970 in UTC, so that both databases store and compare the same.

-- One row is the lock: a write transaction begins by counting it up, and so waits for the one before it.
CREATE TABLE locks (
    name TEXT PRIMARY KEY NOT NULL,
    taken BIGINT NOT NULL
);
INSERT INTO locks (name, taken) VALUES ('tokens', 0), ('admins', 0), ('usage', 0);

-- What the server makes for itself at its first start, such as the key that signs session cookies.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE server_admins (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT
);

-- Set-up and invitation links; only a digest of the code is stored.
CREATE TABLE one_time_links (
    code_hash TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    name TEXT,
    email TEXT,
    created_by BIGINT REFERENCES server_admins (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE sessions (
    id_hash TEXT PRIMARY KEY NOT NULL,
    admin_id BIGINT NOT NULL REFERENCES server_admins (id),
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    address TEXT,
    agent TEXT
);
CREATE INDEX sessions_of_admin ON sessions (admin_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen_at);

-- Failed logins per account and per source: what the growing delays are computed from.
CREATE TABLE login_failures (
    subject TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL,
    hash TEXT,
    lifespan_months BIGINT NOT NULL,
    generated_at BIGINT NOT NULL,
    generated_by_id BIGINT REFERENCES server_admins (id),
    generated_by TEXT NOT NULL,
    generated_from TEXT,
    generated_agent TEXT,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by_id BIGINT REFERENCES server_admins (id),
    revoked_by TEXT,
    replaced_by TEXT,
    first_used_at BIGINT,
    last_used_at BIGINT,
    last_used_from TEXT,
    last_used_agent TEXT,
    late_uses BIGINT NOT NULL DEFAULT 0,
    late_used_at BIGINT,
    late_used_from TEXT,
    position BIGINT NOT NULL UNIQUE
);
-- The database has the last word: at most one token is unrevoked.
CREATE UNIQUE INDEX one_unrevoked_token ON tokens ((revoked_at IS NULL)) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_replacement ON tokens (replaced_by);
CREATE INDEX tokens_by_admin ON tokens (generated_by_id, generated_at);

-- The ids of forms that have already generated a token.
CREATE TABLE used_requests (
    id_hash TEXT PRIMARY KEY NOT NULL,
    token_id TEXT NOT NULL REFERENCES tokens (id),
    used_at BIGINT NOT NULL
);

CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_id BIGINT,
    actor TEXT NOT NULL,
    address TEXT,
    agent TEXT,
    token_id TEXT,
    subject TEXT,
    detail TEXT,
    count BIGINT NOT NULL
);
-- The list is read by time, whole or one kind of entries; entries of the same second by their id.
CREATE INDEX activity_by_time ON activity (at, id);
CREATE INDEX activity_by_kind ON activity (kind, at, id);
