-- An older scimward knows neither these mails nor these entries.
DELETE FROM mails WHERE occasion IN ('api-key-created', 'api-key-minus15', 'api-key-minus1');
DELETE FROM activity WHERE kind IN ('api_key_created', 'api_key_revoked', 'api_key_expired');
ALTER TABLE tokens DROP COLUMN revoked_by_key;
ALTER TABLE tokens DROP COLUMN generated_by_key;
ALTER TABLE activity DROP COLUMN actor_key;
DROP TABLE api_keys;
