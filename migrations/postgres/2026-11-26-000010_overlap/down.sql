-- Before, a replaced token was revoked at once.
UPDATE tokens SET hash = NULL, revoked_at = kept_at, revoked_by = 'scimward'
    WHERE kept_at IS NOT NULL AND revoked_at IS NULL;
DROP INDEX one_kept_token;
DROP INDEX one_current_token;
CREATE UNIQUE INDEX one_unrevoked_token ON tokens ((revoked_at IS NULL)) WHERE revoked_at IS NULL;
ALTER TABLE tokens DROP COLUMN ends_at;
ALTER TABLE tokens DROP COLUMN kept_at;
