-- API keys. Of a key only the SHA-256 digest is stored; it is erased when the key is revoked. request_hash is the id of
-- the form that has made it, which works once.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    request_hash TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    created_by_id BIGINT REFERENCES server_admins (id),
    created_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    expiry_noted BOOLEAN NOT NULL,
    revoked_at BIGINT,
    revoked_by_id BIGINT,
    revoked_by TEXT,
    last_used_at BIGINT,
    last_used_from TEXT,
    last_used_agent TEXT
);

-- Which API key did something.
ALTER TABLE activity ADD COLUMN actor_key TEXT;
ALTER TABLE tokens ADD COLUMN generated_by_key TEXT;
ALTER TABLE tokens ADD COLUMN revoked_by_key TEXT;
