-- Passkeys of Server Admins: public keys, as the WebAuthn library writes them.
CREATE TABLE passkeys (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    admin_id BIGINT NOT NULL REFERENCES server_admins (id),
    credential_id TEXT NOT NULL UNIQUE,
    credential TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    agent TEXT,
    last_used_at BIGINT
);
CREATE INDEX passkeys_of_admin ON passkeys (admin_id, id);

-- Recovery codes: only a slow hash of each is stored.
CREATE TABLE recovery_codes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    admin_id BIGINT NOT NULL REFERENCES server_admins (id),
    code_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX recovery_codes_of_admin ON recovery_codes (admin_id, id);

-- Logins whose password was right and that need a second step; a browser holds the code of each.
CREATE TABLE second_steps (
    code_hash TEXT PRIMARY KEY NOT NULL,
    admin_id BIGINT NOT NULL REFERENCES server_admins (id),
    password_generation TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX second_steps_of_admin ON second_steps (admin_id);
CREATE INDEX second_steps_by_creation ON second_steps (created_at);

-- A challenge is signed by the server and works once: these have been answered.
CREATE TABLE used_challenges (
    challenge_hash TEXT PRIMARY KEY NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX used_challenges_by_use ON used_challenges (used_at);

-- How the login of a session was proved, and with which passkey.
ALTER TABLE sessions ADD COLUMN proof TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN passkey_id BIGINT;
