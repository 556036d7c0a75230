DROP INDEX tokens_by_revocation;
DROP INDEX tokens_by_last_use;
DROP TABLE callers;
DROP TABLE request_hours;
