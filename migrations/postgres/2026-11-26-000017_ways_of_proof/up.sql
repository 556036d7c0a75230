-- How the person behind a session has last proved who they are, and with which passkey: by logging in,
-- at first. What counted before was the password, also beside a passkey: it counts no longer.
ALTER TABLE sessions ADD COLUMN proven_by TEXT NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN proven_passkey_id BIGINT;
UPDATE sessions SET proven_by = proof, proven_passkey_id = passkey_id, proven_at = created_at;
