ALTER TABLE sessions DROP COLUMN passkey_id;
ALTER TABLE sessions DROP COLUMN proof;
DROP TABLE used_challenges;
DROP TABLE second_steps;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
