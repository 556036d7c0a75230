DROP INDEX login_failures_by_time;
DROP INDEX open_mails;
CREATE INDEX open_mails ON mails (id) WHERE sent_at IS NULL AND failed_at IS NULL;
DROP INDEX mails_by_failed;
DROP INDEX mails_by_sent;
DROP INDEX mails_about_token;
