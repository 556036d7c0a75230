ALTER TABLE sessions DROP COLUMN proven_passkey_id;
ALTER TABLE sessions DROP COLUMN proven_by;
