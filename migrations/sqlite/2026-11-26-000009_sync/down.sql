UPDATE activity SET subject = 'revoked' WHERE kind = 'requests_refused' AND subject = 'replaced';
-- An older scimward knows neither these mails nor these entries.
DELETE FROM mails WHERE occasion IN ('revoked', 'silent', 'still-silent', 'refused', 'works-again');
DELETE FROM activity WHERE kind IN ('sync_works_again', 'sync_silent');
DROP INDEX request_hours_accepted;
DROP TABLE refused_groups;
DROP TABLE outages;
ALTER TABLE tokens DROP COLUMN uncopied_at;
