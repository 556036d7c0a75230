-- An older scimward does not know these entries.
DELETE FROM activity WHERE kind = 'identity_provider_chosen';
DROP TABLE identity_provider;
