-- When the person behind a session has last proved who they are: by logging in, at first.
ALTER TABLE sessions ADD COLUMN proven_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET proven_at = created_at;
