-- A replaced token may be kept until the new one has proven itself: since when, and when it ends. The end moves with the
-- requests that carry it, and this is where it counts.
ALTER TABLE tokens ADD COLUMN kept_at BIGINT;
ALTER TABLE tokens ADD COLUMN ends_at BIGINT;
-- The database has the last word: at most one token is the current one, and at most one is kept beside it.
DROP INDEX one_unrevoked_token;
CREATE UNIQUE INDEX one_current_token ON tokens ((revoked_at IS NULL)) WHERE revoked_at IS NULL AND kept_at IS NULL;
CREATE UNIQUE INDEX one_kept_token ON tokens ((revoked_at IS NULL)) WHERE revoked_at IS NULL AND kept_at IS NOT NULL;
